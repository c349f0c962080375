import { ClientError, outcomeUnknown, queueFull } from './client-error.ts'
import type { Environment } from './environment.ts'
import { type ClientMessage, type ServerMessage, textOf } from './messages.ts'

interface Waiting {
  readonly id: number
  readonly method: string
  readonly data: unknown
  readonly resolve: (data: unknown) => void
  readonly reject: (error: ClientError) => void
  readonly cancel: () => void
  isSent: boolean
}

export interface RequestsBounds {
  readonly maxQueueCount: number
  readonly requestTimeoutMs: number
}

/** Requests without their answer. Each is sent once: what it does at the server must not happen twice. */
export class Requests {
  readonly #bounds: RequestsBounds
  readonly #environment: Environment
  readonly #transmit: (message: ClientMessage) => void
  readonly #waiting = new Map<number, Waiting>()
  #isConnected = false

  constructor(bounds: RequestsBounds, environment: Environment, send: (message: ClientMessage) => void) {
    this.#bounds = bounds
    this.#environment = environment
    this.#transmit = send
  }

  add(id: number, method: string, data: unknown): Promise<unknown> {
    const { maxQueueCount, requestTimeoutMs } = this.#bounds
    if (this.#waiting.size >= maxQueueCount) return Promise.reject(queueFull(`${maxQueueCount} requests`))
    // As it is now, whatever becomes of it while it waits.
    const message = JSON.parse(textOf({ method, data })) as { data: unknown }
    return new Promise((resolve, reject) => {
      const cancel = this.#environment.setTimer(() => {
        this.#waiting.delete(id)
        const text = `No answer came to ${method} within ${requestTimeoutMs} ms.`
        reject(new ClientError('timeout', text, !waiting.isSent))
      }, requestTimeoutMs)
      const waiting: Waiting = { id, method, data: message.data, resolve, reject, cancel, isSent: false }
      this.#waiting.set(id, waiting)
      if (this.#isConnected) this.#send(waiting)
    })
  }

  connected(): void {
    this.#isConnected = true
    for (const waiting of this.#waiting.values()) this.#send(waiting)
  }

  disconnected(): void {
    this.#isConnected = false
    for (const waiting of this.#waiting.values()) if (waiting.isSent) this.#fail(waiting, outcomeUnknown())
  }

  /** @returns whether the message was the answer to a request */
  answer({ id, type, data, code = 'internal', message = '', retryable = false }: ServerMessage): boolean {
    const waiting = id === undefined ? undefined : this.#waiting.get(id)
    if (waiting === undefined) return false
    this.#waiting.delete(waiting.id)
    waiting.cancel()
    if (type === 'response') waiting.resolve(data)
    else waiting.reject(new ClientError(code, message, retryable))
    return true
  }

  close(): void {
    this.disconnected()
    for (const waiting of this.#waiting.values()) {
      this.#fail(waiting, new ClientError('closed', 'This was not sent.'))
    }
  }

  #send(waiting: Waiting): void {
    waiting.isSent = true
    const { id, method, data } = waiting
    this.#transmit({ type: 'request', id, method, data })
  }

  #fail(waiting: Waiting, error: ClientError): void {
    this.#waiting.delete(waiting.id)
    waiting.cancel()
    waiting.reject(error)
  }
}
