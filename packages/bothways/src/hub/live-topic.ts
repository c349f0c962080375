import type { Publication } from '../connection/sending/publication.ts'
import type { Broker, BrokerEvents, History, Member, StoredPublication } from './broker.ts'
import {
  joinedMessage,
  leftMessage,
  memberCountMessage,
  publicationMessage,
  stateMessage,
} from './messages.ts'
import type { Feed, Subscription } from './subscription.ts'
import type { Declaration } from './topic-options.ts'

/** What of a declaration matters once somebody may subscribe. */
type TopicKind = Pick<Declaration<never>, 'history' | 'hasPresence' | 'isState'>

/** More members than this are told by their number. */
export const mostMembersTold = 100

/** Numbers of members are told at most so often, in ms. */
const memberCountMs = 1000

/** A topic that somebody in this process subscribes to: what comes from the broker is given to each of them. */
export class LiveTopic implements BrokerEvents, Feed {
  readonly name: string
  readonly hasHistory: boolean
  readonly hasPresence: boolean
  readonly isState: boolean
  readonly onError: (error: unknown) => void
  readonly subscriptions: Set<Subscription> = new Set()
  readonly members: Map<string, Member> = new Map()
  /** Everything up to here was given to whoever is live. */
  head = ''
  /** Of a state topic: its value. */
  newest: StoredPublication | undefined
  /** Resolves once everything behind the head will come. */
  readonly ready: Promise<void>
  readonly #broker: Broker
  readonly #reads = new Map<string, Promise<History>>()
  #unsubscribe: (() => void) | undefined
  #isRepairing = false
  /** Something came while the hole before it was being repaired: the history is read once more. */
  #hasMissed = false
  #isClosed = false
  #countTimer: NodeJS.Timeout | undefined
  #isCountDue = false
  /** The encoding of what was published last, for those who are fed with it as well. */
  #last: { readonly publication: StoredPublication; readonly message: Publication } | undefined

  constructor(name: string, declaration: TopicKind, broker: Broker, onError: (error: unknown) => void) {
    this.name = name
    this.hasHistory = declaration.history !== undefined
    this.hasPresence = declaration.hasPresence
    this.isState = declaration.isState
    this.onError = onError
    this.#broker = broker
    this.ready = this.#open()
  }

  async #open(): Promise<void> {
    const { head, unsubscribe } = await this.#broker.subscribe(this.name, this)
    if (this.#isClosed) {
      unsubscribe()
      return
    }
    this.#unsubscribe = unsubscribe
    if (this.head === '') this.head = head
    if (this.isState) {
      const { publications } = await this.#broker.history({ topic: this.name, last: 1, limit: 1 })
      this.newest ??= publications.at(-1)
    }
    if (this.hasPresence) {
      for (const member of await this.#broker.members(this.name)) this.members.set(member.client, member)
    }
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#countTimer)
    this.#unsubscribe?.()
  }

  /** Reads behind a position; those who ask for the same at the same time share one reading of the broker. */
  read(since: string, limit: number): Promise<History> {
    let reading = this.#reads.get(since)
    if (reading === undefined) {
      reading = this.#broker
        .history({ topic: this.name, since, last: Number.MAX_SAFE_INTEGER, limit })
        .finally(() => this.#reads.delete(since))
      this.#reads.set(since, reading)
    }
    return reading
  }

  messageOf(publication: StoredPublication): Publication {
    const last = this.#last
    if (last !== undefined && last.publication === publication) return last.message
    return this.isState ? stateMessage(publication) : publicationMessage(publication)
  }

  onPublication(publication: StoredPublication): void {
    const { position, previous } = publication
    if (position === undefined) {
      this.#give(publication)
      return
    }
    if (this.#isRepairing) {
      this.#hasMissed = true
      return
    }
    if (position === this.head) return
    if (this.isState) {
      this.newest = publication
    } else if (previous !== this.head && this.head !== '') {
      void this.#repair()
      return
    }
    this.#give(publication)
  }

  #give(publication: StoredPublication): void {
    const { position } = publication
    const message = this.isState ? stateMessage(publication) : publicationMessage(publication)
    this.#last = { publication, message }
    if (position !== undefined) this.head = position
    for (const subscription of this.subscriptions) subscription.offer(message, position)
  }

  /** A hole: what is missing is read from history, or everybody is told of the gap. */
  async #repair(): Promise<void> {
    this.#isRepairing = true
    try {
      for (;;) {
        this.#hasMissed = false
        const { publications, recovered, start, head } = await this.read(this.head, 1000)
        if (recovered === false) {
          this.head = start
          for (const subscription of this.subscriptions) subscription.tellGap(start)
        }
        for (const publication of publications) this.#give(publication)
        if (!this.#hasMissed && (this.head === head || publications.length === 0)) return
      }
    } catch (error) {
      this.onError(error)
    } finally {
      this.#isRepairing = false
    }
  }

  /** The broker's head, asked now and then: finds a last publication that was lost. */
  compareHead(head: string): void {
    if (head === this.head || this.#isRepairing) return
    if (this.hasHistory) void this.#repair()
    else if (this.isState) void this.#readNewest()
  }

  async #readNewest(): Promise<void> {
    try {
      const { publications } = await this.#broker.history({ topic: this.name, last: 1, limit: 1 })
      const newest = publications.at(-1)
      if (newest !== undefined) this.onPublication(newest)
    } catch (error) {
      this.onError(error)
    }
  }

  onJoined(topic: string, member: Member): void {
    this.members.set(member.client, member)
    this.#tellMembers(joinedMessage(topic, member))
  }

  onLeft(topic: string, client: string): void {
    if (this.members.delete(client)) this.#tellMembers(leftMessage(topic, client))
  }

  #tellMembers(message: Publication): void {
    if (this.members.size <= mostMembersTold) {
      for (const subscription of this.subscriptions) if (subscription.seesMembers) subscription.tell(message)
      return
    }
    this.#isCountDue = true
    this.#countTimer ??= setTimeout(() => {
      this.#countTimer = undefined
      if (this.#isCountDue) this.#tellCount()
    }, memberCountMs).unref()
  }

  #tellCount(): void {
    this.#isCountDue = false
    const message = memberCountMessage(this.name, this.members.size)
    for (const subscription of this.subscriptions) if (subscription.seesMembers) subscription.tell(message)
  }
}
