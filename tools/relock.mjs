import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingOptionals, nativePackages, readJson, workspaceFolders } from './lock-file.mjs'
import { run, Stop, say } from './say.mjs'
import { executeNpm, root } from './spawn.mjs'

// `npm run relock`: writes package-lock.json anew from the package.json files alone. Beside a node_modules
// folder, or on top of an older lock file, npm leaves out the native packages of other systems (npm/cli#4828).
await run(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bothways-relock-'))
  try {
    for (const workspace of ['', ...workspaceFolders(root)]) {
      mkdirSync(join(folder, workspace), { recursive: true })
      copyFileSync(join(root, workspace, 'package.json'), join(folder, workspace, 'package.json'))
    }
    cpSync(join(root, '.npmrc'), join(folder, '.npmrc'))
    say('Resolving every dependency …')
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
    copyFileSync(join(folder, 'package-lock.json'), join(root, 'package-lock.json'))
    const count = Object.keys(lock.packages).length
    say(`package-lock.json has ${count} entries, ${nativePackages(lock).length} of them native.`)
    say('Run `npm run check-lock` to try it for every system, then `npm ci`.')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
