import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { Terminal } from '@bothways/test-support/terminal'
import { afterEach, expect, test } from 'vitest'
import { Screen } from './screen.ts'

const columns = 20

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

function openTerminal(): { terminal: Terminal; screen: Screen; type(text: string): void; left(): void } {
  const terminal = new Terminal(columns)
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

test.each([0, 17, 18, 19, 20, 37, 38])(
  'A line of %i characters pasted behind another one has its prompt, and lines appear above it',
  count => {
    const { terminal, screen, type } = openTerminal()
    screen.startPrompting()
    type(`one\rtwo\r${'x'.repeat(count)}`)
    screen.show('first')
    screen.show('second')
    type('!')
    expect(terminal.text.slice(0, 4)).toEqual(['> one', '> two', 'first', 'second'])
    expect(terminal.text.slice(4).join('')).toBe(`> ${'x'.repeat(count)}!`)
  },
)

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
