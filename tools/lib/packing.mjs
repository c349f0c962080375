import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { readJson, workspaceFolders } from './lock-file.mjs'
import { executeNpm, root } from './spawn.mjs'
import { Stop } from './terminal.mjs'

/** The folders of the packages that people install, those that others depend on first. */
export function publicPackages() {
  const folders = workspaceFolders(root).filter(
    folder =>
      /^(packages|drop-ins|brokers)\//.test(folder) && !readJson(join(root, folder, 'package.json')).private,
  )
  const byName = new Map(folders.map(folder => [readJson(join(root, folder, 'package.json')).name, folder]))
  const ordered = new Set()
  const visit = folder => {
    const { dependencies = {} } = readJson(join(root, folder, 'package.json'))
    for (const name of Object.keys(dependencies)) if (byName.has(name)) visit(byName.get(name))
    ordered.add(folder)
  }
  for (const folder of folders) visit(folder)
  return [...ordered]
}

/**
 * Packs packages into a folder, from a copy of what npm would send, so that nothing here changes.
 *
 * @param repository where links of the READMEs lead to, such as `https://example.com/bothways/blob/main`; undefined
 *   leaves them as they are
 * @returns the tarballs' paths
 */
export async function packAll(folders, destination, repository) {
  mkdirSync(destination, { recursive: true })
  for (const name of readdirSync(destination)) if (name.endsWith('.tgz')) rmSync(join(destination, name))
  for (const folder of folders) await packOne(folder, destination, repository)
  return readdirSync(destination)
    .filter(name => name.endsWith('.tgz'))
    .map(name => join(destination, name))
}

async function packOne(folder, destination, repository) {
  const copy = mkdtempSync(join(tmpdir(), 'bothways-pack-'))
  try {
    const { files } = readJson(join(root, folder, 'package.json'))
    for (const name of ['package.json', 'README.md', 'LICENSE', ...files.filter(it => !it.startsWith('!'))]) {
      cpSync(join(root, folder, name), join(copy, name), { recursive: true })
    }
    if (repository !== undefined) {
      const readme = join(copy, 'README.md')
      writeFileSync(readme, absoluteLinks(readFileSync(readme, 'utf8'), folder, repository))
    }
    const flags = ['--pack-destination', destination, '--loglevel=error', '--offline']
    const { code, output } = await executeNpm(['pack', ...flags], { cwd: copy, capture: true })
    if (code !== 0) throw new Stop(`${output}\n${folder} could not be packed: see above.`)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/**
 * The tools that have to find no fault with a tarball: publint with the manifest, attw with how each resolver sees the types.
 *
 * @returns the package, the command and the arguments of each
 */
export function tarballChecks(folder, tarball) {
  const { exports: entries } = readJson(join(root, folder, 'package.json'))
  const checks = [['publint', 'publint', ['run', tarball, '--strict']]]
  // A command has no types to resolve, nor has a file that is for pages.
  if (entries === undefined) return checks
  const forPages = Object.keys(entries).filter(entry => entry.endsWith('.js'))
  const excluded = forPages.length > 0 ? ['--exclude-entrypoints', ...forPages] : []
  checks.push(['@arethetypeswrong/cli', 'attw', [tarball, '--no-emoji', ...excluded]])
  return checks
}

/** The file that npm packs a folder into. */
export function tarballName(folder) {
  const { name, version } = readJson(join(root, folder, 'package.json'))
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
}

/** Relative links of a README lead nowhere from a registry's page: each becomes one into the repository. */
export function absoluteLinks(text, folder, repository) {
  return text.replaceAll(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, (_, link) => {
    const path = posix.normalize(posix.join(folder.replaceAll('\\', '/'), link))
    return `](${repository.replace(/\/$/, '')}/${path})`
  })
}
