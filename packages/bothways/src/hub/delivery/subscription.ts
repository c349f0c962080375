import type { Sink } from '../../connection/channel.ts'
import type { Publication } from '../../connection/sending/publication.ts'
import type { History, StoredPublication } from '../broker/broker.ts'
import { GapMessage } from './messages.ts'

/** The part of a topic that its subscriptions use. */
export interface Feed {
  readonly name: string
  readonly hasHistory: boolean
  readonly isState: boolean
  /** Everything up to here was given to the live subscribers. */
  readonly head: string
  /** The value of a state topic. */
  readonly newest: StoredPublication | undefined
  read(since: string, limit: number): Promise<History>
  messageOf(publication: StoredPublication): Publication
  membersNow(): Publication
  onError(error: unknown): void
}

/** How many publications are read from history and sent before others have their turn. */
const pageSize = 100

/** How soon a broker that failed, or has not got what its head promises, is asked again, in ms. */
const retryMs = 500

/**
 * One subscriber of one topic. It is either live, and is given what is published as it comes, or behind: then nothing waits
 * for it here but its position, and it is fed from history as it reads. A subscriber that resumes begins behind.
 *
 * A state topic has its newest value in place of a history, and a topic without history loses what does not fit, and says so.
 */
export class Subscription {
  readonly topic: Feed
  /** `queued` and `refused`: it reads slower than we send; {@link goOn} is called when there is room. */
  readonly sink: Sink
  /** Sees who joins and leaves. */
  readonly seesMembers: boolean
  /** The last that was handed to the sink. Undefined in a topic without history. */
  #position: string | undefined
  #isLive = false
  #isFeeding = false
  /** Room was made while it was being fed. */
  #hasMoreRoom = false
  #hasLost = false
  /** The sink is not to be told of presence before it has room. */
  #isFull = false
  #hasLostMembers = false
  /** Messages of the members that came and went since it was made; told once it has started. */
  #early: Publication[] | undefined
  #hasStarted = false
  #isEnded = false

  constructor(topic: Feed, sink: Sink, seesMembers: boolean) {
    this.topic = topic
    this.sink = sink
    this.seesMembers = seesMembers
  }

  /** Where it is to begin. */
  beginAt(position: string | undefined): void {
    this.#position = position
    this.#early = []
  }

  /** Begins to deliver. */
  start(): void {
    this.#hasStarted = true
    for (const message of this.#early ?? []) this.tell(message)
    this.#early = undefined
    this.#isLive = !this.topic.hasHistory && !this.topic.isState
    if (!this.#isLive) void this.#feed()
  }

  end(): void {
    this.#isEnded = true
  }

  /** A publication that has just come, with the position before it. */
  offer(message: Publication, position: string | undefined): void {
    if (!this.#isLive) {
      this.#lose()
      return
    }
    const outcome = this.sink.sendShared(message)
    if (outcome !== 'refused') this.#position = position
    if (outcome === 'sent') return
    this.#isLive = false
    this.#hasLost = outcome === 'refused'
  }

  /** A publication that comes while it is behind is lost where there is no history. */
  #lose(): void {
    if (this.#hasStarted && !this.topic.hasHistory && !this.topic.isState) this.#hasLost = true
  }

  /** Presence. In place of news that do not fit the whole list is told, once there is room. */
  tell(message: Publication): void {
    if (this.#isEnded) return
    if (!this.#hasStarted) this.#early?.push(message)
    else if (this.#isFull || !this.#tellNow(message)) this.#hasLostMembers = true
  }

  #tellNow(message: Publication): boolean {
    const outcome = this.sink.sendShared(message)
    this.#isFull = outcome !== 'sent'
    return outcome !== 'refused'
  }

  /** Publications were lost for everybody: those that are kept are read, and a gap is told where some are not. */
  fallBehind(): void {
    if (!this.#isLive) {
      this.#lose()
      return
    }
    this.#isLive = false
    this.#hasLost = true
    void this.#feed()
  }

  /** There is room at the sink. */
  goOn(): void {
    if (this.#isEnded) return
    this.#isFull = false
    if (this.#hasLostMembers) {
      this.#hasLostMembers = !this.#tellNow(this.topic.membersNow())
      if (this.#hasLostMembers) return
    }
    if (!this.#isLive) void this.#feed()
  }

  async #feed(): Promise<void> {
    this.#hasMoreRoom = true
    if (this.#isFeeding) return
    this.#isFeeding = true
    try {
      while (this.#hasMoreRoom && !this.#isLive && !this.#isEnded) await this.#feedOnce()
    } catch (error) {
      this.topic.onError(error)
      // The broker is away: asked again, not for ever at once.
      setTimeout(() => this.goOn(), retryMs).unref()
    } finally {
      this.#isFeeding = false
    }
  }

  async #feedOnce(): Promise<void> {
    this.#hasMoreRoom = false
    if (this.topic.isState) this.#sendNewest()
    else if (!this.topic.hasHistory) this.#resumeWithLoss()
    else await this.#feedFromHistory()
  }

  async #feedFromHistory(): Promise<void> {
    let emptyReads = 0
    while (!this.#isEnded) {
      const since = this.#position as string
      if (since === this.topic.head) {
        this.#isLive = true
        return
      }
      const { publications, recovered, start } = await this.topic.read(since, pageSize)
      if (this.#isEnded) return
      if (recovered === false) {
        if (this.sink.sendShared(new GapMessage(this.topic.name, start)) === 'refused') return
        this.#position = start
      }
      for (const publication of publications) {
        const outcome = this.sink.sendShared(this.topic.messageOf(publication))
        if (outcome === 'refused') return
        this.#position = publication.position
        if (outcome === 'queued') return
      }
      emptyReads = publications.length > 0 || recovered === false ? 0 : emptyReads + 1
      await new Promise(resolve => {
        // Once: the history that was read may be older than the head. Again: the broker has not got what its head promises.
        if (emptyReads < 3) setImmediate(resolve)
        else setTimeout(resolve, retryMs)
      })
    }
  }

  #sendNewest(): void {
    const { newest, head } = this.topic
    if (newest !== undefined && newest.position !== this.#position) {
      const outcome = this.sink.sendShared(this.topic.messageOf(newest))
      if (outcome === 'refused') return
      this.#position = newest.position
      if (outcome === 'queued') return
    }
    this.#isLive = this.#position === newest?.position || head === this.#position
    if (newest === undefined) this.#isLive = true
  }

  #resumeWithLoss(): void {
    if (this.#hasLost && this.sink.sendShared(new GapMessage(this.topic.name, undefined)) === 'refused')
      return
    this.#hasLost = false
    this.#isLive = true
  }
}
