import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolveServerOptions as resolveEngineOptions } from '../../drop-ins/socket.io/src/engine/options.ts'
import { resolveClientOptions } from '../../packages/bothways/src/client/client-options.ts'
import { resolveServerOptions, serverOptions } from '../../packages/bothways/src/server/options.ts'
import { rowsOf } from './tables.ts'

const page = 'docs/security.md'
const root = join(import.meta.dirname, '../..')

/** The files of a folder and of those in it, from the root of the repository. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !/(^|\/)(node_modules|dist)\//.test(file))
    .map(file => join(folder, file))
}

const isTest = (file: string) => /\.test(-d)?\.ts$/.test(file)
const files = ['packages', 'drop-ins', 'brokers', 'test/brokers'].flatMap(filesBelow)
const testFiles = files.filter(isTest)

/** Numbers that a constant or a member of this name has in the sources of a folder. */
function constantsOf(name: string, folder: string): number[] {
  const definition = new RegExp(
    `\\b${name}'?(?:: number)?(?: = |: | \\?\\? |, )(?:new WorkGate\\(\\{ maxBytes: |wholeNumber\\()?([\\d_]+(?:\\.\\d+)?(?: \\* [\\d_]+)*)`,
    'g',
  )
  const sources = files.filter(file => file.startsWith(folder) && !isTest(file))
  const found = sources.flatMap(file => [...readFileSync(join(root, file), 'utf8').matchAll(definition)])
  return found.map(([, terms = '']) =>
    terms.split(' * ').reduce((product, term) => product * Number(term.replaceAll('_', '')), 1),
  )
}

/** A number as the table may begin to write it. */
function textsOf(value: number): string[] {
  if (value === Number.MAX_SAFE_INTEGER || value === Number.POSITIVE_INFINITY) return ['no bound']
  const units = { '': 1, ' KiB': 2 ** 10, ' MiB': 2 ** 20, ' GiB': 2 ** 30, ' ms': 1, ' s': 1_000 }
  return Object.entries(units)
    .filter(([, size]) => size === 1 || value % size === 0)
    .map(([unit, size]) => (value / size).toLocaleString('en') + unit)
}

interface Bound {
  readonly name: string
  readonly text: string
  readonly row: string
}

/** The named bounds of a table, each with its part of the cell with the defaults. */
function boundsOf(heading: string): Bound[] {
  const named = rowsOf(page, heading).filter(([first = '']) => first.startsWith('`'))
  return named.flatMap(([first = '', defaults = '']) => {
    const names = Array.from(first.replace(/\(.*\)/, '').matchAll(/`(\w+)`/g), ([, name = '']) => name)
    const texts = names.length === 1 ? [defaults] : defaults.split(/, (?=\d)/)
    return names.map((name, at) => ({ name, text: texts[at] ?? '', row: first }))
  })
}

const isWrittenAs = (value: number, text: string) =>
  textsOf(value).some(it => text === it || text.startsWith(`${it},`) || text.startsWith(`${it} `))

describe('The bounds in docs/security.md', () => {
  test('of connections and servers are those of the code, and every option that is a bound is there', () => {
    const { connection, ...own } = resolveServerOptions({})
    const { keepalive, ...settings } = connection
    const values: Record<string, unknown> = { ...settings, ...own }
    const bounds = boundsOf('## Bounds').filter(it => it.name !== 'keepalive')
    const ofThisTable = bounds.slice(
      0,
      bounds.findIndex(it => it.name === 'maxHttpBufferSize'),
    )
    for (const { name, text, row } of ofThisTable) {
      const value = row.includes(' of ') ? undefined : values[name]
      const numbers = typeof value === 'number' ? [value] : constantsOf(name, 'packages')
      expect([name, text, numbers.some(it => isWrittenAs(it, text))]).toEqual([name, text, true])
    }
    const names = ofThisTable.map(it => it.name)
    const options = Object.keys(serverOptions).filter(it => /^max|TimeoutMs$/.test(it))
    expect(options.filter(it => !names.includes(it))).toEqual([])
    const [cells = []] = rowsOf(page, '## Bounds').filter(([first]) => first === '`keepalive`')
    const { intervalMs = 0, timeoutMs = 0 } = keepalive === false ? {} : keepalive
    expect(cells[1]).toBe(`${intervalMs / 1_000} s, then ${timeoutMs / 1_000} s after a ping`)
  })

  test('of clients are those of the code', () => {
    const { connection } = resolveClientOptions({})
    for (const name of ['maxMessageBytes', 'messageTimeoutMs'] as const) {
      const bound = boundsOf('## Bounds').find(it => it.name === name)
      const [, text = ''] = bound?.text.split(', on a client ') ?? []
      expect([name, textsOf(connection[name])]).toEqual([name, expect.arrayContaining([text])])
    }
  })

  test.each([
    ['### Socket.IO', 'drop-ins/socket.io'],
    ['### Topics', 'packages/bothways/src'],
    ['### Topics in SQLite', 'brokers/sqlite'],
    ['### Topics in Redis', 'brokers/redis'],
    ['### Topics in NATS', 'brokers/nats'],
    ['### The client of topics', 'packages/client'],
    ['### `bothways serve`', 'packages/cli'],
  ])('of the section %s are those of the code', (heading, folder) => {
    const values: Record<string, unknown> = folder.startsWith('drop-ins/')
      ? { ...resolveEngineOptions({}) }
      : {}
    for (const { name, text, row } of boundsOf(heading)) {
      const value = row.includes(' of ') ? undefined : values[name]
      const numbers = typeof value === 'number' ? [value] : constantsOf(name, folder)
      expect([name, text, numbers.some(it => isWrittenAs(it, text))]).toEqual([name, text, true])
    }
  })

  test('are each held by a test that is there', () => {
    const rows = rowsOf(page, '## Bounds').filter(([, ...rest]) => rest.some(cell => cell !== ''))
    for (const cells of rows.filter(([first = '']) => !/^(option|constant|-)/.test(first))) {
      const named = Array.from((cells.at(-1) ?? '').matchAll(/`([^`]+)`/g), ([, file = '']) => file)
      expect([cells[0], named.length > 0]).toEqual([cells[0], true])
      for (const file of named) {
        const found = testFiles.filter(it => it.endsWith(`/${file}`))
        expect([cells[0], file, found.length]).toEqual([cells[0], file, 1])
      }
    }
  })

  test('and the bad input that is tried name files and folders that are there', () => {
    const cells = rowsOf(page, '## Bad input that is tried').map(([, , where = '']) => where)
    const paths = cells.flatMap(cell => Array.from(cell.matchAll(/`([^`]+)`/g), ([, path = '']) => path))
    const all = [...files, ...filesBelow('test')]
    const isThere = (path: string) =>
      path.startsWith('npm run ') || all.some(it => it.startsWith(path) || it.endsWith(`/${path}`))
    expect(paths.filter(path => !isThere(path))).toEqual([])
  })
})
