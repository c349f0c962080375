import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Stop, say } from './say.mjs'
import { execute } from './spawn.mjs'

/** The benchmark's load is a program in C. */
export const compiler = [
  { name: 'gcc', isThere: () => isOnPath('cc') },
  { name: 'libc6-dev', isThere: () => !isOnPath('apt-get') || existsSync('/usr/include/stdio.h') },
]

/** What the tests need of other people, by the name of its package in Debian and Ubuntu. */
export const neededByTests = [
  { name: 'chromium', isThere: () => isOnPath('chromium') },
  { name: 'nginx', isThere: () => isOnPath('nginx') },
  { name: 'python3-websockets', isThere: () => hasPythonModule('websockets') },
  // What python3-socketio sends its requests with and has its WebSockets from, it only suggests.
  { name: 'python3-socketio', isThere: () => hasPythonModule('socketio') },
  { name: 'python3-requests', isThere: () => hasPythonModule('requests') },
  { name: 'python3-websocket', isThere: () => hasPythonModule('websocket') },
  ...compiler,
]

/** Makes sure that programs of the system are installed; as root on Debian it installs them. */
export async function requireSystemPackages(needed) {
  const missing = await findMissing(needed)
  if (missing.length === 0) return
  const install = ['install', '--yes', '--no-install-recommends', ...missing]
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !isOnPath('apt-get')) {
    throw new Stop(
      `This needs ${missing.join(', ')}. On Debian or Ubuntu: sudo apt-get ${install.join(' ')}\n` +
        'Elsewhere install the same under the names it has there; the tests of the packages need none of it: ' +
        'npm test -- packages',
    )
  }
  say(`Installing ${missing.join(', ')} with apt-get …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { capture: true, env }
  await execute('apt-get', ['update', '--quiet'], options)
  const { output } = await execute('apt-get', install, options)
  const still = await findMissing(needed)
  if (still.length > 0) {
    throw new Stop(
      `${output}\nCould not install ${still.join(', ')}: run \`apt-get ${install.join(' ')}\` and see why.`,
    )
  }
}

async function findMissing(needed) {
  const missing = []
  for (const { name, isThere } of needed) if (!(await isThere())) missing.push(name)
  return missing
}

// Debian keeps nginx in sbin, which is not on everybody's path.
function isOnPath(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.some(folder => existsSync(join(folder, command)))
}

// The first python3 on the path may be another one than the one of the system.
async function hasPythonModule(name) {
  for (const python of ['/usr/bin/python3', 'python3']) {
    try {
      const { code } = await execute(python, ['-c', `import ${name}`], { capture: true })
      if (code === 0) return true
    } catch {
      // there is no such Python: try the next
    }
  }
  return false
}
