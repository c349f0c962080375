import { HubError } from '../hub-error.ts'

/** The bytes of JSON that members of this process may show of themselves, and the cost of keeping each. */
const maxTotalPresenceBytes = 256 * 1024 * 1024
const memberBytes = 256

/** Bounds what a hub keeps of those who are present, all of them together. */
export class PresenceBudget {
  readonly #mostBytes: number
  readonly #held = new WeakMap<object, number>()
  heldBytes = 0

  constructor(mostBytes: number = maxTotalPresenceBytes) {
    this.#mostBytes = mostBytes
  }

  /** @throws HubError `busy` */
  take(holder: object, dataBytes: number): void {
    const bytes = dataBytes + memberBytes
    if (this.heldBytes + bytes > this.#mostBytes) {
      throw new HubError('busy', 'The server keeps as much of its members as it may.', { retryAfterMs: 1000 })
    }
    this.heldBytes += bytes
    this.#held.set(holder, bytes)
  }

  giveBack(holder: object): void {
    this.heldBytes -= this.#held.get(holder) ?? 0
    this.#held.delete(holder)
  }
}
