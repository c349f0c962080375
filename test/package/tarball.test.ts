import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runNpm } from '@bothways/test-support/npm'
import { describe, expect, test } from 'vitest'
import { readJson, workspaceFolders } from '../../tools/lib/lock-file.mjs'

const root = join(import.meta.dirname, '../..')

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly license?: string
  readonly engines?: { readonly node: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports?: unknown
  readonly bin?: Readonly<Record<string, string>>
}

const manifests = workspaceFolders(root).map(
  folder => [folder, readJson(join(root, folder, 'package.json')) as Manifest] as const,
)
const publicPackages = manifests.filter(
  ([folder, manifest]) => folder.startsWith('packages/') && !manifest.private,
)

/** The files that `npm publish` would send, as paths in the package. */
function packedFiles(folder: string): string[] {
  const output = runNpm(['pack', `./${folder}`, '--dry-run', '--json'], root)
  // npm 10 and 11 give a list with one entry, npm 12 an object by name.
  const [packed] = Object.values(JSON.parse(output) as Record<string, { files: { path: string }[] }>)
  return packed?.files.map(({ path }) => path) ?? []
}

/** The files that an `exports` or `bin` field names, except the sources that only this repository uses. */
function namedFiles(field: unknown): string[] {
  if (typeof field === 'string') return [field.replace(/^\.\//, '')]
  if (typeof field !== 'object' || field === null) return []
  return Object.values(field).flatMap(namedFiles)
}

describe.each(publicPackages)('%s', (folder, manifest) => {
  const files = packedFiles(folder)

  test('The tarball has what package.json names', () => {
    const named = [...namedFiles(manifest.exports), ...namedFiles(manifest.bin)].filter(
      file => !file.includes('*'),
    )
    expect(named).not.toEqual([])
    expect(named.filter(file => !files.includes(file))).toEqual([])
  })

  test('The tarball has no tests, no build records and no configuration', () => {
    const allowed = /^(package\.json|LICENSE|README(\.zh-CN)?\.md|(bin|client-dist|dist|page|src)\/.+)$/
    expect(files.filter(file => !allowed.test(file))).toEqual([])
    expect(files.filter(file => /\.test(-d)?\.|tsbuildinfo/.test(file))).toEqual([])
  })

  test('Each module of dist has its types, and its source is there still', () => {
    const modules = files
      .filter(file => /^dist\/.+\.js$/.test(file))
      .map(file => file.slice('dist/'.length, -'.js'.length))
    expect(modules, 'Run `npm run build` first.').not.toEqual([])
    expect(modules.filter(module => !files.includes(`dist/${module}.d.ts`))).toEqual([])
    expect(modules.filter(module => !existsSync(join(root, folder, 'src', `${module}.ts`)))).toEqual([])
  })

  test('The README goes with it', () => {
    expect(files).toContain('README.md')
    expect(readFileSync(join(root, folder, 'README.md'), 'utf8')).toContain(`# ${manifest.name}\n`)
  })

  test('The licence goes with it', () => {
    expect(files).toContain('LICENSE')
    const text = (path: string) => readFileSync(join(root, path, 'LICENSE'), 'utf8')
    expect(text(folder)).toBe(text('.'))
    expect(manifest.license).toBe('MIT')
  })

  test('It asks for the Node.js of the root and for its siblings in their present version', () => {
    expect(manifest.engines).toEqual((readJson(join(root, 'package.json')) as Manifest).engines)
    for (const [, sibling] of manifests) {
      const wanted = manifest.dependencies?.[sibling.name]
      if (wanted !== undefined) expect(wanted).toBe(sibling.version)
    }
  })
})
