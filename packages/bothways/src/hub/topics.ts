/** Whoever a publish reaches. */
export interface Subscriber<Message> {
  /** `refused`: it was not taken. */
  sendPrepared(message: Message): 'sent' | 'queued' | 'refused'
}

/** The subscribers of a topic, each with how many publishes there had been when it came. */
type Subscribers<Message> = Map<Subscriber<Message>, number>

/** Who subscribes to which topic, in this process. */
export class Topics<Message> {
  readonly #subscribers = new Map<string, Subscribers<Message>>()
  readonly #topics = new Map<Subscriber<Message>, Set<string>>()
  #publishCount = 0

  subscribe(topic: string, subscriber: Subscriber<Message>): void {
    let subscribers = this.#subscribers.get(topic)
    if (subscribers === undefined) {
      subscribers = new Map()
      this.#subscribers.set(topic, subscribers)
    }
    if (subscribers.has(subscriber)) return
    subscribers.set(subscriber, this.#publishCount)
    const topics = this.#topics.get(subscriber)
    if (topics === undefined) this.#topics.set(subscriber, new Set([topic]))
    else topics.add(topic)
  }

  has(topic: string, subscriber: Subscriber<Message>): boolean {
    return this.#topics.get(subscriber)?.has(topic) === true
  }

  /** How many topics somebody subscribes to. */
  countOf(subscriber: Subscriber<Message>): number {
    return this.#topics.get(subscriber)?.size ?? 0
  }

  unsubscribe(topic: string, subscriber: Subscriber<Message>): void {
    this.#remove(topic, subscriber)
    const topics = this.#topics.get(subscriber)
    if (topics?.delete(topic) && topics.size === 0) this.#topics.delete(subscriber)
  }

  unsubscribeAll(subscriber: Subscriber<Message>): void {
    for (const topic of this.#topics.get(subscriber) ?? []) this.#remove(topic, subscriber)
    this.#topics.delete(subscriber)
  }

  /**
   * Sends to every subscriber but `except`. A subscriber may be a function of the program: whoever it subscribes is not
   * reached by this publish, whoever it unsubscribes is not reached any more.
   *
   * @returns how many have taken it
   */
  publish(topic: string, message: Message, except?: Subscriber<Message>): number {
    const subscribers = this.#subscribers.get(topic)
    if (subscribers === undefined) return 0
    const serial = ++this.#publishCount
    let count = 0
    for (const [subscriber, since] of subscribers) {
      if (since >= serial || subscriber === except) continue
      if (subscriber.sendPrepared(message) !== 'refused') count++
    }
    return count
  }

  /** A topic without subscribers costs nothing. */
  #remove(topic: string, subscriber: Subscriber<Message>): void {
    const subscribers = this.#subscribers.get(topic)
    if (subscribers?.delete(subscriber) && subscribers.size === 0) this.#subscribers.delete(topic)
  }
}
