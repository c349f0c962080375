import type { HeldEventHandler } from './event-listeners.ts'
import { isObject } from './webidl.ts'

interface Entry {
  handler: object
  readonly listener: (event: Event) => void
}

/**
 * The event handler attributes of one target (HTML §8.1.8.1): a handler takes its place among the listeners when
 * it is first set, keeps it when it is replaced, and gives it up when it is set to null.
 */
export class EventHandlers {
  readonly #target: EventTarget
  readonly #entries = new Map<string, Entry>()

  constructor(target: EventTarget) {
    this.#target = target
  }

  get(type: string): HeldEventHandler {
    return (this.#entries.get(type)?.handler as HeldEventHandler | undefined) ?? null
  }

  /** Any object is kept (WebIDL `[LegacyTreatNonObjectAsNull]`), and called if it can be; anything else means null. */
  set(type: string, handler: unknown): void {
    const entry = this.#entries.get(type)
    if (!isObject(handler)) {
      if (entry !== undefined) this.#target.removeEventListener(type, entry.listener)
      this.#entries.delete(type)
    } else if (entry !== undefined) {
      entry.handler = handler
    } else {
      const added: Entry = { handler, listener: event => this.#call(added.handler, event) }
      this.#entries.set(type, added)
      this.#target.addEventListener(type, added.listener)
    }
  }

  /** HTML §8.1.8.1, "the event handler processing algorithm": to return false is to prevent the default. */
  #call(handler: object, event: Event): void {
    if (typeof handler === 'function' && handler.call(this.#target, event) === false) event.preventDefault()
  }
}
