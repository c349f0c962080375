import type { HistoryPolicy, StoredPublication } from 'bothways'
import { writePosition } from 'bothways/broker'
import type { StoredMessage } from './jetstream.ts'

/** What of a publication stands in its header `Bothways`; its data is the message. */
export interface Stamp {
  /** What tells a true position from a false one. */
  readonly check: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** What is kept of its topic; count 0: nothing. */
  readonly policy: HistoryPolicy
  readonly user: string | undefined
}

export function writeStamp({ check, at, policy, user }: Stamp): string {
  const age = policy.ageMs === Number.POSITIVE_INFINITY ? 'inf' : policy.ageMs
  // Headers are ASCII.
  const name = user === undefined ? '-' : encodeURIComponent(JSON.stringify(user))
  return `${check} ${at} ${policy.count} ${age} ${name}`
}

/** Undefined for what no broker has written. */
export function readStamp(header: string): Stamp | undefined {
  const [, check = '', at, count, age, name] = /^([\w-]+) (\d+) (\d+) (\d+|inf) (\S+)$/.exec(header) ?? []
  if (check === '') return undefined
  return {
    check,
    at: Number(at),
    policy: { count: Number(count), ageMs: age === 'inf' ? Number.POSITIVE_INFINITY : Number(age) },
    user: name === '-' || name === undefined ? undefined : (JSON.parse(decodeURIComponent(name)) as string),
  }
}

/** A stored publication: its place is its position. */
export interface Entry {
  readonly seq: number
  readonly stamp: Stamp
  readonly data: string
}

export function entryOf({ seq, header, data }: StoredMessage): Entry | undefined {
  const stamp = readStamp(header)
  return stamp === undefined ? undefined : { seq, stamp, data }
}

const halfDayMs = 12 * 60 * 60 * 1000

/** Positions of one log, which `epoch` tells from others: a publication's is its place in the stream. */
export class Positions {
  readonly epoch: string
  readonly #now: () => number

  constructor(epoch: string, now: () => number = Date.now) {
    this.epoch = epoch
    this.#now = now
  }

  of(seq: number, check: string): string {
    return writePosition({ epoch: this.epoch, offset: seq, check })
  }

  /**
   * Before the first publication. It is good until the next half day has passed: what was published behind it and has been
   * forgotten since, a day after its age at the earliest, is not passed over in silence.
   */
  beginning(): string {
    return this.of(0, this.#halfDay().toString(36))
  }

  isBeginning(offset: number, check: string): boolean {
    return offset === 0 && Math.abs(Number.parseInt(check, 36) - this.#halfDay()) <= 1
  }

  publication(topic: string, { seq, stamp, data }: Entry, previous: string | undefined): StoredPublication {
    const isKept = stamp.policy.count > 0
    return {
      topic,
      position: isKept ? this.of(seq, stamp.check) : undefined,
      previous: isKept ? previous : undefined,
      data,
      user: stamp.user,
      at: stamp.at,
    }
  }

  #halfDay(): number {
    return Math.floor(this.#now() / halfDayMs)
  }
}
