import { checkIs, checkNames } from './client-error.ts'

/** Listeners by event. What one throws is told to the console, and keeps nobody else from hearing. */
export class Emitter<Events extends Record<keyof Events, readonly unknown[]>> {
  readonly #names: string
  readonly #listeners = new Map<keyof Events, Set<(...values: never) => void>>()

  /** @param names of all events, with spaces between */
  constructor(names: string) {
    this.#names = names
  }

  /**
   * @returns what removes it
   * @throws ClientError `wrong_use` for an event that there is not, which would never come
   */
  on<Name extends keyof Events>(event: Name, listener: (...values: Events[Name]) => void): () => void {
    checkNames('on', { [event]: 0 }, this.#names)
    checkIs('A listener', 'function', listener)
    const all = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, all.add(listener))
    return () => all.delete(listener)
  }

  /** @returns whether anybody heard */
  emit<Name extends keyof Events>(event: Name, ...values: Events[Name]): boolean {
    const all = [...(this.#listeners.get(event) ?? [])]
    for (const listener of all) {
      try {
        ;(listener as (...values: Events[Name]) => void)(...values)
      } catch (error) {
        console.error(error)
      }
    }
    return all.length > 0
  }

  has(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0
  }

  clear(): void {
    this.#listeners.clear()
  }
}
