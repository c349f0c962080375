import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { Sink } from '../connection/channel.ts'
import { messageBytes } from '../connection/message-data.ts'
import { Publication } from '../connection/sending/publication.ts'
import type { Broker, TopicSubscription } from '../hub/broker.ts'
import { Topics } from '../hub/topics.ts'

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

/**
 * Topics that other processes have too: what is published here goes to those who subscribe here at once, and by the broker to the
 * others, at most once, what one process publishes in its order.
 */
class SharedTopics extends Topics<Publication> {
  readonly #process = randomBytes(9).toString('base64url')
  readonly #broker: Broker
  readonly #onError: (error: unknown) => void
  /** Of topics that somebody subscribes to here. */
  readonly #followed = new Map<string, Promise<TopicSubscription | undefined>>()

  constructor(broker: Broker, onError: (error: unknown) => void) {
    super()
    this.#broker = broker
    this.#onError = onError
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
    this.#followed.set(topic, this.#follow(topic))
  }

  protected override ended(topic: string): void {
    const following = this.#followed.get(topic)
    this.#followed.delete(topic)
    void following?.then(subscription => subscription?.unsubscribe())
  }

  async #follow(topic: string): Promise<TopicSubscription | undefined> {
    const onPublication = ({ data }: { readonly data: string }): void => {
      const { from, text, bytes = '' } = JSON.parse(data) as Letter
      if (from === this.#process) return
      this.deliver(topic, new Publication(text ?? Buffer.from(bytes, 'base64')))
    }
    const events = { onPublication, onJoined: ignore, onLeft: ignore, onRestored: ignore }
    let isTold = false
    // Its name is there by then, and as long as it is wanted.
    await undefined
    const mine = this.#followed.get(topic)
    while (this.#followed.get(topic) === mine) {
      try {
        return await this.#broker.subscribe(nameOf(topic), events)
      } catch (error) {
        if (!isTold) this.#onError(error)
        isTold = true
        await new Promise(resolve => setTimeout(resolve, retryMs).unref())
      }
    }
    return undefined
  }
}

/** The plain topics of a server. */
export function topicsOf({
  broker,
  onError,
}: {
  readonly broker: Broker | undefined
  onError(error: unknown, socket: undefined): void
}): Topics<Publication> {
  return broker === undefined ? new Topics() : new SharedTopics(broker, error => onError(error, undefined))
}

const carriedAlone = {
  user: undefined,
  history: undefined,
  isState: false,
  key: undefined,
  ifPosition: undefined,
} as const

function ignore(): void {}
