import type { History, HistoryRequest, StoredPublication } from 'bothways'
import { readPosition } from 'bothways/broker'
import type { JetStream } from './jetstream.ts'
import type { Lane, Streams } from './streams.ts'
import { type Entry, entryOf, type Positions } from './wire.ts'

/** The newest publication of a topic. */
interface Newest extends Entry {
  readonly lane: Lane
  /** The place of the newest message, and how many are behind the publication: others may have stored them. */
  readonly lastSeq: number
  readonly foreignCount: number
}

/** Reads the publications that the streams keep of a topic. Messages that no broker has written are passed over. */
export class Log {
  readonly #jetStream: JetStream
  readonly #streams: Streams
  /** Of the log that is there now. */
  positions: Positions

  constructor(jetStream: JetStream, streams: Streams, positions: Positions) {
    this.#jetStream = jetStream
    this.#streams = streams
    this.positions = positions
  }

  /** The newest publication of a topic. It is in one of two streams, or in both after its declaration was changed: the newer counts. */
  async newest(topic: string): Promise<Newest | undefined> {
    const [log, state] = await Promise.all([this.#last('log', topic), this.#last('state', topic)])
    if (log === undefined || state === undefined) return log ?? state
    return state.stamp.at > log.stamp.at ? state : log
  }

  async head(topic: string): Promise<string> {
    return this.#headOf(await this.newest(topic))
  }

  async history({ topic, since, last, limit }: HistoryRequest): Promise<History> {
    const newest = await this.newest(topic)
    const head = this.#headOf(newest)
    const isLost = since !== undefined && !(await this.#isGood(since, newest))
    if (since !== undefined && !isLost) {
      if (since === head || newest === undefined || readPosition(since)?.offset === newest.seq) {
        return { publications: [], start: since, head, recovered: true, hasMore: false }
      }
      const found = await this.#behind(topic, since, newest, limit)
      if (found !== undefined) return { ...found, start: since, head, recovered: true }
    }
    const recovered = since === undefined ? undefined : false
    const wanted = newest === undefined ? 0 : Math.min(last, newest.stamp.policy.count)
    if (newest === undefined || wanted === 0) {
      return { publications: [], start: head, head, recovered, hasMore: false }
    }
    const entries = await this.#newestOf(topic, newest, wanted)
    const publications = this.#publications(topic, entries, wanted)
    return {
      publications: publications.slice(0, limit),
      start: publications[0]?.previous ?? head,
      head,
      recovered,
      hasMore: publications.length > limit,
    }
  }

  /** Whether a position may be one of this topic, as far as that can be said without reading on. */
  async #isGood(since: string, newest: Entry | undefined): Promise<boolean> {
    const position = readPosition(since)
    if (position === undefined || position.epoch !== this.positions.epoch) return false
    if (position.offset === 0) return this.positions.isBeginning(0, position.check)
    if (newest === undefined || position.offset > newest.seq) return false
    return position.offset < newest.seq || position.check === newest.stamp.check
  }

  /** The publications behind a position; undefined when it is not there, or publications behind it have gone. */
  async #behind(
    topic: string,
    since: string,
    newest: Newest,
    limit: number,
  ): Promise<Pick<History, 'publications' | 'hasMore'> | undefined> {
    const { offset, check } = readPosition(since) as { offset: number; check: string }
    const { policy } = newest.stamp
    return await this.#read(newest, topic, offset, async (pending, next) => {
      // The position itself is read along; before the beginning there is none.
      const itself = offset === 0 ? 0 : 1
      const count = pending - itself
      if (count < 0 || count > policy.count) return undefined
      const entries = await next(itself + Math.min(limit, count))
      const base = itself === 0 ? undefined : entries.shift()
      if (itself === 1 && (base?.seq !== offset || base.stamp.check !== check)) return undefined
      if (entries[0] !== undefined && isOld(entries[0], newest)) return undefined
      const publications = this.#publicationsBehind(topic, since, entries)
      return { publications, hasMore: count > publications.length }
    })
  }

  /** The newest so many, with the one before them in front where it is kept: oldest first. */
  async #newestOf(topic: string, newest: Newest, wanted: number): Promise<Entry[]> {
    const read = (from: number) =>
      this.#read(newest, topic, from, async (pending, next) => {
        if (from > 1 && pending <= wanted) return undefined
        const skipped = Math.max(0, pending - wanted - 1)
        for (let left = skipped; left > 0; left -= skipBatch) await next(Math.min(left, skipBatch))
        return await next(pending - skipped)
      })
    // Those of a busy topic are near the end of the stream; a quiet one has few.
    return (await read(Math.max(1, newest.seq - 4 * wanted))) ?? (await read(1)) ?? []
  }

  #publications(topic: string, entries: readonly Entry[], wanted: number): StoredPublication[] {
    const newest = entries.at(-1)
    if (newest === undefined) return []
    const young = entries.findIndex(entry => !isOld(entry, newest))
    const from = young === -1 ? entries.length : Math.max(young, entries.length - wanted)
    const kept = entries.slice(from)
    const base = entries[from - 1]
    const before =
      base === undefined ? this.positions.beginning() : this.positions.of(base.seq, base.stamp.check)
    return this.#publicationsBehind(topic, before, kept)
  }

  #publicationsBehind(topic: string, before: string, entries: readonly Entry[]): StoredPublication[] {
    let previous = before
    return entries.map(entry => {
      const publication = this.positions.publication(topic, entry, previous)
      previous = publication.position ?? previous
      return publication
    })
  }

  #headOf(newest: Entry | undefined): string {
    return newest === undefined
      ? this.positions.beginning()
      : this.positions.of(newest.seq, newest.stamp.check)
  }

  async #last(lane: Lane, topic: string): Promise<Newest | undefined> {
    const stream = this.#streams.stream(lane)
    const subject = this.#streams.subject(lane, topic)
    const found = await this.#jetStream.last(stream, subject)
    if (found === undefined) return undefined
    const entry = entryOf(found)
    if (entry !== undefined) return { ...entry, lane, lastSeq: found.seq, foreignCount: 0 }
    return await this.#jetStream.read(stream, subject, 1, async (pending, next) => {
      let newest: Newest | undefined
      for (let left = pending; left > 0; left -= skipBatch) {
        for (const message of await next(Math.min(left, skipBatch))) {
          const entry = entryOf(message)
          if (entry !== undefined) newest = { ...entry, lane, lastSeq: found.seq, foreignCount: 0 }
          else if (newest !== undefined) newest = { ...newest, foreignCount: newest.foreignCount + 1 }
        }
      }
      return newest
    })
  }

  /**
   * Reads the entries up to the newest publication. Messages that others have put between are removed, and it is read again:
   * they are counted by the server, which gives so many at once.
   */
  async #read<Result>(
    { lane, foreignCount }: Newest,
    topic: string,
    from: number,
    work: (pending: number, next: (count: number) => Promise<Entry[]>) => Promise<Result>,
  ): Promise<Result> {
    const stream = this.#streams.stream(lane)
    const subject = this.#streams.subject(lane, topic)
    while (true) {
      const foreign: number[] = []
      const result = await this.#jetStream.read(stream, subject, from, (pending, next) =>
        work(Math.max(0, pending - foreignCount), async count => {
          const messages = await next(count)
          return messages.flatMap(message => {
            const entry = entryOf(message)
            if (entry === undefined) foreign.push(message.seq)
            return entry ?? []
          })
        }),
      )
      if (foreign.length === 0) return result
      for (const seq of foreign) await this.#jetStream.remove(stream, seq)
    }
  }
}

const skipBatch = 1000

/** Its topic keeps publications for a shorter time than the stream does. */
function isOld({ stamp }: Entry, newest: Entry): boolean {
  return stamp.at + newest.stamp.policy.ageMs <= Date.now()
}
