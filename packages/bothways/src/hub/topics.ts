/** Whoever a publish reaches. */
export interface Subscriber<Message> {
  sendPrepared(message: Message): boolean
}

/** Who subscribes to which topic, in this process. */
export class Topics<Message> {
  readonly #subscribers = new Map<string, Set<Subscriber<Message>>>()
  readonly #topics = new Map<Subscriber<Message>, Set<string>>()

  subscribe(topic: string, subscriber: Subscriber<Message>): void {
    entry(this.#subscribers, topic).add(subscriber)
    entry(this.#topics, subscriber).add(topic)
  }

  has(topic: string, subscriber: Subscriber<Message>): boolean {
    return this.#topics.get(subscriber)?.has(topic) === true
  }

  /** How many topics somebody subscribes to. */
  countOf(subscriber: Subscriber<Message>): number {
    return this.#topics.get(subscriber)?.size ?? 0
  }

  unsubscribe(topic: string, subscriber: Subscriber<Message>): void {
    remove(this.#subscribers, topic, subscriber)
    remove(this.#topics, subscriber, topic)
  }

  unsubscribeAll(subscriber: Subscriber<Message>): void {
    for (const topic of this.#topics.get(subscriber) ?? []) remove(this.#subscribers, topic, subscriber)
    this.#topics.delete(subscriber)
  }

  /** Sends to every subscriber but `except`; returns how many there were. */
  publish(topic: string, message: Message, except?: Subscriber<Message>): number {
    const subscribers = this.#subscribers.get(topic)
    if (subscribers === undefined) return 0
    let count = 0
    for (const subscriber of subscribers) {
      if (subscriber === except) continue
      subscriber.sendPrepared(message)
      count++
    }
    return count
  }
}

function entry<Key, Value>(map: Map<Key, Set<Value>>, key: Key): Set<Value> {
  let set = map.get(key)
  if (set === undefined) {
    set = new Set()
    map.set(key, set)
  }
  return set
}

/** A set that becomes empty goes, so that topics nobody listens to cost nothing. */
function remove<Key, Value>(map: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = map.get(key)
  if (set?.delete(value) && set.size === 0) map.delete(key)
}
