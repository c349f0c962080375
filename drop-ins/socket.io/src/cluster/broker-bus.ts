import type { Broker, TopicSubscription } from 'bothways'
import { carriedAlone, useBroker } from 'bothways/broker'
import type { ClusterBus, ClusterMember, ClusterMembership, ClusterMessage } from './cluster-bus.ts'
import { fromText, toText } from './text-of-bytes.ts'

/** A broker that cannot be reached is asked again after so long, in ms. */
const retryMs = 1_000

/** No client can subscribe to topics with such names. */
const nameOf = (channel: string): string => `\u0001socket.io ${channel}`

interface Letter {
  readonly from: string
  readonly message: ClusterMessage
}

/** @throws Error for a message that no server has written: others may publish in the broker, too */
function readLetter(text: string): Letter {
  const { from, message } = (fromText(text) ?? {}) as Partial<Letter>
  if (typeof from === 'string' && typeof message?.type === 'string') return { from, message }
  throw new Error('What came from the broker is no message of another server.')
}

/** Joins servers by a broker of topics: in memory, for workers of one machine, in Redis or in NATS. */
class BrokerBus implements ClusterBus {
  readonly #broker: Broker
  #isFailing = false

  constructor(broker: Broker) {
    this.#broker = broker
  }

  join(channel: string, member: ClusterMember): ClusterMembership {
    const stopUsing = useBroker(this.#broker)
    const [all, alone] = [nameOf(channel), nameOf(member.id)]
    const subscriptions: Promise<TopicSubscription | undefined>[] = []
    let isOver = false
    const receive = ({ data }: { readonly data: string }): void => {
      try {
        const { from, message } = readLetter(data)
        if (isOver) return
        if (from === member.id) member.onOwn?.(message)
        else member.onMessage(message)
      } catch (error) {
        // Nobody else who hears the broker is to suffer for it.
        warn(error)
      }
    }
    const events = { onPublication: receive, onJoined: ignore, onLeft: ignore, onRestored: ignore }
    const wanted = (): boolean => !isOver
    for (const topic of [all, alone]) {
      subscriptions.push(this.#persist(wanted, () => this.#broker.subscribe(topic, events)))
    }
    const joined = this.#persist(wanted, () => this.#broker.join(all, { client: member.id, data: null }))
    const members = async (): Promise<readonly string[]> => {
      await Promise.all([joined, ...subscriptions])
      return (await this.#broker.members(all)).map(({ client }) => client)
    }
    return {
      publish: (message, to) => {
        const data = toText({ from: member.id, message } satisfies Letter)
        void this.#publish(to === undefined ? all : nameOf(to), data)
      },
      memberCount: async () => (await members()).length,
      members,
      leave: async () => {
        isOver = true
        for (const subscription of subscriptions) void subscription.then(it => it?.unsubscribe())
        await this.#broker.leave(all, member.id).catch(ignore)
        await stopUsing(false)
      },
    }
  }

  async #publish(topic: string, data: string): Promise<void> {
    try {
      await this.#broker.publish({ ...carriedAlone, topic, data })
      this.#isFailing = false
    } catch (error) {
      this.#tell(error)
    }
  }

  /** Until the broker takes it, or nobody wants it any more. */
  async #persist<Result>(isWanted: () => boolean, work: () => Promise<Result>): Promise<Result | undefined> {
    while (isWanted()) {
      try {
        return await work()
      } catch (error) {
        this.#tell(error)
        await new Promise(resolve => setTimeout(resolve, retryMs).unref())
      }
    }
    return undefined
  }

  /** Once for each time that it is away: messages are lost one by one then. */
  #tell(error: unknown): void {
    if (!this.#isFailing) warn(error)
    this.#isFailing = true
  }
}

const buses = new WeakMap<Broker, ClusterBus>()

/** The bus that joins servers: the given one, or that of a broker, the same for all who name the broker. */
export function busOf(cluster: ClusterBus | Broker): ClusterBus {
  if (!('subscribe' in cluster)) return cluster
  let bus = buses.get(cluster)
  if (bus === undefined) {
    bus = new BrokerBus(cluster)
    buses.set(cluster, bus)
  }
  return bus
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}

function ignore(): void {}
