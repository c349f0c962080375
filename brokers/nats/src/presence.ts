import type { Member } from 'bothways'
import { newEpoch } from 'bothways/broker'
import type { JetStream } from './jetstream.ts'
import { ensureStream } from './streams.ts'
import { readPresence, wordOf } from './wire.ts'

/** A process that has not renewed its lease for so long is dead, and its members leave. Leases are renewed, and looked at, each `renewMs`. */
const leaseMs = 35_000
export const renewMs = 10_000

const presenceBytes = 256 * 1024 * 1024

interface Joined {
  readonly member: Member
  /** When it came first, for the order in which members are told. */
  readonly since: number
  /** Of what is stored of it; undefined until it is. */
  seq: number | undefined
}

/** A member as it is stored and carried. */
export interface Present {
  readonly member: Member
  readonly since: number
  readonly process: string
}

/**
 * All members, in a key-value bucket (https://github.com/nats-io/nats-architecture-and-design, ADR-8): a key for each
 * member, and one for each process, whose age is its lease. All times are those of the server.
 */
export class Presence {
  /** This one, among all that have members. */
  readonly process: string = newEpoch()
  readonly #jetStream: JetStream
  readonly #bucket: string
  readonly #replicas: number
  readonly #mine = new Map<string, Map<string, Joined>>()
  /** Calls for one member take effect one after the other. */
  readonly #tails = new Map<string, Promise<void>>()
  /** Members that have left while NATS did not answer: their stored entries go later. By topic and client. */
  readonly #leaving = new Map<string, readonly [topic: string, client: string]>()
  #renewedMs = Number.NEGATIVE_INFINITY
  /** It was believed dead, and its members are not stored again yet. */
  #wasDead = false
  #lastSince = 0

  constructor(
    jetStream: JetStream,
    { prefix, replicas }: { readonly prefix: string; readonly replicas: number },
  ) {
    this.#jetStream = jetStream
    this.#bucket = `${prefix}-presence`
    this.#replicas = replicas
  }

  async prepare(): Promise<void> {
    await ensureStream(this.#jetStream, {
      name: `KV_${this.#bucket}`,
      subjects: [`$KV.${this.#bucket}.>`],
      storage: 'memory',
      max_msgs_per_subject: 1,
      max_age: 0,
      max_bytes: presenceBytes,
      duplicate_window: 120 * 1e9,
      discard: 'new',
      allow_rollup_hdrs: true,
      num_replicas: this.#replicas,
    })
  }

  /** @returns the member as it is to be carried */
  async join(topic: string, member: Member): Promise<Present> {
    const members = this.#mine.get(topic) ?? new Map<string, Joined>()
    this.#mine.set(topic, members)
    const since = members.get(member.client)?.since ?? this.#nextSince()
    const joined: Joined = { member, since, seq: undefined }
    members.set(member.client, joined)
    await this.#inTurn(topic, member.client, () => this.#put(topic, joined))
    return { member, since, process: this.process }
  }

  /** @returns whether it was there, by this process */
  async leave(topic: string, client: string): Promise<boolean> {
    const members = this.#mine.get(topic)
    const joined = members?.get(client)
    if (members === undefined || joined === undefined) return false
    members.delete(client)
    if (members.size === 0) this.#mine.delete(topic)
    await this.#inTurn(topic, client, async () => {
      try {
        if (joined.seq !== undefined) await this.#jetStream.remove(this.#stream, joined.seq)
        // It may be stored without an answer.
        else await this.#erase(topic, client)
      } catch (error) {
        this.#leaving.set(nameOf(topic, client), [topic, client])
        throw error
      }
    })
    return true
  }

  /** All members, of any process, in the order in which they came. */
  async members(topic: string): Promise<Present[]> {
    const found = await this.#jetStream.read(
      this.#stream,
      this.#key('member', wordOf(topic), '*', '*'),
      'each newest',
      (pending, next) => next(pending),
    )
    return found
      .filter(({ data }) => readPresence(data)?.member !== undefined)
      .map(({ data }) => JSON.parse(data) as Present)
      .filter(({ since, process }) => Number.isFinite(since) && typeof process === 'string')
      .sort((one, other) => one.since - other.since)
  }

  /**
   * Renews this process's lease, and ends those of the dead.
   *
   * @returns the processes that live; and of this one, the members to be carried again since it was believed dead, and those that
   *   have gone while NATS did not answer
   */
  async renew(): Promise<{
    readonly living: ReadonlySet<string>
    readonly again: readonly [string, Present][]
    readonly gone: readonly (readonly [topic: string, client: string])[]
  }> {
    const lease = this.#key('lease', this.process)
    const isLate = performance.now() - this.#renewedMs > leaseMs
    // Another process has ended it, or may be about to.
    if (isLate || (await this.#jetStream.last(this.#stream, lease)) === undefined) this.#wasDead = true
    await this.#jetStream.publish(lease, String(Date.now()), this.process)
    this.#renewedMs = performance.now()
    const leases = await this.#jetStream.read(
      this.#stream,
      this.#key('lease', '*'),
      'each newest',
      (pending, next) => next(pending),
    )
    const own = leases.find(({ subject }) => subject === lease)
    const living = new Set<string>()
    for (const { subject, storedMs } of leases) {
      const process = subject.slice(subject.lastIndexOf('.') + 1)
      if (own === undefined || own.storedMs - storedMs < leaseMs) living.add(process)
      else await this.#bury(process)
    }
    const gone = await this.#leaveLater()
    const again = this.#wasDead ? await this.again() : []
    this.#wasDead = false
    return { living, again, gone }
  }

  async #leaveLater(): Promise<(readonly [topic: string, client: string])[]> {
    const gone: (readonly [topic: string, client: string])[] = []
    for (const [name, left] of this.#leaving) {
      await this.#inTurn(...left, async () => {
        const [topic, client] = left
        const isBack = this.#mine.get(topic)?.has(client) === true
        if (!isBack) await this.#erase(topic, client)
        this.#leaving.delete(name)
        if (!isBack) gone.push(left)
      })
    }
    return gone
  }

  /** Everything of this process is stored once more. */
  async again(): Promise<[string, Present][]> {
    const all = [...this.#mine].flatMap(([topic, members]) =>
      Array.from(members.values(), joined => [topic, joined] as const),
    )
    for (const [topic, joined] of all) {
      await this.#inTurn(topic, joined.member.client, async () => {
        if (this.#mine.get(topic)?.get(joined.member.client) === joined) await this.#put(topic, joined)
      })
    }
    return all.map(([topic, { member, since }]) => [topic, { member, since, process: this.process }])
  }

  /** The members of this process leave, as far as NATS is there. */
  async close(): Promise<void> {
    if (this.#mine.size > 0) await this.#bury(this.process)
    else await this.#jetStream.purge(this.#stream, this.#key('lease', this.process))
    this.#mine.clear()
  }

  async #erase(topic: string, client: string): Promise<void> {
    await this.#jetStream.purge(this.#stream, this.#keyOf(topic, client))
  }

  async #bury(process: string): Promise<void> {
    await this.#jetStream.purge(this.#stream, this.#key('member', '*', process, '*'))
    await this.#jetStream.purge(this.#stream, this.#key('lease', process))
  }

  async #put(topic: string, joined: Joined): Promise<void> {
    const { member, since } = joined
    const present: Present = { member, since, process: this.process }
    const key = this.#keyOf(topic, member.client)
    joined.seq = (await this.#jetStream.publish(key, JSON.stringify(present), this.process))?.seq
  }

  async #inTurn(topic: string, client: string, work: () => Promise<void>): Promise<void> {
    const name = nameOf(topic, client)
    const turn = (this.#tails.get(name) ?? Promise.resolve()).catch(() => undefined).then(work)
    this.#tails.set(name, turn)
    try {
      await turn
    } finally {
      if (this.#tails.get(name) === turn) this.#tails.delete(name)
    }
  }

  #nextSince(): number {
    this.#lastSince = Math.max(this.#lastSince + 1, Date.now() * 1000)
    return this.#lastSince
  }

  get #stream(): string {
    return `KV_${this.#bucket}`
  }

  #keyOf(topic: string, client: string): string {
    return this.#key('member', wordOf(topic), this.process, wordOf(client))
  }

  #key(...words: string[]): string {
    return `$KV.${this.#bucket}.${words.join('.')}`
  }
}

function nameOf(topic: string, client: string): string {
  return `${topic}\0${client}`
}
