import { checkIs, checkNames } from './client-error.ts'

/** Listeners by event. An error that one throws is told to the console, and keeps no other from hearing. */
export interface Emitter<Events extends Record<keyof Events, readonly unknown[]>> {
  /**
   * @returns a function that removes it
   * @throws ClientError `wrong_use` for an event that there is not, which would never come
   */
  on<Name extends keyof Events>(event: Name, listener: (...values: Events[Name]) => void): () => void
  /** @returns whether anybody heard */
  emit<Name extends keyof Events>(event: Name, ...values: Events[Name]): boolean
  has(event: keyof Events): boolean
  clear(): void
}

/** @param names of all events, with spaces between */
export function createEmitter<Events extends Record<keyof Events, readonly unknown[]>>(
  names: string,
): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(...values: never) => void>>()
  return {
    on(event, listener) {
      checkNames('on', { [event]: 0 }, names)
      checkIs('A listener', 'function', listener)
      const all = listeners.get(event) ?? new Set()
      listeners.set(event, all.add(listener))
      return () => all.delete(listener)
    },
    emit(event, ...values) {
      const all = [...(listeners.get(event) ?? [])]
      for (const listener of all) {
        try {
          ;(listener as (...given: typeof values) => void)(...values)
        } catch (error) {
          console.error(error)
        }
      }
      return all.length > 0
    },
    has: event => (listeners.get(event)?.size ?? 0) > 0,
    clear: () => listeners.clear(),
  }
}
