import { Writable } from 'node:stream'

const esc = '\u001b'
const sequences = new RegExp(`${esc}\\[(?<count>\\d*)(?<order>[A-Z])|(?<character>[^])`, 'gi')

/** As much of a terminal as readline needs: the text of each row, and where the cursor is. */
export class Terminal extends Writable {
  readonly isTTY = true
  readonly columns: number
  readonly #rows: string[] = ['']
  #row = 0
  #column = 0

  constructor(columns: number) {
    super()
    this.columns = columns
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const { groups = {} } of chunk.toString().matchAll(sequences)) {
      if (groups.order === undefined) this.#type(groups.character ?? '')
      else this.#carryOut(groups.order, groups.count)
    }
    done()
  }

  #type(character: string): void {
    if (character === '\r') this.#column = 0
    else if (character === '\n') {
      this.#down()
      this.#column = 0
    } else {
      // A full row continues in the next one when there is something to put there.
      if (this.#column === this.columns) {
        this.#down()
        this.#column = 0
      }
      this.#put(character)
    }
  }

  #put(character: string): void {
    const row = this.#rows[this.#row] ?? ''
    this.#rows[this.#row] =
      row.slice(0, this.#column).padEnd(this.#column) + character + row.slice(this.#column + 1)
    this.#column++
  }

  #down(): void {
    this.#row++
    this.#rows[this.#row] ??= ''
  }

  #carryOut(final: string, count: string | undefined): void {
    const steps = Number(count || 1)
    if (final === 'A') this.#row = Math.max(0, this.#row - steps)
    else if (final === 'B') this.#row = Math.min(this.#rows.length - 1, this.#row + steps)
    else if (final === 'C') this.#column += steps
    else if (final === 'D') this.#column = Math.max(0, this.#column - steps)
    else if (final === 'G') this.#column = steps - 1
    else if (final === 'J') {
      this.#rows[this.#row] = (this.#rows[this.#row] ?? '').slice(0, this.#column)
      this.#rows.splice(this.#row + 1)
    } else if (final === 'K') this.#rows[this.#row] = (this.#rows[this.#row] ?? '').slice(0, this.#column)
    else throw new Error(`This terminal does not know ${final}.`)
  }

  /** The rows from the top, without what is blank at their ends. */
  get text(): string[] {
    return this.#rows.map(row => row.trimEnd())
  }
}
