import { useCallback, useRef, useSyncExternalStore } from 'react'

/** A value that changes outside of React: another object after each change. */
export class Store<Value> {
  #value: Value
  readonly #listeners = new Set<() => void>()

  constructor(value: Value) {
    this.#value = value
  }

  get(): Value {
    return this.#value
  }

  set(value: Value): void {
    this.#value = value
    for (const listener of [...this.#listeners]) listener()
  }

  on(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** Opens a store for as long as it is needed, and gives it back. */
type Open<Value> = () => readonly [store: Store<Value>, giveBack: () => void]

/**
 * The value of a store that is there while the component is: on the server, and before the first effect, it is `initial`.
 *
 * @param open the same function as long as the store is the same
 */
export function useOpenStore<Value>(open: Open<Value>, initial: Value): Value {
  const current = useRef<{ readonly open: Open<Value>; readonly store: Store<Value> } | undefined>(undefined)
  const subscribe = useCallback(
    (listener: () => void) => {
      const [store, giveBack] = open()
      current.current = { open, store }
      const stop = store.on(listener)
      return () => {
        stop()
        giveBack()
      }
    },
    [open],
  )
  // That of another name is not shown under this one.
  const read = () => (current.current?.open === open ? current.current.store.get() : initial)
  return useSyncExternalStore(subscribe, read, () => initial)
}
