import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compile } from '../../tools/lib/compile.mjs'

// Two projects as the packages of this repository: `upper` imports what `lower` is compiled to.

let base: string

const compilerOptions = {
  composite: true,
  rootDir: 'src',
  outDir: 'dist',
  tsBuildInfoFile: 'dist/.tsbuildinfo',
  module: 'nodenext',
  types: [],
}
const files: Readonly<Record<string, string>> = {
  'tsconfig.json': JSON.stringify({ files: [], references: [{ path: 'lower' }, { path: 'upper' }] }),
  'lower/tsconfig.json': JSON.stringify({ compilerOptions, include: ['src'] }),
  'lower/src/index.ts': 'export const answer: number = 42\n',
  'upper/tsconfig.json': JSON.stringify({
    compilerOptions,
    include: ['src'],
    references: [{ path: '../lower' }],
  }),
  'upper/src/index.ts': "export { answer } from '../../lower/dist/index.js'\n",
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(base, path)), { recursive: true })
  await writeFile(join(base, path), text)
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'bothways-compile-'))
  for (const [path, text] of Object.entries(files)) await write(path, text)
})

afterEach(() => rm(base, { recursive: true, force: true }))

test('A build that fails over output of other sources compiles everything anew', async () => {
  expect(await compile(['lower', 'upper'], base)).toBe(true)
  const right = await readFile(join(base, 'lower/dist/index.d.ts'), 'utf8')
  // Of sources without `answer`, but `.tsbuildinfo` says that nothing is to be done.
  await write('lower/dist/index.d.ts', 'export {}\n')
  await write('upper/src/index.ts', `${files['upper/src/index.ts']}export const more: string = 'yes'\n`)

  expect(await compile(['lower', 'upper'], base)).toBe(true)
  expect(await readFile(join(base, 'lower/dist/index.d.ts'), 'utf8')).toBe(right)
})

test('A build of wrong sources fails', async () => {
  expect(await compile(['lower', 'upper'], base)).toBe(true)
  await write('lower/src/index.ts', 'export const question: number = 42\n')

  expect(await compile(['lower', 'upper'], base)).toBe(false)
})
