// biome-ignore lint/suspicious/noExplicitAny: events with whatever arguments
export type CatchAllListener = (...args: any[]) => void

/** Listeners of all events. */
export class CatchAll {
  #listeners: CatchAllListener[] | undefined

  get isEmpty(): boolean {
    return this.#listeners === undefined || this.#listeners.length === 0
  }

  /** The list itself: a program may change it. */
  get listeners(): CatchAllListener[] {
    this.#listeners ??= []
    return this.#listeners
  }

  add(listener: CatchAllListener): void {
    this.listeners.push(listener)
  }

  prepend(listener: CatchAllListener): void {
    this.listeners.unshift(listener)
  }

  remove(listener: CatchAllListener | undefined): void {
    if (listener === undefined) {
      this.#listeners = undefined
      return
    }
    const at = this.#listeners?.indexOf(listener) ?? -1
    if (at !== -1) this.#listeners?.splice(at, 1)
  }

  call(self: unknown, args: readonly unknown[]): void {
    if (this.isEmpty) return
    for (const listener of [...this.listeners]) listener.apply(self, args as unknown[])
  }
}
