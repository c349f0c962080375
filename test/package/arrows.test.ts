import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { expect, test } from 'vitest'
import { circles, importsOf, readArrows, violations } from './arrows.ts'

const root = join(import.meta.dirname, '../..')
const layers = readArrows(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'))

/** The sources of all packages but their tests, by their paths from the root. */
const sources = new Map(
  ['packages', 'drop-ins', 'brokers'].flatMap(parent =>
    readdirSync(join(root, parent)).flatMap(name =>
      readdirSync(join(root, parent, name, 'src'), { recursive: true, encoding: 'utf8' })
        .map(file => `${parent}/${name}/src/${file.split(sep).join('/')}`)
        .filter(path => /\.tsx?$/.test(path) && !/\.test(-d)?\.tsx?$/.test(path))
        .map(path => [path, readFileSync(join(root, path), 'utf8')] as const),
    ),
  ),
)

test('Every layer of the picture exists, and so does what it may import', () => {
  const paths = [...sources.keys()]
  const exists = (path: string) => paths.some(it => it === path || it.startsWith(`${path}/`))
  const targets = layers
    .flatMap(layer => layer.mayImport)
    .filter(it => /^(packages|drop-ins|brokers)\//.test(it))
  expect([...layers.map(layer => layer.path), ...targets].filter(path => !exists(path))).toEqual([])
})

test('No file imports what its layer may not', () => {
  const found = [...sources].flatMap(([path, source]) =>
    violations(path, source, layers).map(what => `${path}: ${what}`),
  )
  expect(found).toEqual([])
})

test('No files import each other in a circle, neither values nor types', () => {
  expect(circles(sources)).toEqual([])
})

const connection = 'packages/bothways/src/connection/planted.ts'
const hub = 'packages/bothways/src/hub/planted.ts'
const server = 'packages/bothways/src/server/planted.ts'
const planted: readonly (readonly [path: string, specifier: string, isLawful: boolean])[] = [
  ['packages/protocol/src/frames/planted.ts', '../text/utf8-validator.ts', true],
  ['packages/protocol/src/frames/planted.ts', '../../../bothways/src/errors.ts', false],
  ['packages/protocol/src/frames/planted.ts', '#utf8', true],
  ['packages/protocol/src/frames/planted.ts', '../platform/utf8.node.ts', false],
  ['packages/protocol/src/frames/planted.ts', 'bothways', false],
  [connection, '../errors.ts', false],
  [connection, '@bothways/protocol', true],
  [connection, 'node:net', true],
  [connection, '../server/server.ts', false],
  [connection, '../hub/hub.ts', false],
  [connection, '../../../protocol/src/index.ts', false],
  [connection, '@bothways/protocol/dist/index.js', false],
  [server, '../connection/connection.ts', true],
  [server, '../hub/hub.ts', true],
  [server, '../client/websocket.ts', false],
  [hub, '../server/server.ts', false],
  ['packages/bothways/src/client/planted.ts', '../server/server.ts', false],
  ['drop-ins/ws/src/planted.ts', 'bothways/connection', true],
  ['drop-ins/ws/src/planted.ts', '../../../packages/bothways/src/index.ts', false],
  ['drop-ins/socket.io/src/engine/planted.ts', '@bothways/ws', false],
  ['brokers/sqlite/src/planted.ts', 'bothways/broker', true],
  ['brokers/sqlite/src/planted.ts', 'bothways/connection', false],
  ['packages/cli/src/serve/planted.ts', 'bothways', true],
  ['packages/cli/src/serve/planted.ts', '../../../../test/support/bytes.ts', false],
  ['packages/workbench/src/chat/planted.ts', '../../../cli/src/serve/messages.ts', true],
  ['packages/workbench/src/chat/planted.ts', '../../../cli/src/serve/serve.ts', false],
  ['packages/workbench/src/chat/planted.ts', 'bothways', false],
  ['packages/client/src/core/planted.ts', 'bothways', false],
  ['packages/client/src/core/contract.ts', '../../../bothways/src/hub/declarations/contract-types.js', true],
  ['packages/client/src/core/contract.ts', '../../../bothways/src/hub/declarations/contract.js', false],
  ['packages/client/src/core/planted.ts', '../../../bothways/src/hub/declarations/contract-types.js', false],
  ['packages/client/src/core/planted.ts', '../fallbacks/fallbacks.ts', false],
  ['packages/new/src/planted.ts', 'node:net', false],
]

test.each(planted)('%s imports %s: lawful %s', (path, specifier, isLawful) => {
  const source = `import type { Planted } from '${specifier}'\n`
  expect(violations(path, source, layers).length === 0).toBe(isLawful)
})

test('Imports are seen however they are written, and not in comments', () => {
  const source = [
    "import './a.ts'",
    "export * from './b.ts'",
    'import {',
    '  c,',
    "} from './c.ts'",
    "type D = import('./d.ts').D",
    "// import './e.ts'",
    " * from './f.ts'",
  ].join('\n')
  expect(importsOf(source)).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts'])
})

test('A circle of imports is found, types included', () => {
  const files = new Map([
    ['x/a.ts', "import type { B } from './b.ts'"],
    ['x/b.ts', "export * from './deep/c.ts'"],
    ['x/deep/c.ts', "import { a } from '../a.ts'"],
    ['x/d.ts', "import { a } from './a.ts'"],
  ])
  expect(circles(files)).toEqual([['x/a.ts', 'x/b.ts', 'x/deep/c.ts']])
})
