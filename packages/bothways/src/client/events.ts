/** WHATWG WebSockets §3.2; Node 20 has no `CloseEvent` of its own. */
export class CloseEvent extends Event {
  readonly wasClean: boolean
  readonly code: number
  readonly reason: string

  constructor(
    type: string,
    init: ConstructorParameters<typeof Event>[1] & {
      wasClean?: boolean
      code?: number
      reason?: string
    } = {},
  ) {
    super(type, init)
    this.wasClean = init.wasClean ?? false
    this.code = init.code ?? 0
    this.reason = init.reason ?? ''
  }
}

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
