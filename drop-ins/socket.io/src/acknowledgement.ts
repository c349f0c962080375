/** Tells the other side that an event has been handled, and with which result. */
export type Acknowledge = (...args: unknown[]) => void

/** The callbacks that wait for acknowledgements, by their ids. */
interface Waiting {
  readonly acks: Map<number, Acknowledge>
}

/** Passes on the first acknowledgement; further ones do nothing. */
export function onceOnly(acknowledge: Acknowledge): Acknowledge {
  let isCalled = false
  return (...args) => {
    if (isCalled) return
    isCalled = true
    acknowledge(...args)
  }
}

/**
 * Calls `acknowledge` with a client's answer to the event `id`.
 *
 * @param timeoutMs after which it gets an error instead; with it, its first argument is the error, or null
 */
export function awaitAcknowledgement(
  waiting: Waiting,
  id: number,
  acknowledge: Acknowledge,
  timeoutMs: number | undefined,
): void {
  if (timeoutMs === undefined) {
    waiting.acks.set(id, acknowledge)
    return
  }
  const timer = setTimeout(() => {
    waiting.acks.delete(id)
    acknowledge.call(waiting, new Error('operation has timed out'))
  }, timeoutMs)
  waiting.acks.set(id, (...args) => {
    clearTimeout(timer)
    acknowledge.call(waiting, null, ...args)
  })
}
