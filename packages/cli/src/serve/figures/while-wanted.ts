import type { HubTopic } from 'bothways'

/** Whoever asks now and then, as polls do, counts as there for so long, in ms: longer than between two polls. */
const lingerMs = 30_000

/** Fills a topic as long as somebody wants it: nobody's figures cost nothing. */
export class WhileWanted {
  readonly #topic: HubTopic
  readonly #make: () => unknown
  readonly #nextMs: () => number
  readonly #lingerMs: number
  #askedAt = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param make what is published next
   * @param nextMs how long until then, in ms
   */
  constructor(topic: HubTopic, make: () => unknown, nextMs: () => number, linger: number = lingerMs) {
    this.#topic = topic
    this.#make = make
    this.#nextMs = nextMs
    this.#lingerMs = linger
  }

  get isRunning(): boolean {
    return this.#timer !== undefined
  }

  /** Somebody asks for it. Resolves once there is something new to be had. */
  async ask(): Promise<void> {
    this.#askedAt = performance.now()
    if (this.isRunning) return
    this.#wait()
    await this.#publish()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      const isWanted = this.#topic.subscriberCount > 0 || performance.now() - this.#askedAt < this.#lingerMs
      if (!isWanted) return this.stop()
      this.#wait()
      void this.#publish()
    }, this.#nextMs())
  }

  async #publish(): Promise<void> {
    await this.#topic.publish(this.#make()).catch(error => console.error(error))
  }
}
