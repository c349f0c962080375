/**
 * Windows that may compare at once: each keeps two of the six HTTP connections that a browser opens to one server, and polls by a
 * third. With more of them this page could not even be loaded.
 */
const names = ['bothways.compare.1', 'bothways.compare.2']

/**
 * Takes one of the places, which all windows of this origin share, as soon as there is one. Where the browser has no locks, as
 * over plain http from another machine, there is always one.
 *
 * @param leave gives the place back, or stops waiting for one
 * @param onWait called when there is none at once
 * @returns whether there is a place; false after `leave`
 */
export async function takePlace(leave: AbortSignal, onWait: () => void): Promise<boolean> {
  const { locks } = navigator as { readonly locks?: LockManager }
  if (locks === undefined) return !leave.aborted
  for (const name of names) if (await request(locks, name, leave, { ifAvailable: true })) return true
  if (leave.aborted) return false
  onWait()
  const enough = new AbortController()
  const signal = AbortSignal.any([leave, enough.signal])
  const waiting = names.map(name => request(locks, name, leave, { signal }))
  const found = await Promise.race(waiting)
  enough.abort()
  return found
}

function request(
  locks: LockManager,
  name: string,
  leave: AbortSignal,
  options: LockOptions,
): Promise<boolean> {
  return new Promise(resolve => {
    locks
      .request(name, options, lock => {
        // Of two that come at the same moment, the second is given back.
        if (lock === null || leave.aborted || options.signal?.aborted) return resolve(false)
        resolve(true)
        return new Promise<void>(giveBack => leave.addEventListener('abort', () => giveBack()))
      })
      .catch(() => resolve(false))
  })
}
