import { ClientError, outcomeUnknown, queueFull, tooLarge } from './client-error.ts'
import type { Environment } from './environment.ts'
import { byteLength, type ClientMessage, jsonOf, type ServerMessage, textOf } from './messages.ts'

interface Waiting {
  readonly id: number
  readonly method: string
  /** JSON, as it was when the request was made. */
  readonly data: string
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
  readonly #transmit: (message: ClientMessage, data: string) => void
  readonly #waiting = new Map<number, Waiting>()
  /** Undefined without a connection. */
  #maxMessageBytes: number | undefined

  constructor(
    bounds: RequestsBounds,
    environment: Environment,
    send: (message: ClientMessage, data: string) => void,
  ) {
    this.#bounds = bounds
    this.#environment = environment
    this.#transmit = send
  }

  /** @throws ClientError `invalid_data` */
  add(id: number, method: string, input: unknown): Promise<unknown> {
    const data = jsonOf(input)
    const { maxQueueCount, requestTimeoutMs } = this.#bounds
    if (this.#waiting.size >= maxQueueCount) return Promise.reject(queueFull(`${maxQueueCount} requests`))
    return new Promise((resolve, reject) => {
      const cancel = this.#environment.setTimer(() => {
        this.#waiting.delete(id)
        const text = `No answer came to ${method} within ${requestTimeoutMs} ms.`
        reject(new ClientError('timeout', text, !waiting.isSent))
      }, requestTimeoutMs)
      const waiting: Waiting = { id, method, data, resolve, reject, cancel, isSent: false }
      this.#waiting.set(id, waiting)
      this.#send(waiting)
    })
  }

  connected(maxMessageBytes: number): void {
    this.#maxMessageBytes = maxMessageBytes
    for (const waiting of this.#waiting.values()) this.#send(waiting)
  }

  disconnected(): void {
    this.#maxMessageBytes = undefined
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
    if (this.#maxMessageBytes === undefined) return
    const { id, method, data } = waiting
    const message = { type: 'request', id, method }
    const refusal = tooLarge(byteLength(textOf(message, data)), this.#maxMessageBytes)
    if (refusal !== undefined) {
      this.#fail(waiting, refusal)
      return
    }
    waiting.isSent = true
    this.#transmit(message, data)
  }

  #fail(waiting: Waiting, error: ClientError): void {
    this.#waiting.delete(waiting.id)
    waiting.cancel()
    waiting.reject(error)
  }
}
