import { createInterface } from 'node:readline'
import { PassThrough, Writable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { Screen } from './screen.ts'

const columns = 20
const esc = '\u001b'
const sequences = new RegExp(`${esc}\\[(?<count>\\d*)(?<order>[A-Z])|(?<character>[^])`, 'gi')

/** As much of a terminal as readline needs: what stands in which row, and where the cursor is. */
class Terminal extends Writable {
  readonly isTTY = true
  readonly columns = columns
  readonly rows: string[] = ['']
  row = 0
  column = 0

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const { groups = {} } of chunk.toString().matchAll(sequences)) {
      if (groups.order === undefined) this.#type(groups.character ?? '')
      else this.#obey(groups.order, groups.count)
    }
    done()
  }

  #type(character: string): void {
    if (character === '\r') this.column = 0
    else if (character === '\n') {
      this.#down()
      this.column = 0
    } else {
      // A full row continues in the next one when there is something to put there.
      if (this.column === columns) {
        this.#down()
        this.column = 0
      }
      this.#put(character)
    }
  }

  #put(character: string): void {
    const row = this.rows[this.row] ?? ''
    this.rows[this.row] =
      row.slice(0, this.column).padEnd(this.column) + character + row.slice(this.column + 1)
    this.column++
  }

  #down(): void {
    this.row++
    this.rows[this.row] ??= ''
  }

  #obey(final: string, count: string | undefined): void {
    const steps = Number(count || 1)
    if (final === 'A') this.row = Math.max(0, this.row - steps)
    else if (final === 'B') this.row = Math.min(this.rows.length - 1, this.row + steps)
    else if (final === 'C') this.column += steps
    else if (final === 'D') this.column = Math.max(0, this.column - steps)
    else if (final === 'G') this.column = steps - 1
    else if (final === 'J') {
      this.rows[this.row] = (this.rows[this.row] ?? '').slice(0, this.column)
      this.rows.splice(this.row + 1)
    } else if (final === 'K') this.rows[this.row] = (this.rows[this.row] ?? '').slice(0, this.column)
    else throw new Error(`The terminal of this test does not know ${final}.`)
  }

  get text(): string[] {
    return this.rows.map(row => row.trimEnd())
  }
}

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

function openTerminal(): { terminal: Terminal; screen: Screen; type(text: string): void; left(): void } {
  const terminal = new Terminal()
  const input = new PassThrough()
  const prompt = createInterface({ input, output: terminal, terminal: true, prompt: '> ' })
  cleanups.push(() => prompt.close())
  const screen = new Screen(prompt, terminal)
  return {
    terminal,
    screen,
    type: text => prompt.write(text),
    left: () => prompt.write(null, { name: 'left' }),
  }
}

test.each([0, 5, 17, 18, 19, 37, 38, 39, 58, 100])(
  'Lines appear above a typed line of %i characters, which stays as it is',
  count => {
    const { terminal, screen, type } = openTerminal()
    const typed = 'abcdefghij'.repeat(10).slice(0, count)
    screen.startPrompting()
    type(typed)
    screen.show('first')
    screen.show('second')
    const line = `> ${typed}`
    const rows = Array.from({ length: Math.ceil(line.length / columns) }, (_, at) =>
      line.slice(at * columns, (at + 1) * columns).trimEnd(),
    )
    expect(terminal.text.filter((row, at) => row !== '' || at < rows.length + 2)).toEqual([
      'first',
      'second',
      ...rows,
    ])
    // And typing goes on where it was.
    type('!')
    expect(terminal.text.join('')).toBe(`firstsecond${line.trimEnd() === '>' ? '> ' : line}!`)
  },
)

test('Typing in the middle of a line goes on there', () => {
  const { terminal, screen, type, left } = openTerminal()
  screen.startPrompting()
  type('x'.repeat(50))
  for (let steps = 0; steps < 30; steps++) left()
  screen.show('first')
  type('!')
  expect(terminal.text.join('')).toBe(`first> ${'x'.repeat(20)}!${'x'.repeat(30)}`)
})

test('Without a prompt, and after it, lines just follow each other', () => {
  const { terminal, screen, type } = openTerminal()
  screen.show('before')
  screen.startPrompting()
  type('half a line that is long')
  screen.stopPrompting()
  screen.show('after')
  screen.show('the end')
  expect(terminal.text).toEqual(['before', 'after', 'the end', ''])
})
