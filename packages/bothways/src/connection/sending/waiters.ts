import { AsyncResource } from 'node:async_hooks'
import { Fifo } from './fifo.ts'
import { NotSentError } from './send-outcome.ts'

// As it was when this was loaded: tests put a clock of their own in its place.
const { nextTick } = process

/** Called without an error when the operating system has taken what was sent, else with the reason. */
export type Callback = (error?: Error) => void

interface Waiter {
  readonly callback: Callback
  /** Called when so many bytes have been taken. */
  readonly at: number
}

/** The callbacks that wait for bytes to be taken. They are called in order, each in a later tick. */
export class Waiters {
  readonly #waiting = new Fifo<Waiter>()
  #takenBytes = 0

  /** @param bytesBefore how many bytes must be taken first */
  add(callback: Callback, bytesBefore: number): void {
    this.#waiting.push({ callback, at: this.#takenBytes + bytesBefore })
  }

  took(bytes: number): void {
    this.#takenBytes += bytes
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      if (first.at > this.#takenBytes) return
      this.#waiting.shift()
      nextTick(first.callback)
    }
  }

  /** No more will be taken: tells everybody so. Returns whether there was anybody. */
  abandon(cause: Error | undefined): boolean {
    if (this.#waiting.length === 0) return false
    while (this.#waiting.length > 0) nextTick(this.#waiting.shift()!.callback, new NotSentError(cause))
    return true
  }
}

/** A callback in the asynchronous context of the call that gave it, as those of a stream are. */
export function inContext(callback: Callback): Callback {
  const resource = new AsyncResource('BothwaysSend')
  return (...args) => resource.runInAsyncScope(callback, undefined, ...args)
}
