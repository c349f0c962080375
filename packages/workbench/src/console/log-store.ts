import type { LogEntry } from './log-entry.ts'
import { type LogFilter, matches, noFilter } from './log-filter.ts'
import { Queue } from './queue.ts'

export interface LogLimits {
  readonly entries: number
  /** Payload bytes that are kept in all. */
  readonly bytes: number
}

const defaultLimits: LogLimits = { entries: 100_000, bytes: 64 * 1024 * 1024 }

/**
 * The console's log: the newest entries up to a bound, and among them those that match the filter, found while
 * they come and not while they are drawn. Paused, it records on, and the matching ones stand still.
 */
export class LogStore {
  readonly #limits: LogLimits
  readonly #entries = new Queue<LogEntry>()
  #matching = new Queue<LogEntry>()
  #filter = noFilter
  #bytes = 0
  #nextSequence = 1
  #droppedCount = 0
  #pausedAt: number | undefined

  constructor(limits: Partial<LogLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits }
  }

  /** How many match the filter. */
  get length(): number {
    return this.#matching.length
  }

  /** How many are kept, matching or not. */
  get totalCount(): number {
    return this.#entries.length
  }

  /** How many were dropped because of the bounds. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  get filter(): LogFilter {
    return this.#filter
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined
  }

  /** How many came since the pause, matching or not. */
  get countSincePause(): number {
    return this.#pausedAt === undefined ? 0 : this.#nextSequence - this.#pausedAt
  }

  /** The matching entry at this place, 0 for the oldest. */
  at(index: number): LogEntry | undefined {
    return this.#matching.at(index)
  }

  /** Where the entry is among those that match; -1 when it is not, or no longer. */
  indexOf(sequence: number): number {
    let [low, high] = [0, this.#matching.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#matching.at(middle)?.sequence ?? 0) < sequence) low = middle + 1
      else high = middle
    }
    return this.#matching.at(low)?.sequence === sequence ? low : -1
  }

  append(entry: Omit<LogEntry, 'sequence'>): void {
    const added = { ...entry, sequence: this.#nextSequence++ }
    this.#entries.push(added)
    this.#bytes += added.bytes
    if (!this.isPaused && matches(added, this.#filter)) this.#matching.push(added)
    while (this.#entries.length > this.#limits.entries || this.#isTooHeavy()) this.#dropOldest()
  }

  setFilter(filter: LogFilter): void {
    this.#filter = filter
    this.#match()
  }

  pause(): void {
    this.#pausedAt ??= this.#nextSequence
  }

  resume(): void {
    this.#pausedAt = undefined
    this.#match()
  }

  clear(): void {
    while (this.#entries.shift() !== undefined);
    this.#bytes = 0
    this.#droppedCount = 0
    if (this.isPaused) this.#pausedAt = this.#nextSequence
    this.#match()
  }

  /** Those that match, the oldest first. */
  matching(): Iterable<LogEntry> {
    return this.#matching
  }

  #match(): void {
    const before = this.#pausedAt ?? Number.POSITIVE_INFINITY
    this.#matching = new Queue()
    for (const entry of this.#entries) {
      if (entry.sequence < before && matches(entry, this.#filter)) this.#matching.push(entry)
    }
  }

  /** A single message above the bound is kept nevertheless: it is the newest. */
  #isTooHeavy(): boolean {
    return this.#bytes > this.#limits.bytes && this.#entries.length > 1
  }

  #dropOldest(): void {
    const dropped = this.#entries.shift()
    if (dropped === undefined) return
    this.#bytes -= dropped.bytes
    this.#droppedCount++
    if (this.#matching.at(0) === dropped) this.#matching.shift()
  }
}
