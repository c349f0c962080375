import type { Broker } from './broker.ts'

interface Use {
  count: number
  /** A hub that had it has closed. */
  isToClose: boolean
}

/** On the broker itself: an entry of the package may be loaded beside another, and each has its own modules. */
const useName = Symbol.for('bothways.broker.use')

interface UsedBroker extends Broker {
  [useName]?: Use
}

/**
 * Counts who in this process uses a broker: hubs, servers, and servers of Socket.IO. A hub that closes gives its broker up; it
 * is closed when nobody uses it any more.
 *
 * @returns a function that ends this use; with `true` it gives the broker up. Called again it does nothing
 */
export function useBroker(broker: Broker): (givesUp: boolean) => Promise<void> {
  const used = broker as UsedBroker
  if (used[useName] === undefined) {
    Object.defineProperty(used, useName, { value: { count: 0, isToClose: false } satisfies Use })
  }
  const use = used[useName] as Use
  use.count++
  let isOver = false
  return async givesUp => {
    if (isOver) return
    isOver = true
    use.count--
    use.isToClose ||= givesUp
    if (use.count === 0 && use.isToClose) await broker.close()
  }
}
