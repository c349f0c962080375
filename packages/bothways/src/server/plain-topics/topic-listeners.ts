import { UsageError } from '@bothways/protocol'
import type { Sink } from '../../connection/channel.ts'
import { ownBytes } from '../../connection/message-data.ts'
import { invalidOption, kindOf } from '../../connection/option-checks.ts'
import { type Publication, WireFormat } from '../../connection/sending/publication.ts'
import type { Message } from '../server-socket.ts'
import type { Topics } from './topics.ts'

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

function isSubscriber(value: unknown): value is Sink {
  return typeof value === 'object' && value !== null && 'sendShared' in value
}

/** Hears the messages that are published to a topic: text as a string, bytes as a `Buffer`, which is the listener's to keep. */
export type TopicListener = (message: Message) => void

/** Text as it arrives at clients: half a surrogate pair has become U+FFFD. */
const receivedText = new WireFormat(({ payload }) => payload.toString('utf8'))

/** The functions of a program among the subscribers of topics. */
export class TopicListeners {
  readonly #topics: Topics<Publication>
  readonly #onError: (error: unknown) => void
  readonly #subscribers = new WeakMap<TopicListener, Sink>()

  constructor(topics: Topics<Publication>, onError: (error: unknown) => void) {
    this.#topics = topics
    this.#onError = onError
  }

  /** A function hears a topic once, however often it subscribes. */
  subscribe(topic: string, listener: TopicListener): () => void {
    if (typeof listener !== 'function') {
      throw new UsageError(
        'BW_INVALID_ARGUMENT',
        `server.subscribe(topic, listener) calls a function with what is published, got ${kindOf(listener)}; a client is subscribed by socket.subscribe(topic).`,
      )
    }
    let subscriber = this.#subscribers.get(listener)
    if (subscriber === undefined) {
      subscriber = { sendShared: message => this.#tell(listener, message) }
      this.#subscribers.set(listener, subscriber)
    }
    this.#topics.subscribe(topic, subscriber)
    return () => this.#topics.unsubscribe(topic, subscriber)
  }

  /**
   * The subscribers that a publish leaves out: sockets as they are, functions by the sinks that stand for them.
   *
   * @throws UsageError `BW_INVALID_OPTION`
   */
  excepted(except: unknown): Sink | ReadonlySet<Sink> | undefined {
    if (except === undefined || except === null) return undefined
    if (isIterable(except)) {
      const several = new Set<Sink>()
      for (const one of except) {
        const subscriber = this.#subscriberOf(one)
        if (subscriber !== undefined) several.add(subscriber)
      }
      return several
    }
    return this.#subscriberOf(except)
  }

  #subscriberOf(one: unknown): Sink | undefined {
    if (typeof one === 'function') return this.#subscribers.get(one as TopicListener)
    if (isSubscriber(one)) return one
    throw invalidOption('except', 'a socket, a listener of subscribe, or a list of them', one)
  }

  /** An error that one listener throws is no business of the other subscribers, nor of the publisher. */
  #tell(listener: TopicListener, message: Publication): 'sent' {
    try {
      listener(message.isText ? message.encoded(receivedText) : ownBytes(message.payload))
    } catch (error) {
      this.#onError(error)
    }
    return 'sent'
  }
}
