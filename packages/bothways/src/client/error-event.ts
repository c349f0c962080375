import { defineInspection } from '../connection/inspection.ts'

/** The `error` event. A browser's says nothing on purpose; this one carries what is known. */
export class WebSocketErrorEvent extends Event {
  readonly error: Error
  readonly message: string

  constructor(error: Error) {
    super('error')
    this.error = error
    this.message = error.message
  }
}

defineInspection(WebSocketErrorEvent, 'ErrorEvent', ({ message, error }) => ({ message, error }))
