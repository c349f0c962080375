import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Programs compile against what the packages publish, with the compilers that the reference names as lowest and newest.

const root = join(import.meta.dirname, '../..')
const compilers = {
  '5.0': join(root, 'node_modules/typescript-5.0/bin/tsc'),
  '7.0': join(root, 'node_modules/typescript/bin/tsc'),
}
const links = {
  bothways: 'packages/bothways',
  '@bothways/protocol': 'packages/protocol',
  '@types': 'node_modules/@types',
}
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bothways-typescript-'))
  await mkdir(join(folder, 'node_modules/@bothways'), { recursive: true })
  for (const [link, target] of Object.entries(links)) {
    await symlink(join(root, target), join(folder, 'node_modules', link), 'junction')
  }
  await cp(join(import.meta.dirname, 'programs'), folder, { recursive: true })
})

afterAll(() => rm(folder, { recursive: true, force: true }))

type Version = keyof typeof compilers

async function complaints(version: Version, file: string, options: Record<string, unknown>): Promise<string> {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    target: 'es2022',
    types: ['node'],
    ...options,
  }
  const config = join(folder, `tsconfig-${version}.json`)
  await writeFile(config, JSON.stringify({ compilerOptions, files: [file] }))
  const args = [compilers[version], '--project', config, '--pretty', 'false']
  return new Promise(resolve => {
    execFile(process.execPath, args, (error, stdout, stderr) =>
      resolve(stdout + stderr || (error?.message ?? '')),
    )
  })
}

const versions = Object.keys(compilers) as Version[]
const resolutions = {
  Node: { module: 'nodenext', lib: ['es2022'] },
  bundlers: { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022'] },
}
const cases = versions.flatMap(version =>
  Object.entries(resolutions).map(([place, options]) => [version, place, options] as const),
)

test.each(cases)('TypeScript %s takes our types unskipped, for %s', async (version, _, options) => {
  expect(await complaints(version, 'server-and-client.mts', options)).toBe('')
})

test.each(cases)(
  "With TypeScript %s for %s our WebSocket stands for the DOM's",
  async (version, _, options) => {
    const lib = ['es2022', 'dom']
    expect(await complaints(version, 'browser-types.mts', { ...options, lib })).toBe('')
  },
)

test.each(versions)('TypeScript %s does look', async version => {
  await writeFile(
    join(folder, 'wrong.mts'),
    "import { WebSocket } from 'bothways'\nnew WebSocket('ws://a').addEventListener('close', event => event.data)\n",
  )
  expect(await complaints(version, 'wrong.mts', resolutions.Node)).toContain('wrong.mts(2,')
})
