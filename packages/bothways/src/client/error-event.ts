import { HandshakeError } from '@bothways/protocol'
import { ConnectionClosedError } from '../connection/connection-closed-error.ts'
import { defineInspection } from '../connection/inspection.ts'

/** The `error` event. A browser's says nothing on purpose; this one carries what is known. */
export class WebSocketErrorEvent extends Event {
  readonly error: Error
  readonly message: string
  /**
   * The finding of `bothways doctor` that this failure suggests, such as `BW_DOCTOR_PORT_CLOSED`. Each has a page in the
   * documentation's folder `doctor`. Undefined where the event says no more than its error.
   */
  readonly doctor: string | undefined

  constructor(error: Error) {
    super('error')
    this.error = error
    this.message = error.message
    this.doctor = findingOf(error)
  }
}

function findingOf(error: Error): string | undefined {
  if (error instanceof HandshakeError) return error.doctor
  return error instanceof ConnectionClosedError ? 'BW_DOCTOR_ABNORMAL_CLOSURE' : undefined
}

defineInspection(WebSocketErrorEvent, 'ErrorEvent', ({ message, error, doctor }) => ({
  message,
  error,
  ...(doctor !== undefined && { doctor }),
}))
