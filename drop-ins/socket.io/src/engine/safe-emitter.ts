import { EventEmitter } from 'node:events'
import { throwLater } from 'bothways/drop-in'

/** Runs a function of the program. An error that it throws ends the process, unless somebody catches it there, and never us. */
export function guard(work: () => void): void {
  try {
    work()
  } catch (error) {
    throwLater(error)
  }
}

/** An emitter whose listeners may throw without hindering the caller of `emit`. */
export class SafeEmitter extends EventEmitter {
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    try {
      return super.emit(event, ...args)
    } catch (error) {
      throwLater(error)
      return true
    }
  }
}

/**
 * Lets go of the table that Node makes for the listeners of every emitter, 180 bytes: it makes another one for the first.
 */
export function withoutListeners(emitter: EventEmitter): void {
  Reflect.set(emitter, '_events', undefined)
}
