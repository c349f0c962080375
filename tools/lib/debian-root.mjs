import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { rename, symlink, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execute, executeNpm, npmFolder, root as repository } from './spawn.mjs'
import { requireSystemPackages, succeeds } from './system-packages.mjs'
import { Stop, say } from './terminal.mjs'

const needed = ['debootstrap', 'git'].map(name => ({
  packages: [name],
  check: () => succeeds(name, ['--version']),
}))

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The variables that decide how this machine reaches its registry. */
const networkVariables =
  /^((https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|npm_config_(registry|ca|cafile|(https_|no)?proxy|strict_ssl))$/i

/**
 * The bare system of this machine's release of Debian, as debootstrap makes it; made once, then kept in the cache.
 *
 * @returns its folder, which is not to be changed
 */
export async function bareDebian({ rebuild, signal }) {
  const about = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const [, release] = /^VERSION_CODENAME=(\S+)$/m.exec(about) ?? []
  if (!/^ID=debian$/m.test(about) || release === undefined || process.getuid() !== 0) {
    throw new Stop(
      'A fresh machine is a Debian in a folder, which takes Debian and root to make: run this as root.',
    )
  }
  await requireSystemPackages(needed)
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'bothways', `debian-${release}`)
  if (rebuild) await removeTree(folder)
  if (existsSync(folder)) return folder
  say(`Building a bare Debian ${release} in ${folder} …`)
  mkdirSync(dirname(folder), { recursive: true })
  const partial = mkdtempSync(`${folder}-`)
  try {
    const command = ['debootstrap', '--variant=minbase', release, partial, await mirrorOf(release)]
    const { code, output } = await isolate(command, { signal })
    if (code !== 0) throw new Stop(`${output}\ndebootstrap ended with ${code}.`)
    chmodSync(partial, 0o755)
    await rename(partial, folder)
  } finally {
    await removeTree(partial)
  }
  return folder
}

/** Where apt-get gets this release from. */
async function mirrorOf(release) {
  await outputOf('apt-get', ['update', '--quiet'])
  const format = '$(CODENAME) $(COMPONENT) $(REPO_URI)'
  const sources = await outputOf('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
  const [, mirror] = new RegExp(`^${release} main (\\S+)$`, 'm').exec(sources) ?? []
  if (mirror === undefined) throw new Stop(`apt-get has no source of Debian ${release}, main:\n${sources}`)
  return mirror
}

/** A copy of a bare system in a temporary folder, with this Node.js and its npm, and the network of this machine. */
export class DebianRoot {
  #folder
  #signal
  #env = { PATH: systemPath, HOME: '/root', TERM: process.env.TERM ?? 'dumb' }

  constructor(folder, signal) {
    this.#folder = folder
    this.#signal = signal
  }

  /** @param signal ends what runs within; {@link remove} is still to be called */
  static async copyOf(base, signal) {
    const it = new DebianRoot(mkdtempSync(join(tmpdir(), 'bothways-fresh-')), signal)
    try {
      await outputOf('cp', ['--archive', `${base}/.`, it.#folder])
      await it.#connect()
      await it.#addNode()
    } catch (error) {
      await it.remove()
      throw error
    }
    return it
  }

  /** Names, certificates, and where apt-get and npm get packages from. Other settings of apt on this machine stay out. */
  async #connect() {
    const bundle = '/etc/ssl/certs/ca-certificates.crt'
    for (const path of ['/etc/resolv.conf', '/etc/hosts', bundle]) this.#take(path)
    for (const path of ['/usr/share/keyrings', '/usr/local/share/ca-certificates']) this.#take(path)

    await removeTree(join(this.#folder, 'etc/apt'))
    this.#copy('/etc/apt', '/etc/apt', source => !source.startsWith('/etc/apt/apt.conf'))
    const settings = (await outputOf('apt-config', ['dump'])).match(/^Acquire::(?!IndexTargets).*$/gm) ?? []
    mkdirSync(join(this.#folder, 'etc/apt/apt.conf.d'))
    await writeFile(join(this.#folder, 'etc/apt/apt.conf.d/90network'), `${settings.join('\n')}\n`)
    for (const [, path] of settings.join('\n').matchAll(/"(\/.*)"/g)) this.#take(path)

    const { stdout } = await executeNpm(['config', 'list', '--json'], { capture: true })
    const { cafile, userconfig, globalconfig } = JSON.parse(stdout)
    this.#copy(userconfig, '/root/.npmrc')
    this.#copy(globalconfig, '/usr/local/etc/npmrc')
    if (cafile) this.#take(cafile)
    for (const [name, value] of Object.entries(process.env)) {
      if (!networkVariables.test(name)) continue
      this.#env[name] = value
      if (value.startsWith('/')) this.#take(value)
    }
  }

  async #addNode() {
    const npm = npmFolder()
    if (npm === undefined)
      throw new Stop('There is no npm beside this Node.js: start this with `npm run fresh`.')
    this.#copy(realpathSync(process.execPath), '/usr/local/bin/node')
    this.#copy(npm, '/usr/local/lib/node_modules/npm')
    for (const name of ['npm', 'npx']) {
      const script = `../lib/node_modules/npm/bin/${name}-cli.js`
      await symlink(script, join(this.#folder, 'usr/local/bin', name))
    }
    const { code, output } = await this.run(['npm', '--version'])
    if (code === 0) return
    throw new Stop(
      `${output}\nThis Node.js or its npm needs more than a bare Debian has: take one from https://nodejs.org/`,
    )
  }

  #take(path) {
    if (existsSync(path) && (statSync(path).isFile() || path.startsWith('/usr'))) this.#copy(path, path)
  }

  #copy(from, to, filter) {
    if (existsSync(from)) cpSync(from, join(this.#folder, to), { recursive: true, dereference: true, filter })
  }

  /** Puts a folder before the others in which programs are looked for. */
  prependPath(folder) {
    this.#env.PATH = `${folder}:${this.#env.PATH}`
  }

  /** Makes a new clone of this repository with a commit checked out. @returns its folder, as seen within */
  async clone(commit) {
    const folder = '/srv/bothways'
    const target = join(this.#folder, folder)
    await removeTree(target)
    // The repository may belong to somebody else than root, which Git wants to be told of.
    const uploadPack = "git -c safe.directory='*' upload-pack"
    const flags = ['--quiet', '--no-checkout', '--upload-pack', uploadPack]
    await outputOf('git', ['clone', ...flags, `file://${repository}`, target])
    await outputOf('git', ['-C', target, 'checkout', '--quiet', '--detach', commit])
    return folder
  }

  /**
   * Runs a program within, of the user with the id `user`; `onOutput` as for {@link isolate}.
   *
   * @returns its exit code and all that it has printed
   */
  async run(command, { cwd = '/', env = {}, user = 0, onOutput } = {}) {
    const enter = ['/bin/sh', '-c', enterRoot, this.#folder, `${user}:${user}`, cwd, ...command]
    const options = { env: { ...this.#env, ...env }, signal: this.#signal, onOutput }
    return await isolate(enter, options)
  }

  async remove() {
    await removeTree(this.#folder)
  }
}

/** The shell within has process id 1: it outlives Ctrl-C, does not let the command take its place, and collects orphans. */
const enterRoot = `set -e
mount -t proc proc "$0/proc"
mount --rbind /sys "$0/sys"
mount --bind /dev "$0/dev"
mount -t devpts -o ptmxmode=666 devpts "$0/dev/pts"
mount -t tmpfs tmpfs "$0/dev/shm"
user=$1; shift
exec chroot --userspec="$user" "$0" /bin/sh -c 'trap : INT; cd "$0" && "$@"; exit $?' "$@"`

/**
 * Runs a program that sees no other processes than its own. These and all that it mounts end with it.
 *
 * @param onOutput gets each piece of text, and a function that sends a signal as a terminal does: to all of them
 * @param signal ends them
 */
async function isolate(command, { env = process.env, signal, onOutput = () => {} }) {
  const flags = ['--mount', '--mount-proc', '--pid', '--fork', '--kill-child']
  const interrupted = new Stop('Interrupted.')
  if (signal.aborted) throw interrupted
  const child = spawn('unshare', [...flags, '--', ...command], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const sendAll = name => process.kill(-child.pid, name)
  const onAbort = () => sendAll('SIGKILL')
  signal.addEventListener('abort', onAbort)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text
      onOutput(text, sendAll)
    })
  }
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, by) => resolve(exitCode ?? by))
  })
  signal.removeEventListener('abort', onAbort)
  if (signal.aborted) throw interrupted
  return { code, output }
}

// It stays on its file system: should something be mounted there, that is not ours to empty.
async function removeTree(folder) {
  await outputOf('rm', ['--recursive', '--force', '--one-file-system', folder])
}

async function outputOf(program, args) {
  const { code, output, stdout } = await execute(program, args, { capture: true })
  if (code !== 0) throw new Stop(`${output}\n${program} ended with ${code}.`)
  return stdout
}
