import type { Locks } from './channel.ts'

export interface ElectionHandler {
  /** This tab leads from now on. @returns a function to call when it leads no more */
  lead(): () => void
  /** There can be no election here. */
  refused(): void
}

/** Which tab leads: the one that holds the lock. The others wait for it, in the order in which they came. */
export interface Election {
  stand(): void
  /** Takes the place of the leader. */
  seize(): void
  leave(): void
}

export function createElection(locks: Locks, name: string, { lead, refused }: ElectionHandler): Election {
  /** Ends the present candidacy. */
  let end: (() => void) | undefined

  const leave = () => {
    const ended = end
    end = undefined
    ended?.()
  }
  const request = (steal: boolean) => {
    const abort = new AbortController()
    let mine = () => abort.abort()
    end = mine
    const hold = () =>
      new Promise<void>(resolve => {
        if (end !== mine) return resolve()
        const resign = lead()
        mine = () => {
          resign()
          resolve()
        }
        end = mine
      })
    locks
      .request(name, steal ? { steal } : { signal: abort.signal }, hold)
      .catch((error: { name?: string }) => {
        if (end !== mine) return
        leave()
        // A place that was taken is waited for again.
        if (error.name === 'AbortError') stand()
        else refused()
      })
  }
  const stand = () => {
    if (end === undefined) request(false)
  }
  return {
    stand,
    seize() {
      leave()
      request(true)
    },
    leave,
  }
}
