import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const dependencyFields = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
const link = 'file:'

/** The systems that a fresh clone installs on. `libc` is set where the system has two. */
export const platforms = [
  { os: 'linux', cpu: 'x64', libc: 'glibc' },
  { os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { os: 'linux', cpu: 'x64', libc: 'musl' },
  { os: 'linux', cpu: 'arm64', libc: 'musl' },
  { os: 'darwin', cpu: 'x64' },
  { os: 'darwin', cpu: 'arm64' },
  { os: 'win32', cpu: 'x64' },
  { os: 'win32', cpu: 'arm64' },
]

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** The folders that have a lock file of their own, from the root: `''` is the root with its workspaces. */
export function projectFolders(root) {
  const workspaces = workspaceFolders(root)
  const inside = ['.', 'test', 'examples']
    .flatMap(parent =>
      readdirSync(join(root, parent)).map(name => (parent === '.' ? name : `${parent}/${name}`)),
    )
    .filter(folder => existsSync(join(root, folder, 'package.json')) && !workspaces.includes(folder))
  return ['', ...inside.sort()]
}

/** The folders of the workspaces, such as `packages/protocol`, in the order of their names. */
export function workspaceFolders(root) {
  const { workspaces = [] } = readJson(join(root, 'package.json'))
  // npm leaves out what a pattern with an exclamation mark names.
  const left = workspaces.filter(pattern => pattern.startsWith('!')).map(pattern => pattern.slice(1))
  return workspaces
    .filter(pattern => !pattern.startsWith('!'))
    .flatMap(pattern => {
      const parent = pattern.replace(/\/\*$/, '')
      if (parent === pattern) return [pattern]
      if (!existsSync(join(root, parent))) return []
      return readdirSync(join(root, parent)).map(name => `${parent}/${name}`)
    })
    .filter(folder => existsSync(join(root, folder, 'package.json')) && !left.includes(folder))
    .sort()
}

/** The folders beside a project that are its dependencies as they are, with `file:`, from the project. */
function linkedFolders(root) {
  const manifest = readJson(join(root, 'package.json'))
  return dependencyFields
    .flatMap(field => Object.values(manifest[field] ?? {}))
    .filter(isLink)
    .map(range => range.slice(link.length))
    .sort()
}

/** True for what a package.json says of a dependency that is a folder of this repository. */
export function isLink(range) {
  return range.startsWith(link)
}

/** The folders whose package.json files a project's lock file is made of, from the project: `''` is its own. */
export function manifestFolders(root) {
  return ['', ...workspaceFolders(root), ...linkedFolders(root)]
}

/** In what the lock file and the package.json files differ, a sentence for each; empty when they agree. */
export function lockDifferences(root) {
  const path = join(root, 'package-lock.json')
  if (!existsSync(path)) return ['there is no package-lock.json']
  const { packages } = readJson(path)
  const folders = manifestFolders(root)
  const gone = Object.keys(packages).filter(key => !key.includes('node_modules') && !folders.includes(key))
  const differences = gone.map(key => `${key} is in the lock file only`)
  for (const folder of folders) {
    const name = folder === '' ? 'the root' : folder
    const manifest = readJson(join(root, folder, 'package.json'))
    const locked = packages[folder]
    if (locked === undefined) {
      differences.push(`${name} is not in the lock file`)
      continue
    }
    for (const field of dependencyFields) {
      const names = new Set([...Object.keys(manifest[field] ?? {}), ...Object.keys(locked[field] ?? {})])
      for (const dependency of names) {
        const [wanted, found] = [manifest[field]?.[dependency], locked[field]?.[dependency]]
        if (wanted !== found) {
          differences.push(`${name}: ${field}.${dependency} is ${wanted}, the lock file has ${found}`)
        }
      }
    }
  }
  return differences
}

/** True when a package with these `os`, `cpu` and `libc` fields is for the platform. */
export function isFor(locked, platform) {
  return (
    admits(locked.os, platform.os) &&
    admits(locked.cpu, platform.cpu) &&
    (platform.libc === undefined || admits(locked.libc, platform.libc))
  )
}

// npm's rule: a list of the admitted, or of the excluded with a `!` before each.
function admits(list, value) {
  if (list === undefined || list.length === 0 || list.includes('any')) return true
  if (list.includes(`!${value}`)) return false
  return list.includes(value) || list.every(entry => entry.startsWith('!'))
}

/** The packages of the lock file that exist for some systems only, by their folder. */
export function nativePackages(lock) {
  return Object.entries(lock.packages).filter(
    ([, locked]) => locked.os !== undefined || locked.cpu !== undefined,
  )
}

/**
 * Optional dependencies that a package asks for and the lock file does not have, as `owner → name`.
 *
 * npm leaves them out without a word when the registry lacks them. A package that the lock file lacks, `npm ci` does not
 * install on any machine: the platform whose native code it is stays broken.
 */
export function missingOptionals(lock) {
  const missing = []
  for (const [folder, locked] of Object.entries(lock.packages)) {
    for (const name of Object.keys(locked.optionalDependencies ?? {})) {
      if (!isLocked(lock, folder, name)) missing.push(`${folder} → ${name}`)
    }
  }
  return missing
}

// Node's lookup: the folder's own node_modules, then those of the folders above.
function isLocked(lock, folder, name) {
  const at = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
  if (at in lock.packages) return true
  if (folder === '') return false
  const parent = folder.includes('/node_modules/')
    ? folder.slice(0, folder.lastIndexOf('/node_modules/'))
    : ''
  return isLocked(lock, parent, name)
}
