import { spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// Programs as they are written with @types/ws, @types/websocket and socket.io compile with our types as they are. Each is compiled
// with both, which shows that it is such a program.

const root = join(import.meta.dirname, '../..')
const programs = join(root, 'test/dependents/types')
const compilers = {
  'TypeScript 7': join(root, 'node_modules/typescript/bin/tsc'),
  'TypeScript 5.9': join(root, 'test/dependents/node_modules/typescript/bin/tsc'),
}

/** The packages that a program's folder has in node_modules. */
const packages = {
  'the originals': { '@types': 'node_modules/@types', 'socket.io': 'node_modules/socket.io' },
  ours: { ws: 'drop-ins/ws', websocket: 'drop-ins/websocket', 'socket.io': 'drop-ins/socket.io' },
}

/** The programs in the ways to write the same import. */
const variants: Readonly<Record<string, readonly [program: string, from?: RegExp, to?: string]>> = {
  'ws-default': ['ws-import.mts'],
  'ws-names': ['ws-import.mts', /import WebSocket, \{/, 'import { WebSocket,'],
  'ws-equals': ['ws-class.cts'],
  'ws-star': ['ws-class.cts', /import (\w+) = require\(('.+')\)/g, 'import * as $1 from $2'],
  'ws-augmented': ['ws-augmented.cts'],
  'ws-extended': ['ws-extended.cts'],
  'websocket-names': ['websocket-import.mts'],
  'websocket-extended': ['websocket-extended.mts'],
  'websocket-star': ['websocket-namespace.mts'],
  'websocket-default': ['websocket-namespace.mts', /import \* as websocket/, 'import websocket'],
  'websocket-equals': [
    'websocket-namespace.mts',
    /import \* as (\w+) from ('.+')/g,
    'import $1 = require($2)',
  ],
  'socket-io-names': ['socket-io-names.mts'],
  'socket-io-star': ['socket-io-star.cts'],
  'socket-io-augmented': ['socket-io-augmented.cts'],
}

/** In which files, as which modules, each program is compiled. */
const modules = [
  ...['ws-default.mts', 'ws-names.mts', 'websocket-names.mts', 'websocket-extended.mts'],
  'socket-io-names.mts',
]
const stars = ['websocket-star.mts', 'websocket-star.cts', 'websocket-default.cts']
const requires = [
  ...['ws-equals.cts', 'ws-augmented.cts', 'ws-extended.cts', 'websocket-equals.cts'],
  'socket-io-star.cts',
]
const asCommonjs = modules.map(file => file.replace('.mts', '.cts'))
const both = [...modules, ...asCommonjs, ...stars, ...requires]
const old = [
  ...['ws-names.ts', 'ws-equals.ts', 'ws-augmented.ts', 'ws-extended.ts'],
  ...['websocket-names.ts', 'websocket-extended.ts', 'websocket-star.ts', 'websocket-equals.ts'],
  // Inner paths, which newer resolutions do not find in npm's socket.io.
  ...['socket-io-names.ts', 'socket-io-star.ts', 'socket-io-augmented.ts'],
]

const commonjs = { module: 'commonjs', moduleResolution: 'node10' }
const settings: readonly [
  name: string,
  compiler: keyof typeof compilers,
  options: { readonly module: string; readonly [option: string]: unknown },
  files: readonly string[],
][] = [
  ['node16', 'TypeScript 7', { module: 'node16' }, both],
  ['nodenext', 'TypeScript 7', { module: 'nodenext' }, both],
  [
    'bundler',
    'TypeScript 7',
    { module: 'preserve', moduleResolution: 'bundler' },
    [...modules, 'websocket-star.mts', ...requires],
  ],
  ['nodenext', 'TypeScript 5.9', { module: 'nodenext' }, both],
  [
    'node10 with esModuleInterop',
    'TypeScript 5.9',
    { ...commonjs, esModuleInterop: true },
    [...old, 'ws-default.ts', 'websocket-default.ts'],
  ],
  [
    'node10 without esModuleInterop',
    'TypeScript 5.9',
    { ...commonjs, esModuleInterop: false },
    [...old, 'ws-star.ts'],
  ],
]

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bothways-types-'))
  for (const [name, links] of Object.entries(packages)) {
    await mkdir(join(folder, name, 'node_modules'), { recursive: true })
    for (const [link, target] of Object.entries(links)) {
      await symlink(join(root, target), join(folder, name, 'node_modules', link), 'junction')
    }
  }
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(settings)('With %s of %s', (_, compiler, options, files) => {
  // That they are such programs, the newer compiler has seen.
  const names =
    options.module === 'nodenext' && compiler === 'TypeScript 5.9' ? ['ours'] : Object.keys(packages)

  test.each(names)('programs compile with %s', async name => {
    const outside = await mkdtemp(join(folder, name, 'program-'))
    for (const file of files) {
      const [program, from = /$^/, to = ''] = variants[file.replace(/\..*/, '')]!
      const source = await readFile(join(programs, program), 'utf8')
      await writeFile(join(outside, file), source.replace(from, to))
    }
    // The older compiler is slow: it leaves out what the newer one sees as well.
    const less = { lib: ['es2023'], skipLibCheck: name !== 'ours' }
    const compilerOptions = {
      ...options,
      ...(compiler === 'TypeScript 5.9' ? less : {}),
      target: 'es2022',
      strict: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    }
    await writeFile(join(outside, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    expect(await run([compilers[compiler], '--project', outside, '--pretty', 'false'])).toBe('')
  })
})

/** How strict a program's compiler may be, and in which resolutions, with the DOM's types beside Node's. */
const ownSettings: readonly [name: string, compiler: keyof typeof compilers, options: object][] = [
  ['nodenext', 'TypeScript 7', { module: 'nodenext', skipLibCheck: false }],
  ['bundler', 'TypeScript 7', { module: 'preserve', moduleResolution: 'bundler', skipLibCheck: true }],
  ['nodenext', 'TypeScript 5.9', { module: 'nodenext', skipLibCheck: true }],
]

test.each(ownSettings)('A program on bothways compiles with %s of %s', async (_, compiler, options) => {
  const outside = await mkdtemp(join(folder, 'own-'))
  await mkdir(join(outside, 'node_modules/@bothways'), { recursive: true })
  await symlink(join(root, 'packages/bothways'), join(outside, 'node_modules/bothways'), 'junction')
  await copyFile(join(programs, 'bothways.mts'), join(outside, 'bothways.mts'))
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'dom'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    ...options,
  }
  await writeFile(
    join(outside, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['bothways.mts'] }),
  )
  expect(await run([compilers[compiler], '--project', outside, '--pretty', 'false'])).toBe('')
})

/** Runs a script of Node.js to its end, and returns what it prints; that it ended with another code than 0 is added. */
async function run(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return `${Buffer.concat(chunks)}${code === 0 ? '' : `(exit code ${code})`}`
}
