import { createHash } from 'node:crypto'
import type {
  History,
  HistoryPolicy,
  HistoryRequest,
  HubCode,
  PublishRequest,
  StoredPublication,
} from 'bothways'
import { fingerprintOf, newCheck, newEpoch, readPosition, writePosition } from 'bothways/broker'
import type { Call, CallFailure, PublishResult, Result, StoreOptions } from './calls.ts'
import type { Database } from './database.ts'
import { bytesInUse, openFile } from './schema.ts'
import { type KeyRow, type PublicationRow, Statements, type TopicRow } from './statements.ts'

/** Epoch and head outlive history and idleness by a day. */
const headLifeMs = 24 * 60 * 60 * 1000

/** The bytes that a publication and its key take in the file besides their text, rather more than less. */
const entryBytes = 512

/** The file is full for publications when this share of it is in use: the rest is for what is not foreseen. */
const fullAt = 0.95

/** As many topics are looked through for what is too old at one time. */
const tidyCount = 500

/** The newest value for as long as the topic lives. */
const statePolicy: HistoryPolicy = { count: 1, ageMs: Number.POSITIVE_INFINITY }

/** A call that is refused before anything of it was written. */
class Refused extends Error {
  readonly failure: CallFailure

  constructor(code: HubCode, message: string, retryAfterMs?: number) {
    super(message)
    this.failure = { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) }
  }
}

/** The topics in one file. Each call waits for the disk: it belongs into a thread of its own. */
export class Store {
  readonly #options: StoreOptions
  readonly #database: Database
  readonly #sql: Statements
  /** That of the topics that nobody has published to. */
  #epoch = ''
  #keyCount = 0
  #topicCount = 0
  #bytes = 0
  /** When everything that is too old was last deleted for want of room. */
  #madeRoomAt = 0
  #tidiedTo = 0

  /** @throws Error whose text says what is wrong with the file */
  constructor(options: StoreOptions) {
    this.#options = options
    this.#database = openFile(options, newEpoch)
    this.#sql = new Statements(this.#database)
    this.#count()
  }

  /**
   * Runs the calls in their order as one transaction: when it returns, all that they have published is stored, or, if
   * SQLite fails, nothing.
   */
  run(calls: readonly Call[]): readonly Result[] {
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      this.#bytes = bytesInUse(this.#database)
      const results = calls.map(call => this.#result(call))
      this.#database.exec('COMMIT')
      return results
    } catch (error) {
      return this.#rollBack(error as Error, calls)
    }
  }

  close(): void {
    this.#database.close()
  }

  #rollBack(error: Error, calls: readonly Call[]): readonly Result[] {
    try {
      // SQLite has done so by itself after some failures, and says so.
      this.#database.exec('ROLLBACK')
    } catch {}
    try {
      this.#count()
    } catch {}
    const isFull = /full/i.test(error.message)
    const failure: CallFailure = isFull
      ? { code: 'busy', message: 'The file of the topics or its disk is full.', retryAfterMs: 1000 }
      : { code: 'unavailable', message: `The file of the topics: ${error.message}.`, retryAfterMs: 1000 }
    return calls.map(() => ({ failure }))
  }

  /** Reads the epoch and the counts, which are kept beside the file, from the file. */
  #count(): void {
    this.#epoch = this.#sql.epoch()
    this.#keyCount = this.#sql.keyCount()
    this.#topicCount = this.#sql.topicCount()
  }

  #result(call: Call): Result {
    try {
      return { value: this.#valueOf(call) }
    } catch (error) {
      if (error instanceof Refused) return { failure: error.failure }
      throw error
    }
  }

  #valueOf(call: Call): PublishResult | History | readonly string[] | undefined {
    switch (call.type) {
      case 'publish':
        return this.#publish(call.request, call.now)
      case 'history':
        return this.#history(call.request, call.now)
      case 'heads':
        return call.topics.map(name => this.#headOf(this.#sql.topic(name)))
      case 'tidy':
        this.#tidy(call.now)
    }
    return undefined
  }

  #publish(request: PublishRequest, now: number): PublishResult {
    const { topic, data, user, key } = request
    const digest = key === undefined ? undefined : digestOf(topic, key.scope, key.name)
    const known = digest === undefined ? undefined : this.#sql.key(digest)
    if (known !== undefined && known.expires_at > now) return repeated(known, data)
    if (digest !== undefined && known === undefined) this.#makeRoomForKey(now)
    const policy = request.isState ? statePolicy : request.history
    if (policy === undefined && request.ifPosition !== undefined) {
      throw new Refused('no_history', 'This topic has no positions to compare with.')
    }
    const publication =
      policy === undefined
        ? { topic, position: undefined, previous: undefined, data, user, at: now }
        : this.#store(request, policy, now)
    const { position } = publication
    if (digest !== undefined) {
      this.#sql.putKey(digest, position ?? null, fingerprintOf(data), now + this.#options.keyWindowMs)
      if (known === undefined) this.#keyCount++
    }
    return { position, isRepeated: false, publication }
  }

  #store(request: PublishRequest, policy: HistoryPolicy, now: number): StoredPublication {
    const { topic: name, data, user, ifPosition } = request
    const topic = this.#sql.topic(name)
    const head = this.#headOf(topic)
    if (ifPosition !== undefined && ifPosition !== head) {
      throw new Refused('conflict', 'The topic has changed since that position.')
    }
    this.#makeRoom(Buffer.byteLength(data) + entryBytes, now)
    const check = newCheck()
    const epoch = topic?.epoch ?? this.#epoch
    const number = (topic?.head ?? 0) + 1
    const id = topic?.id ?? this.#addTopic(name, now)
    this.#sql.addPublication(id, number, check, topic?.head_check ?? '', now, user ?? null, data)
    this.#sql.setHead(id, number, check, policy.ageMs, now)
    if (number > policy.count) this.#sql.dropThrough(id, number - policy.count)
    const position = writePosition({ epoch, offset: number, check })
    return { topic: name, position, previous: head, data, user, at: now }
  }

  #history({ topic: name, since, last, limit }: HistoryRequest, now: number): History {
    const topic = this.#sql.topic(name)
    const head = this.#headOf(topic)
    const none = { publications: [], start: head, head, hasMore: false }
    if (topic === undefined) {
      return { ...none, recovered: since === undefined ? undefined : since === head }
    }
    this.#expire(topic, now)
    const offset = since === undefined ? undefined : this.#offsetOf(topic, since)
    if (offset !== undefined) {
      const rows = this.#sql.behind(topic.id, offset, limit)
      const publications = rows.map(row => stored(name, topic.epoch, row))
      const hasMore = offset + rows.length < topic.head
      return { publications, start: since as string, head, recovered: true, hasMore }
    }
    const recovered = since === undefined ? undefined : false
    const rows = last === 0 ? [] : this.#sql.newest(topic.id, last)
    const [first] = rows
    if (first === undefined) return { ...none, recovered }
    const publications = rows.slice(0, limit).map(row => stored(name, topic.epoch, row))
    const hasMore = rows.length > limit
    return { publications, start: publications[0]?.previous as string, head, recovered, hasMore }
  }

  /** The number of a position, when everything behind it is there; else undefined. */
  #offsetOf(topic: TopicRow, since: string): number | undefined {
    const position = readPosition(since)
    if (position === undefined || position.epoch !== topic.epoch || position.offset > topic.head)
      return undefined
    const { offset, check } = position
    const known =
      offset === topic.head ? topic.head_check : this.#sql.publication(topic.id, offset + 1)?.previous_check
    return known === check ? offset : undefined
  }

  /** A topic that nobody has published to stores nothing: its position is the beginning of the broker's epoch. */
  #headOf(topic: TopicRow | undefined): string {
    return writePosition(
      topic === undefined
        ? { epoch: this.#epoch, offset: 0, check: '' }
        : { epoch: topic.epoch, offset: topic.head, check: topic.head_check },
    )
  }

  #addTopic(name: string, now: number): number {
    const { maxTopics } = this.#options
    if (this.#topicCount >= maxTopics) {
      this.#expireAll(now)
      this.#forgetTopics(now)
    }
    if (this.#topicCount >= maxTopics) {
      throw new Refused('busy', 'The server keeps as many topics as it may: try again later.', 1000)
    }
    this.#topicCount++
    return this.#sql.addTopic(name, this.#epoch, now)
  }

  /** A client that knows the beginning of a forgotten topic must not find it again as that of a new one. */
  #forgetTopics(now: number): void {
    const count = this.#sql.forgetTopics(now - headLifeMs)
    if (count === 0) return
    this.#topicCount -= count
    this.#epoch = newEpoch()
    this.#sql.setEpoch(this.#epoch)
  }

  #makeRoomForKey(now: number): void {
    if (this.#keyCount < this.#options.maxKeys) return
    this.#keyCount -= this.#sql.forgetKeys(now)
    if (this.#keyCount >= this.#options.maxKeys) {
      throw new Refused('busy', 'The server remembers as many keys as it may: try again later.', 1000)
    }
  }

  #makeRoom(bytes: number, now: number): void {
    const most = this.#options.maxFileBytes * fullAt
    if (this.#bytes + bytes > most && Math.abs(now - this.#madeRoomAt) >= 1000) {
      this.#madeRoomAt = now
      this.#keyCount -= this.#sql.forgetKeys(now)
      this.#expireAll(now)
      this.#bytes = bytesInUse(this.#database)
    }
    if (this.#bytes + bytes > most) {
      throw new Refused('busy', 'The file of the topics is full: try again later.', 1000)
    }
    this.#bytes += bytes
  }

  /** A little of the work of giving back what is too old; called again and again. */
  #tidy(now: number): void {
    this.#keyCount -= this.#sql.forgetKeys(now)
    this.#tidiedTo = this.#expireSome(this.#tidiedTo, now) ?? 0
  }

  #expireAll(now: number): void {
    let from: number | undefined = 0
    while (from !== undefined) from = this.#expireSome(from, now)
  }

  /** @returns where to go on; undefined at the end */
  #expireSome(from: number, now: number): number | undefined {
    const topics = this.#sql.topicsFrom(from, tidyCount)
    for (const topic of topics) this.#expire(topic, now)
    const last = topics.at(-1)
    return last === undefined || topics.length < tidyCount ? undefined : last.id + 1
  }

  #expire({ id, age_ms: ageMs, head }: TopicRow, now: number): void {
    if (ageMs === Number.POSITIVE_INFINITY) return
    const oldest = this.#sql.oldest(id)
    if (oldest === undefined || oldest.at + ageMs > now) return
    const kept = this.#sql.firstYounger(id, now - ageMs)
    this.#sql.dropThrough(id, kept === undefined ? head : kept.number - 1)
  }
}

function repeated({ position, fingerprint }: KeyRow, data: string): PublishResult {
  if (fingerprint !== fingerprintOf(data)) {
    throw new Refused('key_reused', 'This key was published with other data.')
  }
  return { position: position ?? undefined, isRepeated: true, publication: undefined }
}

function stored(
  topic: string,
  epoch: string,
  { number, own_check, previous_check, data, user, at }: PublicationRow,
): StoredPublication {
  return {
    topic,
    position: writePosition({ epoch, offset: number, check: own_check }),
    previous: writePosition({ epoch, offset: number - 1, check: previous_check }),
    data,
    user: user ?? undefined,
    at,
  }
}

function digestOf(topic: string, scope: string, name: string): string {
  return createHash('sha256').update(`${topic}\0${scope}\0${name}`).digest('base64url').slice(0, 32)
}
