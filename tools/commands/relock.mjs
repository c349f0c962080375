import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  manifestFolders,
  missingOptionals,
  nativePackages,
  projectFolders,
  readJson,
} from '../lib/lock-file.mjs'
import { executeNpm, root } from '../lib/spawn.mjs'
import { run, Stop, say } from '../lib/terminal.mjs'

// `npm run relock`: writes every package-lock.json anew from the package.json files alone; with the name of a
// project behind `--` only that one's. Beside a node_modules folder, or on top of an older lock file, npm leaves
// out the native packages of other systems (npm/cli#4828).
await run(async () => {
  const named = process.argv.slice(2)
  for (const project of named.length > 0 ? named : projectFolders(root)) await relock(project)
  say('Run `npm run check-lock` to try them for every system, then `npm ci`.')
})

async function relock(project) {
  const name = join(project, 'package-lock.json')
  const source = join(root, project)
  const copy = mkdtempSync(join(tmpdir(), 'bothways-relock-'))
  const folder = join(copy, project)
  try {
    for (const manifests of manifestFolders(source)) {
      mkdirSync(join(folder, manifests), { recursive: true })
      copyFileSync(join(source, manifests, 'package.json'), join(folder, manifests, 'package.json'))
    }
    cpSync(join(root, '.npmrc'), join(folder, '.npmrc'))
    say(`Resolving every dependency of ${name} …`)
    const flags = ['--package-lock-only', '--ignore-scripts', '--loglevel=error']
    const { code, output } = await executeNpm(['install', ...flags], { cwd: folder, capture: true })
    if (code !== 0) throw new Stop(`${output}\nnpm could not resolve the dependencies: see above.`)
    const lock = readJson(join(folder, 'package-lock.json'))
    const missing = missingOptionals(lock)
    if (missing.length > 0) {
      throw new Stop(
        `The registry does not have these native packages; pin a version that has them for every system:\n${missing.join('\n')}`,
      )
    }
    copyFileSync(join(folder, 'package-lock.json'), join(root, name))
    const count = Object.keys(lock.packages).length
    say(`${name} has ${count} entries, ${nativePackages(lock).length} of them native.`)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
