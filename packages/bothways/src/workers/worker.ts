import { UsageError } from '@bothways/protocol'
import type { Broker } from '../hub/broker/broker.ts'
import { ChannelBroker } from './channel-broker.ts'
import { nodeCluster } from './cluster.ts'
import type { Answer, Call } from './messages.ts'
import { ProcessChannel } from './process-channel.ts'

/** The variable of the environment by which the primary tells a worker how long its broker remembers keys, in ms. */
export const keyWindowVariable = 'BOTHWAYS_KEY_WINDOW_MS'

let broker: ChannelBroker | undefined

/**
 * The primary's broker, for the hub of a worker: the clients of all workers hear the messages that those of one publish.
 *
 * @throws UsageError `BW_WRONG_PROCESS` in a process that {@link startWorkers} has not started
 *
 * @example
 * const hub = createHub({ topics, broker: workerBroker() })
 */
export function workerBroker(): Broker {
  if (broker !== undefined) return broker
  const keyWindowMs = Number(process.env[keyWindowVariable])
  if (!nodeCluster().isWorker || !(keyWindowMs > 0)) {
    throw new UsageError(
      'BW_WRONG_PROCESS',
      'workerBroker() is for processes that startWorkers() has started; elsewhere leave the option broker out.',
    )
  }
  const channel = new ProcessChannel<Answer, Call>(
    process,
    answer => made.receive(answer),
    () => {},
  )
  const made = new ChannelBroker(channel, keyWindowMs)
  broker = made
  process.once('disconnect', () => made.leaveAlone())
  return made
}
