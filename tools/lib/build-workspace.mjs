import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildBundles, bundleOutputs } from './build-bundles.mjs'
import { clientBundleOutputs, makeClientBundles } from './client-bundles.mjs'
import { compile } from './compile.mjs'
import { install } from './install.mjs'
import { readJson, workspaceFolders } from './lock-file.mjs'
import { executeNpm, root } from './spawn.mjs'
import { buildSqliteBinding } from './sqlite-binding.mjs'
import { inLocale, Stop, say } from './terminal.mjs'

const workbench = 'packages/workbench'
const page = 'packages/cli/page'
const stampFile = join(root, 'node_modules', '.cache', 'bothways', 'build.json')

/** {@link build}, and beside it, since it mostly uses one core, what only the tests and the broker for SQLite need. */
export async function buildAll() {
  await install()
  await Promise.all([build(), buildSqliteBinding()])
}

/** Installs what is missing, then builds what has changed since the last build. */
export async function build() {
  await install()
  const stamps = existsSync(stampFile) ? readJson(stampFile) : {}
  await step('packages', packageInputs(), stamps, packagesAreBuilt, buildPackages)
  if (existsSync(join(root, workbench, 'index.html'))) {
    await step('page', pageInputs(), stamps, () => existsSync(join(root, page, 'index.html')), buildPage)
  }
}

const buildingWords = {
  packages: { en: 'Building the packages …', zh: '正在构建各个包…' },
  page: { en: 'Building the page …', zh: '正在构建页面…' },
}

/** Does the work unless its inputs are those of the last time and its output is still there. */
async function step(name, inputs, stamps, isThere, work) {
  const hash = hashOf(inputs)
  if (stamps[name] === hash && isThere()) return
  say(inLocale(buildingWords[name]))
  await work()
  stamps[name] = hash
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, JSON.stringify(stamps))
}

/** The packages that `tsc -b` builds, as the root tsconfig.json lists them. */
function builtPackages() {
  return readJson(join(root, 'tsconfig.json')).references.map(({ path }) => path)
}

function packageInputs() {
  const shared = [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.base.json',
    'tools/lib/build-bundles.mjs',
    'tools/lib/client-bundles.mjs',
  ]
  return [...shared, ...builtPackages().flatMap(sourcesOf)]
}

/** The page is made of the workbench and of the packages of this repository that it depends on. */
function pageInputs() {
  const byName = new Map(
    workspaceFolders(root).map(folder => [readJson(join(root, folder, 'package.json')).name, folder]),
  )
  const folders = new Set([workbench])
  for (const folder of folders) {
    const { dependencies, devDependencies } = readJson(join(root, folder, 'package.json'))
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      const found = byName.get(name)
      if (found !== undefined) folders.add(found)
    }
  }
  return ['package-lock.json', 'tsconfig.base.json', ...[...folders].flatMap(sourcesOf)]
}

function isTest(path) {
  return /\.test(-d)?\.tsx?$/.test(path)
}

/** The files that somebody wrote in a package's folder: all but those that the build or npm puts there. */
function sourcesOf(folder) {
  const made = ['dist', 'page', 'client-dist', 'node_modules'].map(name => `${folder}/${name}/`)
  return filesBelow(folder).filter(path => !made.some(prefix => path.startsWith(prefix)) && !isTest(path))
}

/** The files below a folder of the repository, as paths with `/` from its root. */
function filesBelow(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path)
    return entry.name.endsWith('.tsbuildinfo') ? [] : [path]
  })
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of [...paths].sort()) {
    const content = readFileSync(join(root, path))
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** The modules of a package, as the paths of their outputs without an extension. */
function modulesOf(folder) {
  return sourcesOf(folder)
    .filter(path => path.startsWith(`${folder}/src/`) && /(?<!\.d)\.tsx?$/.test(path))
    .map(path => path.replace(`${folder}/src/`, `${folder}/dist/`).replace(/\.tsx?$/, ''))
}

/** The outputs that a package's sources ask for, without source maps. */
function expectedOutputs(folder) {
  const modules = modulesOf(folder)
  const compiled = modules.flatMap(module => [`${module}.js`, `${module}.d.ts`])
  return new Set([...compiled, ...bundleOutputs(folder, modules)])
}

function packagesAreBuilt() {
  return (
    builtPackages().every(folder => isComplete(folder)) &&
    clientBundleOutputs().every(path => existsSync(join(root, path)))
  )
}

function isComplete(folder) {
  return [...expectedOutputs(folder)].every(path => existsSync(join(root, path)))
}

async function buildPackages() {
  for (const folder of builtPackages()) {
    // `tsc -b` leaves the output of deleted sources behind, and does not see that an output was deleted.
    const expected = expectedOutputs(folder)
    const stale = filesBelow(`${folder}/dist`).filter(path => !expected.has(path.replace(/\.map$/, '')))
    for (const path of stale) rmSync(join(root, path))
    if (!isComplete(folder)) rmSync(join(root, folder, 'dist', '.tsbuildinfo'), { force: true })
  }
  if (!(await compile(builtPackages()))) {
    throw new Stop('The packages do not compile: see the messages of TypeScript above.')
  }
  shareTypes()
  for (const folder of builtPackages()) await buildBundles(folder, modulesOf(folder))
  await makeClientBundles()
}

/**
 * The client depends on no other package: the types of a contract, which are the server's too, it has as its own. (What leads from
 * them to a source would lead to the client's.)
 */
function shareTypes() {
  const types = readFileSync(
    join(root, 'packages/bothways/dist/hub/declarations/contract-types.d.ts'),
    'utf8',
  )
  const own = types.replace(/^\/\/# sourceMappingURL=.*\n?/m, '')
  writeFileSync(join(root, 'packages/client/dist/core/contract.d.ts'), own)
}

async function buildPage() {
  const args = ['run', 'build', '--silent', '-w', readJson(join(root, workbench, 'package.json')).name]
  const { code, output } = await executeNpm([...args, '--', '--logLevel', 'warn'], { capture: true })
  if (code !== 0) throw new Stop(`${output}\nThe page does not build: see the messages of Vite above.`)
}
