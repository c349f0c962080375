import { type ExecFileSyncOptionsWithStringEncoding, execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { runNpm } from '@bothways/test-support/npm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readJson, workspaceFolders } from '../../tools/lib/lock-file.mjs'

// Each way in which somebody may load the packages, from what `npm publish` would send.

const root = join(import.meta.dirname, '../..')

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
}

const libraries = workspaceFolders(root)
  .filter(folder => folder.startsWith('packages/'))
  .map(folder => ({ folder, manifest: readJson(join(root, folder, 'package.json')) as Manifest }))
  .filter(({ manifest }) => !manifest.private && manifest.exports !== undefined)

const entries = libraries.flatMap(({ manifest: { name, exports = {} } }) =>
  Object.entries(exports)
    // Some have types only.
    .filter(([, target]) => typeof target === 'object' && target !== null && 'default' in target)
    .map(([path]) => `${name}${path.slice(1)}`),
)

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothways-loaders-'))
  for (const library of libraries)
    runNpm(['pack', join(root, library.folder), '--pack-destination', '.'], folder)
  const tarballs = readdirSync(folder).map(name => `./${name}`)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }))
  // The packages that the hooks expect a project to have, from here and not from the network.
  const modules = join(root, 'node_modules')
  runNpm(['install', '--offline', '--no-audit', '--no-fund', ...tarballs, join(modules, 'react')], folder)
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
  for (const name of ['@types/react', 'csstype']) {
    symlinkSync(join(modules, name), join(folder, 'node_modules', name), 'junction')
  }
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

interface Loaded {
  /** The file that `require` takes. */
  readonly required: string
  /** The names that come with `import`, and what `require` gives for them. */
  readonly names: readonly string[]
  readonly missing: readonly string[]
  readonly different: readonly string[]
  /** Classes and functions that are called something else, as a bundler does where two have one name. */
  readonly renamed: readonly string[]
}

/** Loads an entry in both ways in one process. */
function load(entry: string, ...flags: string[]): Loaded {
  const script = `
    const entry = ${JSON.stringify(entry)}
    const required = require(entry)
    import(entry).then(imported => {
      const names = Object.keys(imported)
      // A drop-in's class is what \`require\` gives; its other names are statics of the class.
      const of = name => name === 'module.exports' || name === 'default' ? required : required[name]
      console.log(JSON.stringify({
        required: require.resolve(entry),
        names,
        missing: names.filter(name => of(name) === undefined),
        different: names.filter(name => of(name) !== imported[name]),
        renamed: names.filter(name => of(name)?.name !== imported[name].name),
      }))
    })`
  const options: ExecFileSyncOptionsWithStringEncoding = {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }
  return JSON.parse(execFileSync(process.execPath, [...flags, '-e', script], options))
}

describe.each(entries)('%s', entry => {
  test('Node has one copy of it, whether by require or import', () => {
    const { required, names, different } = load(entry)
    expect(['.js', '.mjs']).toContain(extname(required))
    expect(names).not.toEqual([])
    expect(different).toEqual([])
  })

  test('A loader without ES modules finds CommonJS with the same names', () => {
    const { required, missing, renamed } = load(entry, '--no-experimental-require-module')
    expect(extname(required)).toBe('.cjs')
    expect(missing).toEqual([])
    expect(renamed).toEqual([])
  })
})

/** Runs CommonJS in a Node that cannot `require` ES modules, and returns what it prints. */
function runCommonjs(script: string): string {
  const args = ['--no-experimental-require-module', '-e', script]
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
}

test('Server and client talk where there are no ES modules', () => {
  const printed = runCommonjs(`
    const { createServer, WebSocket } = require('bothways')
    const server = createServer()
    server.route('/', { message: (socket, message) => { socket.send(message) } })
    server.listen().then(({ url }) => {
      const socket = new WebSocket(url)
      socket.onopen = () => socket.send('hello')
      socket.onmessage = ({ data }) => { console.log(data); server.close() }
    })`)
  expect(printed).toBe('hello\n')
})

test('The entries of bothways have their classes in common where there are no ES modules', () => {
  const printed = runCommonjs(`
    const { ReadyState } = require('bothways')
    console.log(ReadyState === require('bothways/connection').ReadyState)`)
  expect(printed).toBe('true\n')
})

test.each(['node16', 'nodenext'])(
  'TypeScript with module %s reads all types, from both kinds of files',
  kind => {
    const imports = entries.map((entry, index) => `import * as e${index} from '${entry}'`)
    const uses = entries.map((_, index) => `export const n${index}: object = e${index}`)
    const requires = entries.map((entry, index) => `import r${index} = require('${entry}')`)
    const usesRequired = entries.map((_, index) => `export const m${index}: object = r${index}`)
    writeFileSync(join(folder, 'consumer.mts'), [...imports, ...uses].join('\n'))
    writeFileSync(
      join(folder, 'consumer.cts'),
      [...imports, ...requires, ...uses, ...usesRequired].join('\n'),
    )
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
    const flags = ['--noEmit', '--strict', '--target', 'es2023', '--module', kind, ...types]
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const options = { cwd: folder, encoding: 'utf8' } as const
    expect(spawnSync(process.execPath, [tsc, ...flags, 'consumer.mts', 'consumer.cts'], options).stdout).toBe(
      '',
    )
  },
)
