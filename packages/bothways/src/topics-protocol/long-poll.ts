import type { Publication } from '../connection/sending/publication.ts'
import type { History } from '../hub/broker/broker.ts'
import { GapMessage, publicationText } from '../hub/delivery/messages.ts'
import type { Subscription } from '../hub/delivery/subscription.ts'
import type { Hub } from '../hub/hub.ts'
import { CursorFormat } from './cursor.ts'

/** The answer of a poll. */
export interface Polled {
  /** As JSON texts. */
  readonly messages: readonly string[]
  readonly since: string
  readonly recovered: boolean
  /** The position of each topic now, without those that keep nothing. */
  readonly positions: Readonly<Record<string, string>>
  /** Topics whose history has moved past where the client stood. */
  readonly unrecovered: readonly string[]
}

const maxMessages = 100
const maxBytes = 256 * 1024
/** The room that the gaps of all topics may take in an answer. */
const gapBytes = 16 * 1024

/** A publication that has a position, as an answer has it. */
interface Kept {
  readonly topic: string
  readonly position: string
  readonly text: string
}

/** The messages and bytes that an answer may still have; one message fits always. */
class Room {
  readonly #mostCount: number
  readonly #mostBytes: number
  #count = 0
  #bytes = 0

  constructor(mostCount: number, mostBytes: number) {
    this.#mostCount = mostCount
    this.#mostBytes = mostBytes
  }

  take(text: string): boolean {
    const bytes = Buffer.byteLength(text) + 1
    const isFull = this.#count >= this.#mostCount || this.#bytes + bytes > this.#mostBytes
    if (isFull && this.#count > 0) return false
    this.#count++
    this.#bytes += bytes
    return true
  }
}

/** One poll: the publications behind its cursor, and news of those that come while it waits. It reads from history, always. */
export class LongPoll<User> {
  readonly #hub: Hub<User>
  readonly #user: User
  readonly #topics: readonly string[]
  readonly #format: CursorFormat
  readonly #subscriptions: Subscription[] = []
  /** Publications that came in topics without history while it waited, and topics with more than an answer may have, or with losses. */
  #unkept: string[] = []
  #unkeptRoom: Room
  readonly #overflown = new Set<string>()
  /** Resolves at the first news. */
  readonly news: Promise<void>
  #tell: (() => void) | undefined
  #isEnded = false

  constructor(hub: Hub<User>, user: User, topics: readonly string[]) {
    this.#hub = hub
    this.#user = user
    this.#topics = topics
    this.#format = new CursorFormat(topics)
    this.#unkeptRoom = this.#roomBesideGaps()
    this.news = new Promise(resolve => {
      this.#tell = resolve
    })
  }

  /** Reads the publications behind the cursor, as many as an answer may have; its cursor covers exactly those. */
  async read(
    since: string | ReadonlyMap<string, string> | undefined,
    lastOf: (topic: string) => number,
  ): Promise<Polled> {
    const cursor = typeof since === 'string' ? this.#format.read(since) : since
    const isStale = since !== undefined && cursor === undefined
    const positions = new Map<string, string>()
    const kept: Kept[] = []
    const unrecovered: string[] = []
    const room = new Room(maxMessages, maxBytes)
    for (const topic of this.#topics) {
      const kind = this.#hub.kindOf(topic)
      if (kind === 'nothing') continue
      const from = cursor?.get(topic)
      // A client that says where it stands wants the newest value of a state, however many it has missed.
      const last = kind === 'state' && since !== undefined ? 1 : lastOf(topic)
      const found = await this.#readTopic(topic, kind, from, last, maxMessages - kept.length)
      if (isStale || found.recovered === false) unrecovered.push(topic)
      positions.set(topic, found.start)
      for (const publication of found.publications) {
        const text = publicationText(publication, kind === 'state')
        if (!room.take(text)) break
        kept.push({ topic, position: publication.position as string, text })
      }
    }
    const messages = this.#takeUnkept()
    const left = new Room(maxMessages, maxBytes)
    for (const text of messages) left.take(text)
    // A message with a position waits for the next answer, if need be; one without would be lost.
    for (const { topic, position, text } of kept) {
      if (!left.take(text)) break
      messages.push(text)
      positions.set(topic, position)
    }
    return {
      messages,
      since: this.#format.write(positions),
      recovered: unrecovered.length === 0,
      positions: Object.fromEntries(positions),
      unrecovered,
    }
  }

  #roomBesideGaps(): Room {
    return new Room(maxMessages - this.#topics.length, maxBytes - gapBytes)
  }

  /** Then a gap for each topic of which more has come, or something was lost on the way. */
  #takeUnkept(): string[] {
    const gaps = Array.from(this.#overflown, topic => new GapMessage(topic, undefined).data as string)
    const texts = [...this.#unkept, ...gaps]
    this.#unkept = []
    this.#unkeptRoom = this.#roomBesideGaps()
    this.#overflown.clear()
    return texts
  }

  #keep(topic: string, text: string): void {
    if (this.#overflown.has(topic) || !this.#unkeptRoom.take(text)) this.#overflown.add(topic)
    else this.#unkept.push(text)
  }

  async #readTopic(
    topic: string,
    kind: 'history' | 'state',
    from: string | undefined,
    last: number,
    room: number,
  ): Promise<History> {
    if (kind === 'history') {
      return await this.#hub.historyAs(this.#user, topic, { since: from, last, limit: Math.max(1, room) })
    }
    const found = await this.#hub.historyAs(this.#user, topic, { last: 1, limit: 1 })
    const isWanted = from === undefined ? last > 0 : from !== found.head
    return isWanted ? found : { ...found, publications: [], start: from ?? found.head }
  }

  /** From here on {@link news} tells of publications. */
  async listen(): Promise<void> {
    await Promise.all(this.#topics.map(topic => this.#listenTo(topic)))
  }

  async #listenTo(topic: string): Promise<void> {
    const sink = {
      sendShared: (message: Publication) => {
        const value = JSON.parse(message.data as string) as { type: string; position?: string }
        if (value.position === undefined) {
          if (value.type === 'publication') this.#keep(topic, message.data as string)
          else if (value.type === 'gap') this.#overflown.add(topic)
        }
        if (value.type === 'publication' || value.type === 'gap') this.#tell?.()
        // The value that there is already is no news: a state topic is looked at by what is behind the cursor.
        if (value.type === 'state' && isListening) this.#tell?.()
        return 'sent' as const
      },
    }
    let isListening = false
    const { subscription } = await this.#hub.subscribeAs(this.#user, topic, sink)
    if (this.#isEnded) {
      this.#hub.unsubscribe(subscription, undefined)
      return
    }
    this.#subscriptions.push(subscription)
    subscription.start()
    isListening = true
  }

  end(): void {
    this.#isEnded = true
    for (const subscription of this.#subscriptions) this.#hub.unsubscribe(subscription, undefined)
  }
}
