import type { Sink } from '../../connection/channel.ts'
import type { SendOutcome } from '../../connection/sending/send-outcome.ts'

interface Topic<Message> {
  readonly subscribers: Set<Sink<Message>>
  publishCount: number
  /** How many publishes are under way: subscribers may publish, too. */
  depth: number
  /** Subscribers that came while some were, and how many publishes there had been. */
  late: Map<Sink<Message>, number> | undefined
  /** The fan-out that the publishes of this turn of the event loop share; of the same subscribers, in whose midst nobody publishes. */
  fanOut: TopicFanOut<Message> | undefined
}

/** Several messages that go to the same sinks in one turn of the event loop, most of which get them together. */
interface TopicFanOut<Message> {
  /** Sends the first message to one more sink. */
  offer(message: Message, sink: Sink<Message>): SendOutcome
  /** This sink does not get the first message. */
  leaveOut(sink: Sink<Message>): void
  /**
   * Sends a further message to those that get it together, without `except`.
   *
   * @returns how many they are; undefined: none do any more
   */
  send(message: Message, except: Sink<Message> | undefined): number | undefined
  /** The other sinks, each of which is to be sent a further message by itself. */
  readonly strays: readonly Sink<Message>[]
}

/** With fewer subscribers there is nothing to win. */
const fewestTogether = 4

type Except<Message> = Sink<Message> | ReadonlySet<Sink<Message>> | undefined

/** The topics of this process, and the subscribers of each. */
export class Topics<Message> {
  readonly #topics = new Map<string, Topic<Message>>()
  readonly #names = new Map<Sink<Message>, Set<string>>()
  readonly #newFanOut: ((size: number) => TopicFanOut<Message>) | undefined

  /** @param newFanOut for up to `size` sinks; without it each message is sent to each subscriber by itself */
  constructor(newFanOut?: (size: number) => TopicFanOut<Message>) {
    this.#newFanOut = newFanOut
  }

  subscribe(name: string, subscriber: Sink<Message>): void {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = { subscribers: new Set(), publishCount: 0, depth: 0, late: undefined, fanOut: undefined }
      this.#topics.set(name, topic)
      this.began(name)
    }
    if (topic.subscribers.has(subscriber)) return
    topic.subscribers.add(subscriber)
    topic.fanOut = undefined
    if (topic.depth > 0) {
      topic.late ??= new Map()
      topic.late.set(subscriber, topic.publishCount)
    }
    const names = this.#names.get(subscriber)
    if (names === undefined) this.#names.set(subscriber, new Set([name]))
    else names.add(name)
  }

  has(name: string, subscriber: Sink<Message>): boolean {
    return this.#topics.get(name)?.subscribers.has(subscriber) === true
  }

  /** How many topics somebody subscribes to. */
  countOf(subscriber: Sink<Message>): number {
    return this.#names.get(subscriber)?.size ?? 0
  }

  unsubscribe(name: string, subscriber: Sink<Message>): void {
    this.#remove(name, subscriber)
    const names = this.#names.get(subscriber)
    if (names?.delete(name) && names.size === 0) this.#names.delete(subscriber)
  }

  unsubscribeAll(subscriber: Sink<Message>): void {
    for (const name of this.#names.get(subscriber) ?? []) this.#remove(name, subscriber)
    this.#names.delete(subscriber)
  }

  /**
   * Sends to every subscriber but `except`, which is one or several. A subscriber may be a function of the program: a subscriber that it adds is not
   * reached by this publish, one that it removes is not reached any more.
   *
   * @returns how many have taken it
   */
  publish(name: string, message: Message, except?: Except<Message>): number {
    return this.deliver(name, message, except)
  }

  /** The same, for a message that reaches every process by itself. */
  deliver(name: string, message: Message, except?: Except<Message>): number {
    const topic = this.#topics.get(name)
    if (topic === undefined) return 0
    let count = 0
    topic.publishCount++
    topic.depth++
    try {
      count = sendTogether(topic, message, except) ?? this.#sendToEach(topic, message, except)
    } finally {
      topic.depth--
      if (topic.depth === 0) topic.late = undefined
    }
    return count
  }

  #sendToEach(topic: Topic<Message>, message: Message, except: Except<Message>): number {
    const { subscribers } = topic
    const serial = topic.publishCount
    const mayShare = topic.depth === 1 && subscribers.size >= fewestTogether
    const fanOut = mayShare ? this.#newFanOut?.(subscribers.size) : undefined
    topic.fanOut = fanOut
    const several = except instanceof Set ? (except as ReadonlySet<Sink<Message>>) : undefined
    let count = 0
    for (const subscriber of subscribers) {
      if (subscriber === except || several?.has(subscriber) || isLate(topic, subscriber, serial)) {
        fanOut?.leaveOut(subscriber)
      } else {
        const outcome = fanOut?.offer(message, subscriber) ?? subscriber.sendShared(message)
        if (outcome !== 'refused') count++
      }
    }
    return count
  }

  /** Nobody is told of anything any more. */
  async close(): Promise<void> {}

  /** Somebody subscribes to a topic that nobody has subscribed to. */
  protected began(_name: string): void {}

  /** Nobody subscribes to a topic any more. */
  protected ended(_name: string): void {}

  /** A topic without subscribers costs nothing. */
  #remove(name: string, subscriber: Sink<Message>): void {
    const topic = this.#topics.get(name)
    if (topic?.subscribers.delete(subscriber) !== true) return
    topic.fanOut = undefined
    if (topic.subscribers.size > 0) return
    this.#topics.delete(name)
    this.ended(name)
  }
}

/** As an earlier publish of the same turn; undefined: there is none that this one can go along with. */
function sendTogether<Message>(
  topic: Topic<Message>,
  message: Message,
  except: Except<Message>,
): number | undefined {
  const { fanOut, subscribers, publishCount: serial } = topic
  if (fanOut === undefined) return undefined
  const together =
    topic.depth > 1 || except instanceof Set
      ? undefined
      : fanOut.send(message, except as Sink<Message> | undefined)
  if (together === undefined) {
    topic.fanOut = undefined
    return undefined
  }
  let count = together
  const { strays } = fanOut
  // A subscriber that strays during this publish has got its message already.
  const { length } = strays
  for (let at = 0; at < length; at++) {
    const stray = strays[at]!
    if (stray === except || !subscribers.has(stray) || isLate(topic, stray, serial)) continue
    if (stray.sendShared(message) !== 'refused') count++
  }
  return count
}

/** Whether somebody has subscribed since the publish with this number began. */
function isLate<Message>({ late }: Topic<Message>, subscriber: Sink<Message>, serial: number): boolean {
  return late !== undefined && (late.get(subscriber) ?? 0) >= serial
}
