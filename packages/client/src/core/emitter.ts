/** Listeners by event. What one throws is told to the console, and keeps nobody else from hearing. */
export class Emitter<Events extends Record<keyof Events, readonly unknown[]>> {
  readonly #listeners = new Map<keyof Events, Set<(...values: never) => void>>()

  /** @returns what removes it */
  on<Name extends keyof Events>(event: Name, listener: (...values: Events[Name]) => void): () => void {
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

  clear(): void {
    this.#listeners.clear()
  }
}
