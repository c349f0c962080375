/** Columns of numbers for a chart: time first, the oldest rows dropped beyond the limit. */
export class SampleHistory {
  readonly #limit: number
  readonly #columns: number[][]

  constructor(columnCount: number, limit: number) {
    this.#limit = limit
    this.#columns = Array.from({ length: columnCount }, () => [])
  }

  get columns(): readonly number[][] {
    return this.#columns
  }

  get length(): number {
    return this.#columns[0]?.length ?? 0
  }

  append(row: readonly number[]): void {
    this.#columns.forEach((column, at) => {
      column.push(row[at] ?? 0)
      if (column.length > this.#limit) column.shift()
    })
  }
}
