import type { HubTopic } from 'bothways'

/** A viewer that asks now and then, as polls do, counts as there for so long, in ms: longer than between two polls. */
const lingerMs = 30_000

/** The source that fills a topic, from its beginning to its end. */
export interface Filling {
  /** The value to publish next, or a promise of it: until then nothing else is asked for. */
  make(): unknown
  end?(): void
}

/** Fills a topic as long as somebody wants it: nobody's figures cost nothing. */
export class WhileWanted {
  readonly #topic: HubTopic
  readonly #begin: () => Filling
  readonly #nextMs: () => number
  readonly #lingerMs: number
  #askedAt = 0
  #filling: Filling | undefined
  #making: Filling | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param nextMs how long until the next is published, in ms */
  constructor(topic: HubTopic, begin: () => Filling, nextMs: () => number, linger: number = lingerMs) {
    this.#topic = topic
    this.#begin = begin
    this.#nextMs = nextMs
    this.#lingerMs = linger
  }

  get isRunning(): boolean {
    return this.#filling !== undefined
  }

  /** Somebody asks for it. Resolves once there is something new to be had. */
  async ask(): Promise<void> {
    this.#askedAt = performance.now()
    if (this.#filling !== undefined) return
    this.#filling = this.#begin()
    this.#wait()
    await this.#publish(this.#filling)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#filling?.end?.()
    this.#filling = undefined
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      const isWanted = this.#topic.subscriberCount > 0 || performance.now() - this.#askedAt < this.#lingerMs
      if (this.#filling === undefined || !isWanted) return this.stop()
      this.#wait()
      void this.#publish(this.#filling)
    }, this.#nextMs())
  }

  async #publish(filling: Filling): Promise<void> {
    if (this.#making === filling) return
    this.#making = filling
    try {
      await this.#topic.publish(await filling.make())
    } catch (error) {
      console.error(error)
    } finally {
      if (this.#making === filling) this.#making = undefined
    }
  }
}
