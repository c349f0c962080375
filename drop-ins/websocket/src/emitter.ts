import { EventEmitter } from 'node:events'

// biome-ignore lint/suspicious/noExplicitAny: its emitter knows
type AnyListener = (...args: any[]) => void

/** An emitter that knows the arguments of its events; a program may emit others, of its own. */
export interface Emitter<Events extends Record<keyof Events, unknown[]>> extends EventEmitter {
  on<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this
  on(event: string | symbol, listener: AnyListener): this
  once<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this
  once(event: string | symbol, listener: AnyListener): this
  addListener<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this
  addListener(event: string | symbol, listener: AnyListener): this
}

/** Node's own class. */
export const Emitter: new <Events extends Record<keyof Events, unknown[]>>() => Emitter<Events> =
  EventEmitter as never
