import { ownBytes } from '../connection/message-data.ts'
import { type Publication, WireFormat } from '../connection/sending/publication.ts'
import type { Subscriber, Topics } from '../hub/topics.ts'
import type { Message } from './server-socket.ts'

/** Hears what is published to a topic: text as a string, bytes as a `Buffer`, which is the listener's to keep. */
export type TopicListener = (message: Message) => void

/** Text as it arrives at clients: half a surrogate pair has become U+FFFD. */
const receivedText = new WireFormat(({ payload }) => payload.toString('utf8'))

/** The functions of a program among the subscribers of topics. */
export class TopicListeners {
  readonly #topics: Topics<Publication>
  readonly #onError: (error: unknown) => void
  readonly #subscribers = new WeakMap<TopicListener, Subscriber<Publication>>()

  constructor(topics: Topics<Publication>, onError: (error: unknown) => void) {
    this.#topics = topics
    this.#onError = onError
  }

  /** A function hears a topic once, however often it subscribes. */
  subscribe(topic: string, listener: TopicListener): () => void {
    let subscriber = this.#subscribers.get(listener)
    if (subscriber === undefined) {
      subscriber = { sendShared: message => this.#tell(listener, message) }
      this.#subscribers.set(listener, subscriber)
    }
    this.#topics.subscribe(topic, subscriber)
    return () => this.#topics.unsubscribe(topic, subscriber)
  }

  /** What stands for a function among the subscribers. */
  subscriberOf(listener: TopicListener): Subscriber<Publication> | undefined {
    return this.#subscribers.get(listener)
  }

  /** What one listener throws is no business of the other subscribers, nor of whoever publishes. */
  #tell(listener: TopicListener, message: Publication): 'sent' {
    try {
      listener(message.isText ? message.encoded(receivedText) : ownBytes(message.payload))
    } catch (error) {
      this.#onError(error)
    }
    return 'sent'
  }
}
