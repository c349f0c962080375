import type { Change } from '../serve-messages.ts'

const rowLimit = 300

/** One row for each change: when it happened, and how long each of the four ways took to show it. */
export class DelayTable {
  #sequences: number[] = []
  /** Seconds since 1970, then a column of ms for each way; null while it has not come. */
  #columns: [number[], ...(number | null)[][]] = emptyColumns()

  get columns(): readonly (readonly (number | null)[])[] {
    return this.#columns
  }

  add(change: Change, wayIndex: number, delayMs: number): void {
    const at = this.#rowOf(change)
    const column = this.#columns[wayIndex + 1]
    if (at !== undefined && column !== undefined) column[at] = delayMs
  }

  clear(): void {
    this.#sequences = []
    this.#columns = emptyColumns()
  }

  /** The newest rows are where the search ends soonest. Undefined for a change that was dropped already. */
  #rowOf({ sequence, date }: Change): number | undefined {
    let at = this.#sequences.length
    while (at > 0 && (this.#sequences[at - 1] ?? 0) > sequence) at--
    if (this.#sequences[at - 1] === sequence) return at - 1
    if (at === 0 && this.#sequences.length >= rowLimit) return undefined
    this.#sequences.splice(at, 0, sequence)
    const [dates, ...delays] = this.#columns
    dates.splice(at, 0, date / 1_000)
    for (const column of delays) column.splice(at, 0, null)
    if (this.#sequences.length <= rowLimit) return at
    this.#sequences.shift()
    for (const column of this.#columns) column.shift()
    return at - 1
  }
}

function emptyColumns(): [number[], ...(number | null)[][]] {
  return [[], [], [], [], []]
}
