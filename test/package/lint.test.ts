import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')

const nodeModules = 'lint/correctness/noNodejsModules'
const undeclared = 'lint/correctness/noUndeclaredDependencies'
const globals = 'lint/style/noRestrictedGlobals'

/** A file of one statement; `rule` is what Biome must say, undefined where it is lawful. */
interface Planted {
  readonly folder: string
  readonly source: string
  readonly rule: string | undefined
}

const hub = 'packages/bothways/src/hub'
const frames = 'packages/protocol/src/frames'
const target = (path: string) => `export { planted } from '${path}'\n`

const planted: Planted[] = [
  { folder: frames, source: target('#utf8'), rule: undefined },
  { folder: frames, source: target('node:buffer'), rule: nodeModules },
  { folder: frames, source: target('bothways'), rule: undeclared },
  { folder: frames, source: 'export const at: number = Date.now()\n', rule: globals },
  { folder: frames, source: 'setTimeout(() => {}, 1)\n', rule: globals },
  { folder: hub, source: target('antd'), rule: undeclared },
  { folder: hub, source: target('vite'), rule: undeclared },
  ...['ws', 'websocket', 'nodejs-websocket', 'socket.io'].flatMap(name => [
    { folder: `drop-ins/${name}/src`, source: target('node:net'), rule: undefined },
    { folder: `drop-ins/${name}/src`, source: target('ws'), rule: undeclared },
  ]),
  { folder: 'brokers/sqlite/src', source: target('node:worker_threads'), rule: undefined },
  { folder: 'brokers/sqlite/src', source: target('undici'), rule: undeclared },
  { folder: 'brokers/redis/src', source: target('redis'), rule: undeclared },
  { folder: 'brokers/nats/src', source: target('@nats-io/transport-node'), rule: undeclared },
  { folder: 'packages/client/src/core', source: target('node:fs'), rule: nodeModules },
  { folder: 'packages/client/src/core', source: target('bothways'), rule: undeclared },
  { folder: 'packages/workbench/src/chat', source: target('react'), rule: undefined },
  { folder: 'packages/workbench/src/chat', source: target('node:fs'), rule: nodeModules },
]

const cycle = ['export { two as one } from', 'export { one as two } from']

interface Report {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[]
}

const fileOf = (row: Planted) => `${row.folder}/planted-${planted.indexOf(row)}.ts`
let findings: Map<string, string[]>

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bothways-lint-'))
  try {
    const plant = async (path: string, source: string) => {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), source)
    }
    for (const path of [
      ...['protocol', 'bothways', 'client', 'cli', 'workbench'].map(name => `packages/${name}`),
      ...['ws', 'websocket', 'nodejs-websocket', 'socket.io'].map(name => `drop-ins/${name}`),
      'brokers/nats',
      'brokers/redis',
      'brokers/sqlite',
    ]) {
      await cp(join(root, path, 'package.json'), join(folder, path, 'package.json'))
    }
    for (const file of ['biome.json', 'package.json', '.gitignore'])
      await cp(join(root, file), join(folder, file))
    for (const row of planted) await plant(fileOf(row), row.source)
    await plant(`${hub}/cycle-one.ts`, `${cycle[0]} './cycle-two.ts'\n`)
    await plant(`${hub}/cycle-two.ts`, `${cycle[1]} './cycle-one.ts'\n`)
    await plant(`${hub}/floating.ts`, 'async function later(): Promise<void> {}\nlater()\n')
    await plant(`${hub}/skipped.test.ts`, "import { test } from 'vitest'\n\ntest.skip('later', () => {})\n")
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
  `${row.folder} ${row.rule === undefined ? 'may say' : 'may not say'} ${row.source.trim()}`

test.each(planted.map(row => [describeRow(row), row] as const))('%s', (_, row) => {
  const found = findings.get(fileOf(row)) ?? []
  if (row.rule === undefined) expect(found).toEqual([])
  else expect(found).toContain(row.rule)
})

test('Two files may not import each other', () => {
  const rule = 'lint/suspicious/noImportCycles'
  expect(findings.get(`${hub}/cycle-one.ts`)).toEqual([rule])
  expect(findings.get(`${hub}/cycle-two.ts`)).toEqual([rule])
})

test('A promise may not float', () => {
  expect(findings.get(`${hub}/floating.ts`)).toContain('lint/nursery/noFloatingPromises')
})

test('A test may not be skipped', () => {
  expect(findings.get(`${hub}/skipped.test.ts`)).toEqual(['lint/suspicious/noSkippedTests'])
})
