import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  isFor,
  isLink,
  type Lock,
  lockDifferences,
  missingOptionals,
  nativePackages,
  platforms,
  projectFolders,
  readJson,
} from '../../tools/lib/lock-file.mjs'

const root = join(import.meta.dirname, '../..')
const lockOf = (project: string): Lock => readJson(join(root, project, 'package-lock.json')) as Lock

/** Packages of the root whose native part each system needs: the tools of the build and of the checks. */
const tools: readonly [name: string, native: RegExp][] = [
  ['@biomejs/biome', /@biomejs\/cli-/],
  ['typescript', /@typescript\/typescript-/],
  ['rolldown', /@rolldown\/binding-/],
  ['lightningcss', /node_modules\/lightningcss-/],
  ['oxc-parser', /@oxc-parser\/binding-/],
  ['oxc-resolver', /@oxc-resolver\/binding-/],
]

describe.each(platforms.map(platform => [Object.values(platform).join(' '), platform] as const))(
  '%s',
  (_, platform) => {
    test.each(tools)('has the native part of %s', (name, native) => {
      const found = nativePackages(lockOf('')).filter(
        ([folder, locked]) => native.test(folder) && isFor(locked, platform),
      )
      expect(found, `Run \`npm run relock\`: ${name} would not start there.`).not.toEqual([])
    })
  },
)

test('A native package that the lock file lacks is found, wherever npm would have put it', () => {
  const owner = {
    version: '1.0.0',
    optionalDependencies: { 'native-darwin': '1.0.0', 'native-linux': '1.0.0' },
  }
  const native = { version: '1.0.0' }
  const packages = { 'node_modules/a/node_modules/b': owner, 'node_modules/native-linux': native }
  expect(missingOptionals({ packages })).toEqual(['node_modules/a/node_modules/b → native-darwin'])
  const nested = { ...packages, 'node_modules/a/node_modules/native-darwin': native }
  expect(missingOptionals({ packages: nested })).toEqual([])
})

test('A folder that a project takes with file: is compared with the lock file as well', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bothways-manifests-'))
  const write = (file: string, content: unknown): Promise<void> =>
    writeFile(join(folder, file), JSON.stringify(content))
  try {
    await mkdir(join(folder, 'linked'))
    await mkdir(join(folder, 'project'))
    const dependencies = { ours: 'file:../linked', other: '1.0.0' }
    await write('project/package.json', { dependencies })
    await write('linked/package.json', { name: 'ours', dependencies: { a: '1.0.0' } })
    const lock = (linked: unknown): unknown => ({ packages: { '': { dependencies }, '../linked': linked } })
    await write('project/package-lock.json', lock({ dependencies: { a: '1.0.0' } }))
    expect(lockDifferences(join(folder, 'project'))).toEqual([])
    await write('project/package-lock.json', lock({ dependencies: { a: '2.0.0' } }))
    expect(lockDifferences(join(folder, 'project'))).toEqual([
      '../linked: dependencies.a is 1.0.0, the lock file has 2.0.0',
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('A lock file that does not fit a package.json is noticed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bothways-manifests-'))
  const write = (file: string, content: unknown): Promise<void> =>
    writeFile(join(folder, file), JSON.stringify(content))
  try {
    await mkdir(join(folder, 'packages/one'), { recursive: true })
    await write('package.json', { workspaces: ['packages/*'], devDependencies: { tool: '1.0.0' } })
    await write('packages/one/package.json', { name: 'one', dependencies: { a: '2.0.0' } })
    expect(lockDifferences(folder)).toEqual(['there is no package-lock.json'])
    const fitting = {
      '': { devDependencies: { tool: '1.0.0' } },
      'packages/one': { dependencies: { a: '2.0.0' } },
    }
    await write('package-lock.json', { packages: fitting })
    expect(lockDifferences(folder)).toEqual([])
    const other = { '': {}, 'packages/one': { dependencies: { a: '2.0.1', b: '1.0.0' } }, 'packages/two': {} }
    await write('package-lock.json', { packages: other })
    expect(lockDifferences(folder)).toEqual([
      'packages/two is in the lock file only',
      'the root: devDependencies.tool is 1.0.0, the lock file has undefined',
      'packages/one: dependencies.a is 2.0.0, the lock file has 2.0.1',
      'packages/one: dependencies.b is undefined, the lock file has 1.0.0',
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
})

describe.each(projectFolders(root).map(project => [project === '' ? 'root' : project, project] as const))(
  'The lock file of %s',
  (_, project) => {
    const lock = lockOf(project)

    test('has every optional package that its packages ask for', () => {
      expect(missingOptionals(lock)).toEqual([])
    })

    test('names no download address, so that any registry will do', () => {
      const addresses = Object.values(lock.packages).filter(({ resolved }) => resolved?.includes('://'))
      expect(addresses).toEqual([])
    })

    test('has the hash of each package that is downloaded', () => {
      const downloads = Object.entries(lock.packages).filter(
        ([folder, { link }]) => folder.includes('node_modules/') && !link,
      )
      expect(downloads.filter(([, { integrity }]) => integrity === undefined)).toEqual([])
    })

    test('agrees with every package.json', () => {
      expect(lockDifferences(join(root, project))).toEqual([])
    })

    test('pins every dependency outside of this repository to one version', () => {
      const folders = Object.entries(lock.packages).filter(([folder]) => !folder.includes('node_modules/'))
      const loose = folders.flatMap(([folder, { dependencies, devDependencies }]) =>
        Object.entries({ ...dependencies, ...devDependencies })
          .filter(([, range]) => !isLink(range) && !/^(npm:.+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))
          .map(([name, range]) => `${folder}: ${name}@${range}`),
      )
      expect(loose).toEqual([])
    })
  },
)

test('What only the tests of interoperation and the benchmark need is not installed by npm start', () => {
  const folders = Object.keys(lockOf('').packages)
  expect(folders.filter(folder => /node_modules\/(@oven\/)?(bun|deno)(-|$)/.test(folder))).toEqual([])
  expect(folders.filter(folder => /node_modules\/(aedes|mqtt|puppeteer-core)$/.test(folder))).toEqual([])
  expect(Object.keys(lockOf('test/runtimes').packages)).toEqual(
    expect.arrayContaining(['node_modules/bun', 'node_modules/deno']),
  )
  expect(Object.keys(lockOf('test/dependents').packages)).toEqual(
    expect.arrayContaining(['node_modules/aedes', 'node_modules/mqtt', 'node_modules/puppeteer-core']),
  )
})

test.each(['ws', 'websocket', 'nodejs-websocket'])(
  'The packages that depend on %s get ours, each of them, as it is in this repository',
  name => {
    const { packages } = lockOf('test/dependents')
    const found = Object.entries(packages).filter(([folder]) =>
      `/${folder}`.endsWith(`/node_modules/${name}`),
    )
    expect(found).toEqual([[`node_modules/${name}`, { resolved: `../../drop-ins/${name}`, link: true }]])
  },
)
