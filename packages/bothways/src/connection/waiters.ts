import { NotSentError } from './not-sent-error.ts'

// As it was when this was loaded: tests put a clock of their own in its place.
const { nextTick } = process

/** Called without an error when the operating system has taken what was sent, else with the reason. */
export type Callback = (error?: Error) => void

/** Who waits for which write to be taken. Notices of writes come in the order in which they were asked for. */
export class Waiters {
  /** For the write to come. */
  #next: Callback[] = []
  #departed: { readonly notice: number; readonly callbacks: readonly Callback[] }[] = []

  /** Somebody waits for the write to come: it must ask for notice. */
  get awaitWrite(): boolean {
    return this.#next.length > 0
  }

  add(callback: Callback): void {
    this.#next.push(callback)
  }

  /** The write has been made; its notice will be the one of this number. */
  depart(notice: number): void {
    if (this.#next.length === 0) return
    this.#departed.push({ notice, callbacks: this.#next })
    this.#next = []
  }

  /** So many notices have come: calls those who waited for them, in a later tick. */
  arrive(notice: number): void {
    let first = this.#departed[0]
    while (first !== undefined && first.notice <= notice) {
      for (const callback of first.callbacks) nextTick(callback)
      this.#departed.shift()
      first = this.#departed[0]
    }
  }

  /** No further notice will come: tells everybody so, in a later tick. */
  abandon(cause: Error | undefined): void {
    const callbacks = [...this.#departed.flatMap(it => it.callbacks), ...this.#next]
    this.#departed = []
    this.#next = []
    for (const callback of callbacks) nextTick(callback, new NotSentError(cause))
  }
}
