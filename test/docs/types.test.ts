import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { codeBlocks, withFolder } from './code-blocks.ts'

const root = join(import.meta.dirname, '../..')
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const below = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.md') && !file.includes('node_modules'))
    .map(file => join(folder, file))
// The Chinese pages have the same blocks.
const pages = ['README.md', ...['docs', 'packages'].flatMap(below)].filter(page => !page.includes('zh/'))

/** The declarations that the blocks of a page take for granted. */
const context: Readonly<Record<string, string>> = {
  'docs/reference/errors.md': "declare const socket: import('bothways').WebSocket\n",
}

const config = {
  extends: '../../tsconfig.base.json',
  compilerOptions: {
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    noEmit: true,
    types: ['node'],
  },
}

function complaintsAbout(sources: Record<string, string>, options: object = {}): Promise<string> {
  const files = Object.keys(sources).map(name => `./${name}`)
  return withFolder(
    {
      ...sources,
      'tsconfig.json': JSON.stringify({
        ...config,
        compilerOptions: { ...config.compilerOptions, ...options },
        files,
      }),
    },
    async folder => {
      const args = [tsc, '-p', folder, '--pretty', 'false']
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      return stdout + stderr
    },
  )
}

const blocksOf = async (pages: readonly string[], language: string) => {
  const files: Record<string, string> = {}
  for (const page of pages) {
    for (const { where, code } of await codeBlocks(page, language)) {
      files[`${where.replaceAll(/\W+/g, '-')}.ts`] = (context[page] ?? '') + code
    }
  }
  return files
}

test('Every block of TypeScript compiles, in strict mode', async () => {
  const files = await blocksOf(pages, 'ts')
  expect(Object.keys(files).length).toBeGreaterThanOrEqual(5)
  expect(await complaintsAbout(files)).toBe('')
  expect(await complaintsAbout(files, { module: 'esnext', moduleResolution: 'bundler' })).toBe('')
  // And the compiler does look.
  const wrong = { 'wrong.ts': "import { createServer } from 'bothways'\ncreateServer({ origin: 'x' })\n" }
  expect(await complaintsAbout(wrong)).toContain('wrong.ts(2,')
})

test('Every block of TSX compiles with the types of React and the DOM', async () => {
  const files: Record<string, string> = {}
  for (const [name, code] of Object.entries(await blocksOf(pages, 'tsx'))) files[`${name}x`] = code
  expect(Object.keys(files)).toHaveLength(1)
  expect(await complaintsAbout(files, { jsx: 'react-jsx', lib: ['es2023', 'dom'], types: ['react'] })).toBe(
    '',
  )
})

test('The whole programs of these guides are TypeScript as they are, and JavaScript as well', async () => {
  const programs = await blocksOf(['docs/how-to/authenticate.md', 'docs/how-to/compression.md'], 'js')
  expect(Object.keys(programs)).toHaveLength(5)
  expect(await complaintsAbout(programs)).toBe('')
})

test('The manifest for Kubernetes is of the types of its interfaces, and has no field that they do not know', async () => {
  const [block] = await codeBlocks('docs/how-to/kubernetes.md', 'yaml')
  const objects = parseAllDocuments(block?.code ?? '').map(document => document.toJS())
  expect(objects.map(({ kind }) => kind)).toEqual(['Deployment', 'Service', 'PodDisruptionBudget'])
  const typed = objects.map(object => {
    const { apiVersion, kind } = object
    const module = `kubernetes-types/${apiVersion === 'v1' ? 'core/v1' : apiVersion}.js`
    return `export const it: import('${module}').${kind} = ${JSON.stringify(object)}\n`
  })
  const files = Object.fromEntries(typed.map((code, at) => [`manifest-${at}.ts`, code]))
  expect(await complaintsAbout(files)).toBe('')
  // Another type, another name.
  const wrong = {
    'type.ts': typed[0]?.replace('"containerPort":8080', '"containerPort":"8080"') ?? '',
    'name.ts': typed[0]?.replace('"readinessProbe"', '"readynessProbe"') ?? '',
  }
  const complaints = await complaintsAbout(wrong)
  for (const name of Object.keys(wrong)) expect(complaints).toContain(`${name}(1,`)
})
