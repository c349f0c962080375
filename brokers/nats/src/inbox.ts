import { randomBytes } from 'node:crypto'
import type { NatsConnection, NatsHeaders, NatsMessage } from './nats-connection.ts'

interface Waiting {
  readonly subject: string
  readonly resolve: (message: NatsMessage) => void
  readonly reject: (error: Error) => void
  readonly until: number
}

/**
 * Requests and their answers, over one subscription and one timer for all. `request` of the library has a timer and two errors with
 * their traces for each, which cost more than a publication does.
 */
export class Inbox {
  readonly #connection: NatsConnection
  readonly #timeoutMs: number
  readonly #subject: string
  /** By the last word of the subject that the answer comes to; in the order in which their time is over. */
  readonly #waiting = new Map<string, Waiting>()
  #subscription: { unsubscribe(): void } | undefined
  #timer: NodeJS.Timeout | undefined
  #count = 0

  constructor(connection: NatsConnection, timeoutMs: number) {
    this.#connection = connection
    this.#timeoutMs = timeoutMs
    const { inboxPrefix = '_INBOX' } = connection.options ?? {}
    this.#subject = `${inboxPrefix}.${randomBytes(15).toString('base64url')}.`
  }

  request(subject: string, payload: string, headers: NatsHeaders | undefined): Promise<NatsMessage> {
    return new Promise((resolve, reject) => {
      const word = (this.#count++).toString(36)
      const options = { reply: this.#subject + word, ...(headers !== undefined && { headers }) }
      this.#subscription ??= this.#connection.subscribe(`${this.#subject}*`, {
        callback: (error, message) => this.#onAnswer(error, message),
      })
      this.#connection.publish(subject, payload, options as never)
      this.#waiting.set(word, { subject, resolve, reject, until: performance.now() + this.#timeoutMs })
      this.#timer ??= setTimeout(() => this.#onTime(), this.#timeoutMs)
    })
  }

  /** The server does not let this connection publish there. */
  refuse(subject: string, error: Error): void {
    for (const [word, waiting] of this.#waiting) {
      if (waiting.subject !== subject) continue
      this.#waiting.delete(word)
      waiting.reject(error)
    }
  }

  /** Requests under way get no answer. */
  close(): void {
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#end(Number.POSITIVE_INFINITY, 'the broker was closed')
  }

  #onAnswer(error: Error | null, message: NatsMessage): void {
    if (error !== null) {
      // It is not allowed to listen there: nothing of this can be answered.
      this.#subscription = undefined
      this.#end(Number.POSITIVE_INFINITY, error.message)
      return
    }
    const word = message.subject.slice(this.#subject.length)
    const waiting = this.#waiting.get(word)
    if (waiting === undefined) return
    this.#waiting.delete(word)
    if (message.headers?.code === 503) waiting.reject(new Error('503: no responders'))
    else waiting.resolve(message)
  }

  #onTime(): void {
    this.#timer = undefined
    this.#end(performance.now(), `no answer within ${this.#timeoutMs} ms`)
    const [next] = this.#waiting.values()
    if (next === undefined) return
    this.#timer = setTimeout(() => this.#onTime(), Math.max(1, next.until - performance.now()))
  }

  #end(now: number, why: string): void {
    for (const [word, { reject, until }] of this.#waiting) {
      if (until > now) return
      this.#waiting.delete(word)
      reject(new Error(why))
    }
  }
}
