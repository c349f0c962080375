/** An event that can be dispatched. */
export interface PlainEvent {
  readonly type: string
  readonly defaultPrevented?: boolean
  stopImmediatePropagation?: () => void
}

/** An event of the target's own making, with the facts that go with its type. */
export class TargetEvent implements PlainEvent {
  readonly type: string
  readonly isTrusted: boolean
  target: unknown
  cancelable: boolean
  defaultPrevented!: boolean

  constructor(type: string, facts: object = {}) {
    this.type = type
    this.isTrusted = false
    this.target = undefined
    this.cancelable = false
    Object.assign(this, facts)
  }
}

/** Called with the target as `this`. */
export type Listener = (event: never) => void

/**
 * Listeners as the DOM's, called at once and in order, the `on…` property first; an error that one of them throws reaches
 * the dispatcher.
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
    const stop = (): void => {
      isStopped = true
    }
    // False for an event that cannot be changed, which then reaches everybody.
    Reflect.defineProperty(event, 'stopImmediatePropagation', {
      value: stop,
      configurable: true,
      writable: true,
    })
    if (event instanceof TargetEvent) {
      event.target = this
      event.cancelable = true
    }
    call(Reflect.get(this, `on${event.type}`))
    for (const listener of this.#listeners.get(event.type) ?? []) call(listener)
    return !event.defaultPrevented
  }
}
