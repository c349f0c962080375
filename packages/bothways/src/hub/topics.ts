import type { Sink } from '../connection/channel.ts'

interface Topic<Message> {
  readonly subscribers: Set<Sink<Message>>
  publishCount: number
  /** How many publishes are under way: subscribers may publish, too. */
  depth: number
  /** Subscribers that came while some were, and how many publishes there had been. */
  late: Map<Sink<Message>, number> | undefined
}

/** Who subscribes to which topic, in this process. */
export class Topics<Message> {
  readonly #topics = new Map<string, Topic<Message>>()
  readonly #names = new Map<Sink<Message>, Set<string>>()

  subscribe(name: string, subscriber: Sink<Message>): void {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = { subscribers: new Set(), publishCount: 0, depth: 0, late: undefined }
      this.#topics.set(name, topic)
      this.began(name)
    }
    if (topic.subscribers.has(subscriber)) return
    topic.subscribers.add(subscriber)
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
  publish(name: string, message: Message, except?: Sink<Message> | ReadonlySet<Sink<Message>>): number {
    return this.deliver(name, message, except)
  }

  /** The same, for what reaches every process by itself. */
  deliver(name: string, message: Message, except?: Sink<Message> | ReadonlySet<Sink<Message>>): number {
    const topic = this.#topics.get(name)
    if (topic === undefined) return 0
    const several = except instanceof Set ? (except as ReadonlySet<Sink<Message>>) : undefined
    const serial = ++topic.publishCount
    let count = 0
    topic.depth++
    try {
      for (const subscriber of topic.subscribers) {
        if (subscriber === except || several?.has(subscriber) || isLate(topic, subscriber, serial)) continue
        if (subscriber.sendShared(message) !== 'refused') count++
      }
    } finally {
      topic.depth--
      if (topic.depth === 0) topic.late = undefined
    }
    return count
  }

  /** Somebody subscribes to a topic that nobody has subscribed to. */
  protected began(_name: string): void {}

  /** Nobody subscribes to a topic any more. */
  protected ended(_name: string): void {}

  /** A topic without subscribers costs nothing. */
  #remove(name: string, subscriber: Sink<Message>): void {
    const topic = this.#topics.get(name)
    if (topic?.subscribers.delete(subscriber) !== true || topic.subscribers.size > 0) return
    this.#topics.delete(name)
    this.ended(name)
  }
}

/** Whether somebody has subscribed since the publish with this number began. */
function isLate<Message>({ late }: Topic<Message>, subscriber: Sink<Message>, serial: number): boolean {
  return late !== undefined && (late.get(subscriber) ?? 0) >= serial
}
