import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execute } from './spawn.mjs'
import { systemPrograms } from './system-programs.mjs'
import { Stop, say } from './terminal.mjs'

/**
 * The benchmark's load is a program in C.
 *
 * A need has packages of Debian and Ubuntu that bring it, and a check: it runs the very program that will be run, and
 * says what is wrong with it, or undefined.
 */
export const compiler = [
  {
    packages: ['gcc', 'libc6-dev'],
    check: ({ cc }) => succeeds(cc, ['-include', 'stdio.h', '-fsyntax-only', '-x', 'c', '/dev/null']),
  },
]

/**
 * The software of other people that the tests need. The versions are those of Debian 12, the oldest that the tests have
 * been seen to pass with.
 */
export const neededByTests = [
  { packages: ['chromium'], check: ({ chromium }) => prints(chromium, ['--version'], /Chrom/) },
  { packages: ['firefox-esr'], check: ({ firefox }) => prints(firefox, ['--version'], /Firefox/) },
  { packages: ['nginx'], check: ({ nginx }) => prints(nginx, ['-V'], /--with-http_ssl_module/) },
  {
    packages: ['haproxy'],
    check: ({ haproxy }) => prints(haproxy, ['-v'], /HAProxy version 2\.[4-9]|HAProxy version [3-9]/),
  },
  { packages: ['caddy'], check: ({ caddy }) => prints(caddy, ['version'], /^v?2\./m) },
  // Older ones have no `upgrade=websocket`.
  {
    packages: ['apache2'],
    check: ({ apache }) => prints(apache, ['-v'], /Apache\/2\.4\.(4[7-9]|[5-9]\d|\d{3})/),
  },
  { packages: ['redis-server'], check: ({ redis }) => prints(redis, ['--version'], /v=(?:[7-9]|\d{2,})\./) },
  // Older ones publish nothing again.
  {
    packages: ['nats-server'],
    check: ({ nats }) => prints(nats, ['--version'], /v2\.(?:9|\d{2,})\.|v[3-9]\./),
  },
  // Older ones cannot put alternative names into a certificate.
  { packages: ['openssl'], check: ({ openssl }) => prints(openssl, ['req', '-help'], /-addext/) },
  // Older ones have no `--fail-with-body`.
  {
    packages: ['curl'],
    check: ({ curl }) => prints(curl, ['--version'], /^curl (?:7\.(?:7[6-9]|8)|[89]\.)/),
  },
  // Debian's smallest Python lacks most of its own library.
  { packages: ['python3'], check: ({ python }) => succeeds(python, ['-c', 'import asyncio, pty, ssl']) },
  pythonModule('python3-websockets', 'websockets', 'websockets', '10.4'),
  pythonModule('python3-socketio', 'socketio', 'python-socketio', '5.7'),
  // python3-socketio only suggests the modules that it sends its requests with and has its WebSockets from.
  pythonModule('python3-requests', 'requests', 'requests', '2.28'),
  pythonModule('python3-websocket', 'websocket', 'websocket-client', '1.2'),
  ...compiler,
  // For better-sqlite3 (`sqlite-binding.mjs`).
  { packages: ['make'], check: ({ make }) => succeeds(make, ['--version']) },
  { packages: ['g++'], check: ({ cxx }) => succeeds(cxx, ['--version']) },
]

/** The module may come with another distribution of the same name, or with none. */
function pythonModule(name, module, distribution, oldest) {
  const program = `import importlib.metadata, ${module}; print(importlib.metadata.version('${distribution}'))`
  return {
    packages: [name],
    async check({ python }) {
      const { code, output } = await attempt(python, ['-c', program])
      const said = lastLine(output)
      if (code !== 0) return `${python}: ${said}`
      return isOlder(said, oldest) ? `${python} has ${said}, the tests need ${oldest} or newer` : undefined
    },
  }
}

/** Makes sure that what is needed is there; as root on Debian it installs what is missing. */
export async function requireSystemPackages(needs) {
  const missing = await findMissing(needs)
  if (missing === undefined) return
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !isOnPath('apt-get')) {
    throw new Stop(
      `${missing.message}\nThe tests of the protocol need none of these: npm test -- packages/protocol`,
    )
  }
  say(`Installing ${missing.packages.join(', ')} with apt-get …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { capture: true, env }
  await execute('apt-get', ['update', '--quiet'], options)
  const { output } = await execute('apt-get', [...install, ...missing.packages], options)
  const still = await findMissing(needs)
  if (still !== undefined) throw new Stop(`${output}\napt-get did not bring everything. ${still.message}`)
}

const install = ['install', '--yes', '--no-install-recommends']

/**
 * Looks for the packages that are needed.
 *
 * @returns undefined when they are there; else the packages that would bring the rest, and a message that says what is
 * wrong with each need and which command mends all
 */
export async function findMissing(needs, programs = systemPrograms()) {
  const packages = []
  const lines = []
  for (const need of needs) {
    const problem = await need.check(programs)
    if (problem === undefined) continue
    packages.push(...need.packages)
    lines.push(`  ${need.packages.join(', ')} (${problem})`)
  }
  if (lines.length === 0) return undefined
  const message = [
    'This is needed, and missing or too old:',
    ...lines,
    `On Debian or Ubuntu: sudo apt-get ${[...install, ...packages].join(' ')}`,
    'Elsewhere install the same under the names it has there.',
  ].join('\n')
  return { packages, message }
}

/** Runs a program. @returns undefined when it ends with 0, else what it said */
export async function succeeds(program, args) {
  const { code, output } = await attempt(program, args)
  return code === 0 ? undefined : `${program}: ${lastLine(output)}`
}

async function prints(program, args, expected) {
  const { code, output } = await attempt(program, args)
  if (expected.test(output)) return undefined
  const said = code === 0 ? `no ${expected.source} in what \`${args.join(' ')}\` prints` : lastLine(output)
  return `${program}: ${said}`
}

async function attempt(program, args) {
  try {
    return await execute(program, args, { capture: true })
  } catch (error) {
    return { code: 1, output: error.code === 'ENOENT' ? 'there is no such program' : error.message }
  }
}

function lastLine(output) {
  return output.trimEnd().split('\n').at(-1)
}

function isOlder(version, oldest) {
  const [have, needed] = [version, oldest].map(text => text.split('.').map(Number.parseFloat))
  const at = needed.findIndex((part, place) => part !== (have[place] ?? 0))
  return at !== -1 && needed[at] > (have[at] ?? 0)
}

function isOnPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, command)))
}
