import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { Sink } from '../../connection/channel.ts'
import { messageBytes } from '../../connection/message-data.ts'
import { FanOut } from '../../connection/sending/fan-out.ts'
import { Publication } from '../../connection/sending/publication.ts'
import { type Broker, carriedAlone } from '../../hub/broker/broker.ts'
import { useBroker } from '../../hub/broker/broker-use.ts'
import type { ServerCounts } from '../counts.ts'
import { Topics } from './topics.ts'

/** A broker that cannot be reached is asked again after so long, in ms. */
const retryMs = 1_000

/** No client of topics of a hub can have topics with such names. */
const nameOf = (topic: string): string => `\u0001plain ${topic}`

interface Letter {
  readonly from: string
  readonly text?: string
  /** In base64. */
  readonly bytes?: string
}

/** @throws Error for a text that no server has written: others may publish in the broker, too */
function readLetter(text: string): Letter {
  const letter = JSON.parse(text) as Partial<Letter> | null
  const { from, text: said, bytes } = letter ?? {}
  if (typeof from === 'string' && typeof (said ?? bytes) === 'string') return letter as Letter
  throw new Error('What came from the broker is no message of another server.')
}

/** A topic that somebody subscribes to here. */
interface Following {
  isOver: boolean
  end(): void
}

/**
 * Topics that other processes have too: a message published here goes to the subscribers here at once, and by the broker to
 * the other processes, at most once, the messages of one process in their order.
 */
class SharedTopics extends Topics<Publication> {
  readonly #process = randomBytes(9).toString('base64url')
  readonly #broker: Broker
  readonly #onError: (error: unknown) => void
  readonly #followed = new Map<string, Following>()
  readonly #stopUsing: (givesUp: boolean) => Promise<void>

  constructor(newFanOut: (size: number) => FanOut, broker: Broker, onError: (error: unknown) => void) {
    super(newFanOut)
    this.#broker = broker
    this.#onError = onError
    this.#stopUsing = useBroker(broker)
  }

  override async close(): Promise<void> {
    for (const topic of [...this.#followed.keys()]) this.ended(topic)
    await this.#stopUsing(false)
  }

  override publish(topic: string, publication: Publication, except?: Sink | ReadonlySet<Sink>): number {
    const { data } = publication
    const letter: Letter =
      typeof data === 'string'
        ? { from: this.#process, text: data }
        : { from: this.#process, bytes: messageBytes(data).toString('base64') }
    this.#broker
      .publish({ ...carriedAlone, topic: nameOf(topic), data: JSON.stringify(letter) })
      .catch(error => this.#onError(error))
    return this.deliver(topic, publication, except)
  }

  protected override began(topic: string): void {
    const following: Following = { isOver: false, end: ignore }
    this.#followed.set(topic, following)
    void this.#follow(topic, following)
  }

  protected override ended(topic: string): void {
    const following = this.#followed.get(topic)
    this.#followed.delete(topic)
    if (following === undefined) return
    following.isOver = true
    following.end()
  }

  async #follow(topic: string, following: Following): Promise<void> {
    const onPublication = ({ data }: { readonly data: string }): void => {
      if (!following.isOver) this.#hear(topic, data)
    }
    const events = { onPublication, onJoined: ignore, onLeft: ignore, onRestored: ignore }
    let isTold = false
    // A subscriber that thinks better of it at once costs nothing.
    await undefined
    while (!following.isOver) {
      try {
        const { unsubscribe } = await this.#broker.subscribe(nameOf(topic), events)
        if (following.isOver) unsubscribe()
        else following.end = unsubscribe
        return
      } catch (error) {
        if (!isTold) this.#onError(error)
        isTold = true
        await new Promise(resolve => setTimeout(resolve, retryMs).unref())
      }
    }
  }

  #hear(topic: string, data: string): void {
    try {
      const { from, text, bytes = '' } = readLetter(data)
      if (from !== this.#process) this.deliver(topic, new Publication(text ?? Buffer.from(bytes, 'base64')))
    } catch (error) {
      this.#onError(error)
    }
  }
}

/** The plain topics of a server. Messages sent to several sockets at once are counted in `counts`. */
export function topicsOf(
  {
    broker,
    onError,
  }: {
    readonly broker: Broker | undefined
    onError(error: unknown, socket: undefined): void
  },
  counts: ServerCounts,
): Topics<Publication> {
  const onSent = (count: number, bytes: number): void => {
    counts.messagesSent += count
    counts.bytesSent += count * bytes
  }
  const newFanOut = (size: number): FanOut => new FanOut(size, onSent)
  if (broker === undefined) return new Topics(newFanOut)
  return new SharedTopics(newFanOut, broker, error => onError(error, undefined))
}

function ignore(): void {}
