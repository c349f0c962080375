import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rowsByName, rowsOf } from './tables.ts'

const page = 'docs/explanation/architecture.md'
const root = join(import.meta.dirname, '../..')
const text = readFileSync(join(root, page), 'utf8')

const files = ['packages', 'drop-ins', 'brokers', 'test', 'tools'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => /\.(ts|mjs)$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file))
    .map(file => join(folder, file)),
)
const sources = files.filter(
  file => /^(packages|drop-ins|brokers)\//.test(file) && !/\.test(-d)?\.ts$/.test(file),
)

const inCode = (part: string) => Array.from(part.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
const pathsIn = (part: string) => inCode(part).filter(code => /^[\w./-]+\.(ts|mjs)$/.test(code))
const functionsIn = (part: string) => inCode(part).filter(code => /^#?\w+\(\)$/.test(code))
/** Those of the package `bothways` stand without it. */
const filesAt = (path: string) =>
  ['packages/bothways/src', 'packages', 'drop-ins', 'brokers', '.']
    .map(folder => join(folder, path))
    .filter(file => files.includes(file))

/** Whether a function or method of this name is defined, or demanded by an interface, in a file. */
function defines(file: string, name: string): boolean {
  const bare = name.slice(0, -2).replace('#', '\\B#')
  const method = `^ +(?:protected )?(?:static )?(?:async )?(?:get )?${bare}\\??(?:<.*>)?\\(`
  return new RegExp(`${method}|function ${bare}\\b`, 'm').test(readFileSync(join(root, file), 'utf8'))
}

describe('docs/explanation/architecture.md', () => {
  test.each(pathsIn(text))('names one file: %s', path => {
    expect(filesAt(path)).toHaveLength(1)
  })

  test.each(functionsIn(text))('names a function of the sources: %s', name => {
    expect(sources.some(file => defines(file, name))).toBe(true)
  })

  test.each([
    '## A connection opens',
    '## A message comes in',
    '## A publish goes out',
    '## A publication of a topic goes round',
    '## A diagnosis',
  ])('names the file of each function: %s', part => {
    const steps = rowsOf(page, part).filter(cells => pathsIn(cells[1] ?? '').length > 0)
    expect(steps.length).toBeGreaterThan(5)
    for (const [step, path = '', names = ''] of steps) {
      const [file = ''] = filesAt(pathsIn(path)[0] ?? '')
      for (const name of functionsIn(names))
        expect([step, name, defines(file, name)]).toEqual([step, name, true])
    }
  })

  test('has every event of the ending, and no other', () => {
    const [file = ''] = filesAt('connection/ending.ts')
    const [, body = ''] = readFileSync(join(root, file), 'utf8').split('export class Ending {')
    const methods = Array.from(body.matchAll(/^ {2}(\w+)\(/gm), ([, name = '']) => name)
    const events = [...rowsByName(page, '## How a connection ends').keys()]
    expect(events.sort()).toEqual(methods.filter(name => name !== 'constructor').sort())
  })

  test('names every folder of sources among its parts', () => {
    const [beginning = ''] = text.split('## A connection opens')
    const parts = beginning
      .split('\n')
      .filter(line => line.startsWith('| '))
      .flatMap(line => inCode(line.split('|')[1] ?? ''))
      .map(part => part.replace(/^bothways\//, 'packages/bothways/'))
    expect(parts.length).toBeGreaterThan(9)
    const unnamed = sources.filter(file => !parts.some(part => file.startsWith(`${part}/`)))
    expect(unnamed.filter(file => !/^packages\/bothways\/src\/(\w+\.ts|drop-in\/)/.test(file))).toEqual([])
  })

  test('names every folder below them', () => {
    const [beginning = ''] = text.split('## A connection opens')
    const named = new Set(inCode(beginning).flatMap(code => code.split('/')))
    const folders = sources.flatMap(file => file.split('/src/')[1]?.split('/').slice(0, -1) ?? [])
    expect([...new Set(folders)].filter(name => !named.has(name))).toEqual([])
  })

  test('has twenty tasks or more', () => {
    expect(rowsOf(page, '## Which file for which task').length).toBeGreaterThan(21)
  })
})

test('CONTRIBUTING names every folder of tests that cross packages', () => {
  const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  const folders = readdirSync(join(root, 'test'), { withFileTypes: true }).filter(it => it.isDirectory())
  const named = (name: string) => new RegExp(`\\btest/${name.replace('.', '\\.')}\\b`).test(contributing)
  expect(folders.map(it => it.name).filter(name => !named(name))).toEqual([])
})

test('The layout in CONTRIBUTING names every package', () => {
  const layout = rowsOf('CONTRIBUTING.md', '## Layout').map(cells => inCode(cells.join(' ')))
  const packages = readdirSync(join(root, 'packages')).filter(name => !name.startsWith('.'))
  for (const name of packages) expect(layout.map(([folder]) => folder)).toContain(`packages/${name}`)
  for (const group of ['drop-ins', 'brokers']) {
    const [, ...names] = layout.find(([folder]) => folder === group) ?? []
    expect(names).toEqual(expect.arrayContaining(readdirSync(join(root, group))))
  }
})
