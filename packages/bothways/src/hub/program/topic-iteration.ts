import type { Sink } from '../../connection/channel.ts'
import type { Publication } from '../../connection/sending/publication.ts'
import type { SendOutcome } from '../../connection/sending/send-outcome.ts'
import { GapMessage, PublicationMessage } from '../delivery/messages.ts'
import type { Subscription } from '../delivery/subscription.ts'
import type { TopicPort } from './topic-port.ts'
import { type TopicPublication, topicPublication } from './topic-publication.ts'

/** Publications that wait for an iteration; then it is fed from history. */
const maxWaiting = 100

interface Awaiting<Data> {
  resolve(result: IteratorResult<TopicPublication<Data>, undefined>): void
  reject(error: unknown): void
}

/** One `for await` over a topic. Publications that are not taken wait here up to a bound, then in the history. */
export class TopicIteration<Data> implements AsyncIterableIterator<TopicPublication<Data>>, Sink {
  readonly #port: TopicPort
  readonly #waiting: TopicPublication<Data>[] = []
  readonly #awaiting: Awaiting<Data>[] = []
  #subscription: Subscription | undefined
  #isAfterGap = false
  #isOver = false
  #failure: { readonly error: unknown } | undefined
  readonly #onClose = (): void => this.#end()

  constructor(port: TopicPort) {
    this.#port = port
    port.closing.addEventListener('abort', this.#onClose)
    if (port.closing.aborted) this.#end()
    else void this.#begin()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<TopicPublication<Data>, undefined>> {
    const value = this.#waiting.shift()
    if (value !== undefined) {
      if (this.#waiting.length === 0) this.#subscription?.goOn()
      return Promise.resolve({ value, done: false })
    }
    if (this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      return Promise.reject(error)
    }
    if (this.#isOver) return Promise.resolve(over)
    return new Promise((resolve, reject) => this.#awaiting.push({ resolve, reject }))
  }

  /** At once, also while somebody waits for the next one. */
  return(): Promise<IteratorResult<TopicPublication<Data>, undefined>> {
    this.#waiting.length = 0
    this.#end()
    return Promise.resolve(over)
  }

  sendShared(message: Publication): SendOutcome {
    if (message instanceof PublicationMessage) {
      this.#give(topicPublication(message.publication, this.#isAfterGap))
      this.#isAfterGap = false
    } else if (message instanceof GapMessage) this.#isAfterGap = true
    return this.#waiting.length < maxWaiting ? 'sent' : 'queued'
  }

  #give(value: TopicPublication<Data>): void {
    const awaiting = this.#awaiting.shift()
    if (awaiting === undefined) this.#waiting.push(value)
    else awaiting.resolve({ value, done: false })
  }

  async #begin(): Promise<void> {
    try {
      const { subscription } = await this.#port.subscribe(this, {})
      if (this.#isOver) this.#port.unsubscribe(subscription)
      else {
        this.#subscription = subscription
        subscription.start()
      }
    } catch (error) {
      const awaiting = this.#awaiting.shift()
      if (awaiting !== undefined) awaiting.reject(error)
      else if (!this.#isOver) this.#failure = { error }
      this.#end()
    }
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#port.closing.removeEventListener('abort', this.#onClose)
    if (this.#subscription !== undefined) this.#port.unsubscribe(this.#subscription)
    for (const { resolve } of this.#awaiting.splice(0)) resolve(over)
  }
}

const over = { value: undefined, done: true } as const
