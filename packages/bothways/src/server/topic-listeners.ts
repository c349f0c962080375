import type { PreparedMessage } from '../connection/sending/prepared-message.ts'
import type { Subscriber, Topics } from '../hub/topics.ts'
import type { Message } from './server-socket.ts'

/** Hears what is published to a topic: text as a string, bytes as a `Buffer`, which is the listener's to keep. */
export type TopicListener = (message: Message) => void

/** The functions of a program among the subscribers of topics. */
export class TopicListeners {
  readonly #topics: Topics<PreparedMessage>
  readonly #onError: (error: unknown) => void
  readonly #subscribers = new WeakMap<TopicListener, Subscriber<PreparedMessage>>()

  constructor(topics: Topics<PreparedMessage>, onError: (error: unknown) => void) {
    this.#topics = topics
    this.#onError = onError
  }

  /** A function hears a topic once, however often it subscribes. */
  subscribe(topic: string, listener: TopicListener): () => void {
    let subscriber = this.#subscribers.get(listener)
    if (subscriber === undefined) {
      subscriber = { sendPrepared: message => this.#tell(listener, message) }
      this.#subscribers.set(listener, subscriber)
    }
    this.#topics.subscribe(topic, subscriber)
    return () => this.#topics.unsubscribe(topic, subscriber)
  }

  /** What stands for a function among the subscribers. */
  subscriberOf(listener: TopicListener): Subscriber<PreparedMessage> | undefined {
    return this.#subscribers.get(listener)
  }

  /** What one listener throws is no business of the other subscribers, nor of whoever publishes. */
  #tell(listener: TopicListener, message: PreparedMessage): 'sent' {
    try {
      listener(message.data)
    } catch (error) {
      this.#onError(error)
    }
    return 'sent'
  }
}
