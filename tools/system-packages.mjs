import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Stop, say } from './say.mjs'
import { execute } from './spawn.mjs'

/** Programs of other people that the tests talk to, by the name of their package in Debian and Ubuntu. */
const needed = [
  { name: 'chromium', isThere: () => isOnPath('chromium') },
  { name: 'nginx', isThere: () => isOnPath('nginx') },
  { name: 'python3-websockets', isThere: hasPythonWebsockets },
]

/** Makes sure that the other ends of the interoperation tests are installed; as root on Debian it installs them. */
export async function requireSystemPackages() {
  const missing = await findMissing()
  if (missing.length === 0) return
  const install = ['install', '--yes', '--no-install-recommends', ...missing]
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !isOnPath('apt-get')) {
    throw new Stop(
      `The tests need ${missing.join(', ')}. On Debian or Ubuntu: sudo apt-get ${install.join(' ')}\n` +
        'Elsewhere install Chromium, nginx and the `websockets` package of Python 3, or run a part: npm test -- packages',
    )
  }
  say(`Installing ${missing.join(', ')} with apt-get …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { capture: true, env }
  await execute('apt-get', ['update', '--quiet'], options)
  const { output } = await execute('apt-get', install, options)
  const still = await findMissing()
  if (still.length > 0) {
    throw new Stop(
      `${output}\nCould not install ${still.join(', ')}: run \`apt-get ${install.join(' ')}\` and see why.`,
    )
  }
}

async function findMissing() {
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
async function hasPythonWebsockets() {
  for (const python of ['/usr/bin/python3', 'python3']) {
    try {
      const { code } = await execute(python, ['-c', 'import websockets'], { capture: true })
      if (code === 0) return true
    } catch {
      // there is no such Python: try the next
    }
  }
  return false
}
