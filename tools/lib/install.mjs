import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lockDifferences, readJson } from './lock-file.mjs'
import { executeNpm, root } from './spawn.mjs'
import { inLocale, Stop, say } from './terminal.mjs'

/**
 * Installs the dependencies when node_modules does not have what the lock file says; else does nothing.
 *
 * @param project a folder with a lock file of its own, from the root; the root itself when left out
 */
export async function install(project = '') {
  requireNode()
  const folder = join(root, project)
  const differences = lockDifferences(folder)
  if (differences.length > 0) {
    if (process.env.CI) {
      throw new Stop(
        `${join(project, 'package-lock.json')} does not fit package.json (${differences[0]}): run \`npm run relock\` and commit it.`,
      )
    }
    await installWith('install', project, differences[0])
    return
  }
  const reason = staleness(folder)
  if (reason !== undefined) await installWith('ci', project, reason)
}

function requireNode() {
  const { engines } = readJson(join(root, 'package.json'))
  const floor = engines.node.replace('>=', '').split('.').map(Number)
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > floor[0] || (major === floor[0] && minor >= floor[1])) return
  throw new Stop(
    inLocale({
      en: `Bothways needs Node.js ${floor.join('.')} or newer; this is ${process.version}. Get one from https://nodejs.org/`,
      zh: `Bothways 需要 Node.js ${floor.join('.')} 或更新的版本，当前是 ${process.version}。请从 https://nodejs.org/ 获取。`,
    }),
  )
}

/** Why node_modules is not what the lock file asks for; undefined when it is. */
function staleness(project) {
  const hidden = join(project, 'node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return 'node_modules is missing'
  const installed = readJson(hidden).packages
  for (const [folder, locked] of Object.entries(readJson(join(project, 'package-lock.json')).packages)) {
    if (!folder.includes('node_modules/')) continue
    if (locked.link) {
      if (!existsSync(join(project, folder))) return `${folder} is missing`
    } else if (installed[folder] === undefined) {
      // Optional packages are absent where their system is another one; where it is ours, they must be there.
      if (!locked.optional || isNativeHere(locked)) return `${folder} is missing`
    } else if (installed[folder].version !== locked.version) {
      return `${folder} is ${installed[folder].version} instead of ${locked.version}`
    }
  }
  return undefined
}

// Which C library a Linux has is npm's to find out: packages that name one are left to it.
function isNativeHere({ os, cpu, libc }) {
  return libc === undefined && os?.includes(process.platform) === true && cpu?.includes(process.arch) === true
}

async function installWith(command, project, reason) {
  const what = project === '' ? 'dependencies' : project
  say(
    inLocale({
      en: `Installing ${what} with \`npm ${command}\` (${reason}) …`,
      zh: `正在用 \`npm ${command}\` 安装${what === 'dependencies' ? '依赖' : ` ${what}`}（${reason}）…`,
    }),
  )
  // The tools that build are development dependencies: they are wanted whatever NODE_ENV says.
  const flags = [
    '--include=dev',
    '--include=optional',
    // The root's .npmrc says these two, and npm does not read it for the other projects.
    '--ignore-scripts',
    '--omit-lockfile-registry-resolved',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--loglevel=error',
  ]
  const { code } = await executeNpm([command, ...flags], { cwd: join(root, project) })
  if (code !== 0) {
    throw new Stop(
      inLocale({
        en: `\`npm ${command}\` ended with ${code}. Read its message above, then run the command again.`,
        zh: `\`npm ${command}\` 以 ${code} 结束。请阅读它上面的信息，然后重新运行。`,
      }),
    )
  }
}
