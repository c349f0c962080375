import { createHash } from 'node:crypto'
import type { HistoryPolicy, Member, StoredPublication, Withdrawal } from 'bothways'
import { isDataText, writePosition } from 'bothways/broker'
import type { StoredMessage } from './jetstream.ts'

/** The fields of a publication that stand in its header `Bothways`; its data is the message. */
export interface Stamp {
  /** The part of a position that tells a true one from a false one. */
  readonly check: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** The history that is kept of its topic; count 0: none. */
  readonly policy: HistoryPolicy
  readonly user: string | undefined
}

export function writeStamp({ check, at, policy, user }: Stamp): string {
  const age = policy.ageMs === Number.POSITIVE_INFINITY ? 'inf' : policy.ageMs
  // Headers are ASCII.
  const name = user === undefined ? '-' : encodeURIComponent(JSON.stringify(user))
  return `${check} ${at} ${policy.count} ${age} ${name}`
}

/** Undefined for what no broker has written: others may publish there. */
export function readStamp(header: string): Stamp | undefined {
  const [, check = '', at, count, age, name] = /^([\w-]+) (\d+) (\d+) (\d+|inf) (\S+)$/.exec(header) ?? []
  const user = name === undefined || name === '-' ? undefined : parsed(decoded(name))
  if (check === '' || (name !== '-' && typeof user !== 'string')) return undefined
  return {
    check,
    at: Number(at),
    policy: { count: Number(count), ageMs: age === 'inf' ? Number.POSITIVE_INFINITY : Number(age) },
    user: user as string | undefined,
  }
}

/** A member that has come, or the client of one that has gone, and its process. */
export interface CarriedPresence {
  readonly client: string
  readonly process: string
  readonly member: Member | undefined
}

/** Undefined for what no broker has written. */
export function readPresence(text: string): CarriedPresence | undefined {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) return undefined
  const {
    member,
    client,
    process = '',
  } = value as { member?: Member | null; client?: string; process?: string }
  const name = member === undefined ? client : member?.client
  return typeof name === 'string' ? { client: name, process, member: member ?? undefined } : undefined
}

/** Undefined for what no broker has written. */
export function readWithdrawal(text: string): Withdrawal | undefined {
  const { kind, user } = (parsed(text) ?? {}) as Partial<Withdrawal>
  const isOurs = (kind === 'disconnect' || kind === 'revoke') && typeof user === 'string'
  return isOurs ? { kind, user } : undefined
}

/** As long as the name of a topic of a hub may be; names of servers among themselves may be longer. */
const longestNameBytes = 255

/** A name as one word of a subject; a long one by its digest: servers end a connection whose subjects are too long. */
export function wordOf(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length <= longestNameBytes) return bytes.toString('base64url')
  return `~${createHash('sha256').update(bytes).digest('base64url')}`
}

/** Undefined for what is no JSON. */
function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A stored publication: its place is its position. */
export interface Entry {
  readonly seq: number
  readonly stamp: Stamp
  readonly data: string
}

/** Undefined for what no broker has written: it would go to clients as it is. */
export function entryOf({ seq, header, data }: StoredMessage): Entry | undefined {
  const stamp = readStamp(header)
  return stamp === undefined || !isDataText(data) ? undefined : { seq, stamp, data }
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
   * Before the first publication. It is good until the next half day has passed: publications behind it that have been forgotten
   * since, a day after their age at the earliest, are not passed over in silence.
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
