/** How long what nobody uses stays, in ms: StrictMode and navigation unmount and mount again at once. */
const lingerMs = 1_000

interface Held<Value> {
  readonly value: Value
  useCount: number
  timer: ReturnType<typeof setTimeout> | undefined
}

/** Things by key that several components use: made for the first, ended a moment after the last. */
export class Shared<Value> {
  readonly #end: (value: Value) => void
  readonly #held = new Map<unknown, Held<Value>>()

  constructor(end: (value: Value) => void) {
    this.#end = end
  }

  /** @returns the thing, and a function that gives it back, once */
  take(key: unknown, make: () => Value): readonly [value: Value, giveBack: () => void] {
    const held = this.#held.get(key) ?? { value: make(), useCount: 0, timer: undefined }
    this.#held.set(key, held)
    clearTimeout(held.timer)
    held.useCount++
    let isBack = false
    return [
      held.value,
      () => {
        if (isBack) return
        isBack = true
        if (--held.useCount > 0) return
        held.timer = setTimeout(() => {
          this.#held.delete(key)
          this.#end(held.value)
        }, lingerMs)
      },
    ]
  }
}
