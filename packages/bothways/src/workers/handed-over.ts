import type { Worker } from 'node:cluster'

/** A message from `node:cluster` to a worker, or back: the same in Node.js 20, 22 and 24. */
interface ClusterMessage {
  readonly cmd?: unknown
  readonly act?: unknown
  readonly seq?: unknown
  /** The `seq` that is answered. */
  readonly ack?: unknown
}

/** The event by which Node.js hears messages that are none of the program's. */
const internalMessage = 'internalMessage'
const clusterCommand = 'NODE_CLUSTER'

/** Messages that a worker has sent before its end may come behind the news of it, by so much, in ms. */
const lastWordsMs = 100

/**
 * A connection that was handed to a worker which dies before it says that it has taken it belongs to nobody: Node.js waits for that
 * answer for ever, and so does the client. When the worker has died it is answered in its place: another one gets the connection,
 * and where there is none it is closed.
 *
 * @param hasOthers whether another one listens
 */
export function rescueConnections(worker: Worker, hasOthers: () => boolean): void {
  const { process: child } = worker
  const handedOver = new Set<unknown>()
  const { send } = child
  child.send = (...args: unknown[]) => {
    const { cmd, act, seq } = (args[0] ?? {}) as ClusterMessage
    if (cmd === clusterCommand && act === 'newconn') handedOver.add(seq)
    return Reflect.apply(send, child, args)
  }
  child.on(internalMessage, ({ cmd, ack }: ClusterMessage) => {
    if (cmd === clusterCommand) handedOver.delete(ack)
  })
  const rescue = (): void => {
    if (handedOver.size === 0) return
    // As long as something is on its way to it, Node.js believes it connected, and would hand it the next one.
    worker.disconnect()
    const accepted = !hasOthers()
    for (const ack of handedOver) child.emit(internalMessage, { cmd: clusterCommand, ack, accepted })
  }
  worker.once('exit', () => setTimeout(rescue, lastWordsMs))
}
