import type { Environment } from '@bothways/client'

/** Time that passes when a test says so, chance that it knows, and a network that it switches. */
export class VirtualEnvironment implements Environment {
  #now = 0
  #timers: { at: number; callback: () => void }[] = []
  #listeners = new Set<(event: 'online' | 'offline' | 'wake') => void>()
  /** The value that `random` returns. */
  chance = 0.5

  now(): number {
    return this.#now
  }

  date(): number {
    return 1_000_000_000_000 + this.#now
  }

  random = (): number => this.chance

  setTimer(callback: () => void, ms: number): () => void {
    const timer = { at: this.#now + ms, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(it => it !== timer)
    }
  }

  listen(listener: (event: 'online' | 'offline' | 'wake') => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(event: 'online' | 'offline' | 'wake'): void {
    for (const listener of [...this.#listeners]) listener(event)
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  get timerCount(): number {
    return this.#timers.length
  }

  /** Lets time pass: timers come when they are due, and promises settle in between. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    await settled()
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter(it => it !== next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await settled()
    }
    this.#now = until
  }

  /** The device sleeps: nothing comes meanwhile, and timers that were due fire afterwards. */
  async sleep(ms: number): Promise<void> {
    this.#now += ms
    await this.pass(0)
  }
}

/** Resolves when the reactions to resolved promises have run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
