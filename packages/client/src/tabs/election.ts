import type { Locks } from './channel.ts'

export interface ElectionHandler {
  /** This tab leads from now on. */
  lead(): void
  /** It does no more. */
  resign(): void
  /** There can be no election here. */
  refused(): void
}

/** Which tab leads: the one that holds the lock. The others wait for it, in the order in which they came. */
export class Election {
  readonly #locks: Locks
  readonly #name: string
  readonly #handler: ElectionHandler
  #candidacy: { end(): void } | undefined

  constructor(locks: Locks, name: string, handler: ElectionHandler) {
    this.#locks = locks
    this.#name = name
    this.#handler = handler
  }

  stand(): void {
    if (this.#candidacy === undefined) this.#request(false)
  }

  /** Takes the place of the leader. */
  seize(): void {
    this.leave()
    this.#request(true)
  }

  leave(): void {
    const candidacy = this.#candidacy
    this.#candidacy = undefined
    candidacy?.end()
  }

  #request(steal: boolean): void {
    const abort = new AbortController()
    const candidacy = { end: () => abort.abort() }
    this.#candidacy = candidacy
    const hold = () =>
      new Promise<void>(resolve => {
        if (this.#candidacy !== candidacy) return resolve()
        candidacy.end = () => {
          this.#handler.resign()
          resolve()
        }
        this.#handler.lead()
      })
    this.#locks
      .request(this.#name, steal ? { steal } : { signal: abort.signal }, hold)
      .catch((error: { name?: string }) => {
        if (this.#candidacy !== candidacy) return
        this.leave()
        // A place that was taken is waited for again.
        if (error.name === 'AbortError') this.stand()
        else this.#handler.refused()
      })
  }
}
