/** An event as listeners get it. */
export interface PlainEvent {
  type: string
  target?: unknown
  defaultPrevented?: boolean
}

/** Called with the target as `this`. */
export type Listener = (event: never) => void

/**
 * Listeners as the DOM's, called at once and in order, the `on…` property first; what one of them throws reaches
 * whoever dispatches.
 */
export class ListenerTarget {
  readonly #listeners = new Map<string, Listener[]>()

  addEventListener(type: string, listener: Listener): void {
    if (!type || !listener) return
    const listeners = this.#listeners.get(type)
    if (listeners === undefined) this.#listeners.set(type, [listener])
    else if (!listeners.includes(listener)) listeners.push(listener)
  }

  removeEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type)
    const at = listeners?.indexOf(listener) ?? -1
    if (at !== -1) listeners?.splice(at, 1)
  }

  /** @throws Error for an event without a type */
  dispatchEvent(event: PlainEvent): boolean {
    if (typeof event?.type !== 'string') throw new Error('`event` must have a valid `type` property')
    let isStopped = false
    const call = (listener: unknown): void => {
      if (typeof listener === 'function' && !isStopped) listener.call(this, event)
    }
    Object.assign(event, {
      target: this,
      cancelable: true,
      stopImmediatePropagation: () => {
        isStopped = true
      },
    })
    call(Reflect.get(this, `on${event.type}`))
    for (const listener of this.#listeners.get(event.type) ?? []) call(listener)
    return !event.defaultPrevented
  }
}
