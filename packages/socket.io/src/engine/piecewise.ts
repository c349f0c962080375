/** Something that would take long if it were done at once. */
export interface PiecewiseWork {
  /** Does a little of it. False when nothing is left to do. */
  doSome(): boolean
}

/** How long all of it may take together before everybody else has their turn, in ms. */
const turnMs = 5

const waiting: PiecewiseWork[] = []

/**
 * Does the rest of some work in later turns of the event loop, so that connections are read and timers run in between:
 * in each a piece of whatever waits, as far as the time goes, in order.
 */
export function continueLater(work: PiecewiseWork): void {
  if (waiting.push(work) === 1) setImmediate(doTurn)
}

function doTurn(): void {
  const endsAt = performance.now() + turnMs
  // Once each at most: what a piece sets off (`process.nextTick`) runs behind this function.
  for (let count = waiting.length; count > 0; count--) {
    const work = waiting.shift()!
    if (work.doSome()) waiting.push(work)
    if (performance.now() >= endsAt) break
  }
  if (waiting.length > 0) setImmediate(doTurn)
}
