/** What an event handler attribute such as `onmessage` holds. */
export type WebSocketEventHandler<E extends Event> = ((event: E) => unknown) | null

interface Entry {
  // biome-ignore lint/suspicious/noExplicitAny: each attribute has its own type of event
  callback: (event: any) => unknown
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

  // biome-ignore lint/suspicious/noExplicitAny: each attribute has its own type of event
  get(type: string): WebSocketEventHandler<any> {
    return this.#entries.get(type)?.callback ?? null
  }

  set(type: string, handler: unknown): void {
    const entry = this.#entries.get(type)
    if (typeof handler !== 'function') {
      if (entry !== undefined) this.#target.removeEventListener(type, entry.listener)
      this.#entries.delete(type)
    } else if (entry !== undefined) {
      entry.callback = handler as Entry['callback']
    } else {
      const added: Entry = {
        callback: handler as Entry['callback'],
        listener: event => added.callback.call(this.#target, event),
      }
      this.#entries.set(type, added)
      this.#target.addEventListener(type, added.listener)
    }
  }
}
