import type { Publication } from '../../connection/sending/publication.ts'
import type { Broker, BrokerEvents, History, Member, StoredPublication } from '../broker/broker.ts'
import type { Declaration } from '../declarations/topic-options.ts'
import {
  joinedMessage,
  leftMessage,
  memberCountMessage,
  membersMessage,
  PublicationMessage,
} from './messages.ts'
import type { Slots } from './slots.ts'
import type { Feed, Subscription } from './subscription.ts'

/** The part of a declaration that matters once somebody may subscribe. */
export type TopicKind = Pick<Declaration<never>, 'history' | 'hasPresence' | 'isState'>

/** More members than this are told by their number. */
export const mostMembersTold = 100

/** Numbers of members are told at most so often, in ms. */
const memberCountMs = 1000

/** A topic that somebody in this process subscribes to: the broker's events are given to each of them. */
export class LiveTopic implements BrokerEvents, Feed {
  readonly name: string
  readonly hasHistory: boolean
  readonly hasPresence: boolean
  readonly isState: boolean
  readonly onError: (error: unknown) => void
  readonly subscriptions: Set<Subscription> = new Set()
  readonly members: Map<string, Member> = new Map()
  /** Everything up to here was given to the live subscribers. */
  head = ''
  /** The value of a state topic. */
  newest: StoredPublication | undefined
  /** Resolves once everything behind the head will come. */
  readonly ready: Promise<void>
  readonly #broker: Broker
  readonly #replays: Slots
  readonly #reads = new Map<string, Promise<History>>()
  #unsubscribe: (() => void) | undefined
  #isRepairing = false
  /** Something came while the hole before it was being repaired: the history is read once more. */
  #hasMissed = false
  #isClosed = false
  #countTimer: NodeJS.Timeout | undefined
  #isCountDue = false
  /** There were so many members that only their number was told. */
  #isCrowd = false
  /** Members that came and, as undefined, went during each reading of all that is under way: the list that is read may be older. */
  #news: Set<Map<string, Member | undefined>> | undefined
  /** The encoding of what was published last, for those who are fed with it as well. */
  #last: { readonly publication: StoredPublication; readonly message: Publication } | undefined

  constructor(
    name: string,
    declaration: TopicKind,
    broker: Broker,
    replays: Slots,
    onError: (error: unknown) => void,
  ) {
    this.name = name
    this.hasHistory = declaration.history !== undefined
    this.hasPresence = declaration.hasPresence
    this.isState = declaration.isState
    this.onError = onError
    this.#broker = broker
    this.#replays = replays
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
      const newest = publications.at(-1)
      if (this.newest === undefined && newest?.position !== undefined) {
        this.newest = newest
        // It may have come behind that head; publications between are on their way, and older.
        this.head = newest.position
      }
    }
    if (this.hasPresence) {
      await this.#readMembers()
      this.#isCrowd = this.members.size > mostMembersTold
    }
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#countTimer)
    this.#unsubscribe?.()
  }

  /** Reads behind a position, the oldest first, and what there is when history has moved past it. */
  read(since: string, limit: number): Promise<History> {
    return this.readFrom(since, Number.MAX_SAFE_INTEGER, limit)
  }

  /** Reads; those who ask for the same at the same time share one reading of the broker. */
  readFrom(since: string | undefined, last: number, limit: number): Promise<History> {
    const asked = `${limit} ${last} ${since ?? ' '}`
    let reading = this.#reads.get(asked)
    if (reading === undefined) {
      reading = this.#replays
        .run(() => this.#broker.history({ topic: this.name, since, last, limit }))
        .finally(() => this.#reads.delete(asked))
      this.#reads.set(asked, reading)
    }
    return reading
  }

  messageOf(publication: StoredPublication): Publication {
    const last = this.#last
    if (last !== undefined && last.publication === publication) return last.message
    return new PublicationMessage(publication, this.isState)
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
    if (previous !== this.head && this.head !== '') void this.#repair()
    else this.#give(publication)
  }

  #give(publication: StoredPublication): void {
    const { position } = publication
    const message = new PublicationMessage(publication, this.isState)
    this.#last = { publication, message }
    if (position !== undefined) this.head = position
    if (this.isState) this.newest = publication
    for (const subscription of this.subscriptions) subscription.offer(message, position)
  }

  /** A hole, or something out of its order: the broker tells what is right. */
  async #repair(): Promise<void> {
    this.#isRepairing = true
    try {
      do this.#hasMissed = false
      while (!(this.isState ? await this.#readNewest() : await this.#readMissing()) || this.#hasMissed)
    } catch (error) {
      this.onError(error)
    } finally {
      this.#isRepairing = false
    }
  }

  /** Gives what is missing, or leaves everybody to find out by itself what has gone. @returns whether that is all */
  async #readMissing(): Promise<boolean> {
    const { publications, recovered, start, head } = await this.read(this.head, 1000)
    if (recovered === false) {
      this.head = start
      for (const subscription of this.subscriptions) subscription.fallBehind()
    }
    for (const publication of publications) this.#give(publication)
    // The same place under a newer name.
    if (recovered === true && publications.length === 0) this.head = head
    return this.head === head || publications.length === 0
  }

  async #readNewest(): Promise<boolean> {
    const { publications, head } = await this.#broker.history({ topic: this.name, last: 1, limit: 1 })
    const newest = publications.at(-1)
    if (newest === undefined) this.head = head
    else if (newest.position !== this.head) this.#give(newest)
    return true
  }

  /** The broker's head, asked now and then: finds a last publication that was lost. */
  compareHead(head: string): void {
    if (this.#isRepairing) this.#hasMissed = true
    else if (head !== this.head) void this.#repair()
  }

  async #readMembers(): Promise<void> {
    const news = new Map<string, Member | undefined>()
    this.#news ??= new Set()
    this.#news.add(news)
    try {
      const found = await this.#broker.members(this.name)
      this.members.clear()
      for (const member of found) this.members.set(member.client, member)
      for (const [client, member] of news) {
        if (member === undefined) this.members.delete(client)
        else this.members.set(client, member)
      }
    } finally {
      this.#news.delete(news)
    }
  }

  #noteNews(client: string, member: Member | undefined): void {
    for (const news of this.#news ?? []) news.set(client, member)
  }

  onJoined(topic: string, member: Member): void {
    this.#noteNews(member.client, member)
    this.members.set(member.client, member)
    this.#tellMembers(joinedMessage(topic, member))
  }

  onLeft(topic: string, client: string): void {
    this.#noteNews(client, undefined)
    if (this.members.delete(client)) this.#tellMembers(leftMessage(topic, client))
  }

  /** The broker was away: holes are looked for, and presence is told anew. */
  onRestored(): void {
    void this.#restore().catch(error => this.onError(error))
  }

  async #restore(): Promise<void> {
    if (this.hasHistory || this.isState) {
      const [head] = await this.#broker.heads([this.name])
      if (head !== undefined) this.compareHead(head)
    } else {
      for (const subscription of this.subscriptions) subscription.fallBehind()
    }
    if (!this.hasPresence) return
    await this.#readMembers()
    this.#tell(this.membersNow())
  }

  /** All who are there, or of very many their number. */
  membersNow(): Publication {
    this.#isCrowd = this.members.size > mostMembersTold
    return this.#isCrowd
      ? memberCountMessage(this.name, this.members.size)
      : membersMessage(this.name, [...this.members.values()])
  }

  #tell(message: Publication): void {
    for (const subscription of this.subscriptions) if (subscription.seesMembers) subscription.tell(message)
  }

  #tellMembers(message: Publication): void {
    if (!this.#isCrowd && this.members.size <= mostMembersTold) {
      this.#tell(message)
      return
    }
    this.#isCrowd = true
    this.#isCountDue = true
    this.#countTimer ??= setTimeout(() => {
      this.#countTimer = undefined
      if (this.#isCountDue) this.#tellCrowd()
    }, memberCountMs).unref()
  }

  /** Those who are few again are told by name once, and from then on one by one. */
  #tellCrowd(): void {
    this.#isCountDue = false
    this.#tell(this.membersNow())
  }
}
