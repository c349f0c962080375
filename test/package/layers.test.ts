import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')

const imports = 'lint/style/noRestrictedImports'
const nodeModules = 'lint/correctness/noNodejsModules'
const undeclared = 'lint/correctness/noUndeclaredDependencies'
const globals = 'lint/style/noRestrictedGlobals'

/** A file of one statement in a layer's folder; `rule` is what Biome must say, undefined where it is lawful. */
interface Planted {
  readonly layer: string
  readonly source: string
  readonly rule: string | undefined
}

const bothways = 'packages/bothways/src'
const target = (path: string) => `export { planted } from '${path}'\n`
const forbid = (layer: string, ...paths: string[]): Planted[] =>
  paths.map(path => ({ layer, source: target(path), rule: imports }))
const allow = (layer: string, ...paths: string[]): Planted[] =>
  paths.map(path => ({ layer, source: target(path), rule: undefined }))

const planted: Planted[] = [
  ...allow('packages/protocol/src/frames', './opcode.ts', '../text/utf8-validator.ts', '#utf8'),
  ...forbid('packages/protocol/src/frames', '../platform/utf8.node.ts', '../../../bothways/src/errors.ts'),
  { layer: 'packages/protocol/src/frames', source: target('node:buffer'), rule: nodeModules },
  { layer: 'packages/protocol/src/frames', source: target('bothways'), rule: undeclared },
  { layer: 'packages/protocol/src/frames', source: 'export const at: number = Date.now()\n', rule: globals },
  { layer: 'packages/protocol/src/frames', source: 'setTimeout(() => {}, 1)\n', rule: globals },

  ...allow(bothways, '@bothways/protocol', './server/server.ts', 'node:net'),
  ...forbid(
    bothways,
    '@bothways/protocol/dist/index.js',
    '../../protocol/src/index.ts',
    '../../../test/support/bytes.ts',
  ),
  { layer: bothways, source: target('antd'), rule: undeclared },
  { layer: bothways, source: target('vite'), rule: undeclared },

  ...allow(`${bothways}/connection`, '@bothways/protocol', '../errors.ts', './transport.ts'),
  ...forbid(
    `${bothways}/connection`,
    '../server/server.ts',
    '../client/websocket.ts',
    '../hub/topics.ts',
    '../fallback/event-stream.ts',
    '../inspect/channels.ts',
  ),
  ...allow(`${bothways}/server`, '@bothways/protocol', '../connection/connection.ts', '../hub/topics.ts'),
  ...forbid(
    `${bothways}/server`,
    '../client/websocket.ts',
    '../hub/presence.ts',
    '../fallback/event-stream.ts',
    '../inspect/channels.ts',
  ),
  ...allow(`${bothways}/client`, '@bothways/protocol', '../connection/connection.ts'),
  ...forbid(
    `${bothways}/client`,
    '../server/server.ts',
    '../hub/topics.ts',
    '../fallback/event-stream.ts',
    '../inspect/channels.ts',
  ),
  ...allow(`${bothways}/hub`, '@bothways/protocol', '../errors.ts', './topics.ts'),
  ...forbid(
    `${bothways}/hub`,
    '../connection/connection.ts',
    '../server/server.ts',
    '../client/websocket.ts',
    '../fallback/event-stream.ts',
    '../inspect/channels.ts',
  ),
  { layer: `${bothways}/hub`, source: "export type { Planted } from '../server/server.ts'\n", rule: imports },
  ...allow(`${bothways}/fallback`, '@bothways/protocol', '../hub/topics.ts', '../server/server.ts'),
  ...forbid(
    `${bothways}/fallback`,
    '../connection/connection.ts',
    '../client/websocket.ts',
    '../inspect/channels.ts',
  ),
  ...forbid(
    `${bothways}/inspect`,
    '../connection/connection.ts',
    '../server/server.ts',
    '../client/websocket.ts',
    '../hub/topics.ts',
    '../fallback/event-stream.ts',
  ),

  ...['ws', 'websocket', 'nodejs-websocket', 'socket.io'].flatMap(name => {
    const layer = `packages/${name}/src`
    return [
      ...allow(
        layer,
        'bothways',
        'bothways/connection',
        'bothways/exchange',
        '@bothways/protocol',
        'node:net',
      ),
      ...forbid(layer, 'bothways/server', '../../bothways/src/index.ts', '@bothways/protocol/frames'),
      { layer, source: target('ws'), rule: undeclared },
    ]
  }),

  ...allow('packages/cli/src/serve', 'bothways', './metrics.ts', 'node:http'),
  ...forbid(
    'packages/cli/src/serve',
    '../../../bothways/src/index.ts',
    '../../../bothways/dist/index.js',
    'bothways/server',
    '@bothways/protocol/frames',
    '../../../../test/support/bytes.ts',
  ),

  ...allow('packages/workbench/src/chat', 'react', 'antd', '../../../cli/src/serve/messages.ts'),
  ...forbid(
    'packages/workbench/src/chat',
    'bothways',
    '@bothways/protocol',
    '@bothways/cli',
    '../../../cli/src/serve/serve.ts',
    '../../../bothways/src/index.ts',
  ),
  { layer: 'packages/workbench/src/chat', source: target('node:fs'), rule: nodeModules },
]

/** errors.ts is one file below every folder, so its violations are planted under its own name. */
const errorsFile = `${bothways}/errors.ts`
const cycle = ['export { two as one } from', 'export { one as two } from']

interface Report {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[]
}

const fileOf = (row: Planted) => `${row.layer}/planted-${planted.indexOf(row)}.ts`
let findings: Map<string, string[]>

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bothways-layers-'))
  try {
    const plant = async (path: string, source: string) => {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), source)
    }
    for (const name of [
      'protocol',
      'bothways',
      'ws',
      'websocket',
      'nodejs-websocket',
      'socket.io',
      'cli',
      'workbench',
    ]) {
      const manifest = `packages/${name}/package.json`
      await cp(join(root, manifest), join(folder, manifest))
    }
    for (const file of ['biome.json', 'package.json', '.gitignore'])
      await cp(join(root, file), join(folder, file))
    for (const row of planted) await plant(fileOf(row), row.source)
    await plant(errorsFile, target('./connection/connection.ts'))
    await plant(`${bothways}/hub/cycle-one.ts`, `${cycle[0]} './cycle-two.ts'\n`)
    await plant(`${bothways}/hub/cycle-two.ts`, `${cycle[1]} './cycle-one.ts'\n`)
    await plant(`${bothways}/hub/floating.ts`, 'async function later(): Promise<void> {}\nlater()\n')
    await plant(
      `${bothways}/hub/skipped.test.ts`,
      "import { test } from 'vitest'\n\ntest.skip('later', () => {})\n",
    )
    findings = await lint(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
})

function lint(folder: string): Promise<Map<string, string[]>> {
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.']
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 26 }, (_, stdout, stderr) => {
      try {
        const byFile = new Map<string, string[]>()
        for (const { category, location } of (JSON.parse(stdout) as Report).diagnostics) {
          byFile.set(location.path, [...(byFile.get(location.path) ?? []), category])
        }
        resolve(byFile)
      } catch (cause) {
        reject(new Error(`Biome left no report: ${stderr}`, { cause }))
      }
    })
  })
}

const describeRow = (row: Planted) =>
  `${row.layer} ${row.rule === undefined ? 'may say' : 'may not say'} ${row.source.trim()}`

test.each(planted.map(row => [describeRow(row), row] as const))('%s', (_, row) => {
  const found = findings.get(fileOf(row)) ?? []
  if (row.rule === undefined) expect(found).toEqual([])
  else expect(found).toContain(row.rule)
})

test('errors.ts may not import a folder above it', () => {
  expect(findings.get(errorsFile)).toEqual([imports])
})

test('Two files may not import each other', () => {
  const rule = 'lint/suspicious/noImportCycles'
  expect(findings.get(`${bothways}/hub/cycle-one.ts`)).toEqual([rule])
  expect(findings.get(`${bothways}/hub/cycle-two.ts`)).toEqual([rule])
})

test('A promise may not float', () => {
  expect(findings.get(`${bothways}/hub/floating.ts`)).toContain('lint/nursery/noFloatingPromises')
})

test('A test may not be skipped', () => {
  expect(findings.get(`${bothways}/hub/skipped.test.ts`)).toEqual(['lint/suspicious/noSkippedTests'])
})
