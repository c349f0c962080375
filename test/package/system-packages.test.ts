import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findMissing, neededByTests } from '../../tools/lib/system-packages.mjs'
import { type SystemPrograms, systemPrograms } from '../../tools/lib/system-programs.mjs'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'bothways-programs-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes a program of the shell. @returns its path */
function program(name: string, script: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return path
}

const packageOf = {
  chromium: 'chromium',
  firefox: 'firefox-esr',
  nginx: 'nginx',
  haproxy: 'haproxy',
  caddy: 'caddy',
  apache: 'apache2',
  redis: 'redis-server',
  nats: 'nats-server',
  openssl: 'openssl',
  curl: 'curl',
  python: 'python3-websockets',
  cc: 'gcc',
  make: 'make',
  cxx: 'g++',
} as const satisfies Record<keyof SystemPrograms, string>

/** The problem that is found when a program of the tests does as the script says. */
async function problemOf(
  name: keyof SystemPrograms,
  script: string | undefined,
): Promise<string | undefined> {
  const path = script === undefined ? join(folder, 'nothing') : program(name, script)
  const need = neededByTests.find(({ packages }) => packages.includes(packageOf[name]))
  return await need?.check({ ...systemPrograms(), [name]: path })
}

test.each([
  ['chromium', 'that is not there', undefined, 'there is no such program'],
  ['chromium', 'that does not start', 'echo no libnss3 >&2; exit 127', 'no libnss3'],
  ['firefox', 'that is not there', undefined, 'there is no such program'],
  ['nginx', 'that is not there', undefined, 'there is no such program'],
  ['nginx', 'without TLS', 'echo configure arguments: --with-debug >&2', 'no --with-http_ssl_module'],
  ['haproxy', 'that is not there', undefined, 'there is no such program'],
  ['haproxy', 'of the old kind', 'echo HAProxy version 1.8.4', 'no HAProxy version'],
  ['caddy', 'that is not there', undefined, 'there is no such program'],
  ['apache', 'that is not there', undefined, 'there is no such program'],
  ['apache', 'without upgrades', 'echo Server version: Apache/2.4.38', 'no Apache'],
  ['redis', 'that is not there', undefined, 'there is no such program'],
  ['redis', 'that is too old', 'echo Redis server v=6.2.7', 'no v='],
  ['nats', 'that is not there', undefined, 'there is no such program'],
  ['nats', 'that is too old', 'echo nats-server: v2.8.4', 'no v2'],
  ['openssl', 'that is not there', undefined, 'there is no such program'],
  ['openssl', 'that cannot add extensions', 'echo " -subj val"', 'no -addext'],
  ['curl', 'that is not there', undefined, 'there is no such program'],
  ['curl', 'that is too old', 'echo curl 7.74.0', 'no ^curl'],
  ['python', 'that is not there', undefined, 'there is no such program'],
  [
    'python',
    'without the module',
    'echo "No module named websockets" >&2; exit 1',
    'No module named websockets',
  ],
  ['python', 'with an older one', 'echo 9.1', '9.1, the tests need 10.4 or newer'],
  ['python', 'with an older one', 'echo 10.3.9', '10.3.9, the tests need 10.4 or newer'],
  ['cc', 'that is not there', undefined, 'there is no such program'],
  ['make', 'that is not there', undefined, 'there is no such program'],
  ['cxx', 'that is not there', undefined, 'there is no such program'],
  ['cc', 'without headers', 'echo "stdio.h: No such file" >&2; exit 1', 'stdio.h: No such file'],
] as const)('A %s %s is missing, and it is said why', async (name, _, script, why) => {
  expect(await problemOf(name, script)).toContain(why)
})

test.each([
  ['chromium', 'echo Chromium 150.0'],
  ['chromium', 'echo Google Chrome 150.0'],
  ['firefox', 'echo Mozilla Firefox 140.5.0esr'],
  ['nginx', 'echo configure arguments: --with-http_ssl_module >&2'],
  ['haproxy', 'echo HAProxy version 2.6.12-1+deb12u4 2026/10/17'],
  ['caddy', 'echo v2.6.2 h1:wKoFIxpmOJLGl3QXoo6PNbYvGW4xLEgo32GPBEjWL8o='],
  ['apache', 'echo Server version: Apache/2.4.71 '],
  ['nats', 'echo nats-server: v2.10.3'],
  ['openssl', 'echo " -addext val"; exit 1'],
  ['curl', 'echo curl 7.88.1 x86_64-pc-linux-gnu'],
  ['curl', 'echo curl 8.14.1'],
  ['python', 'echo 10.4'],
  ['python', 'echo 10.4.1'],
  ['python', 'echo 10.10'],
  ['python', 'echo 16.0rc1'],
  ['cc', 'echo a warning >&2'],
] as const)('A %s that does `%s` is enough', async (name, script) => {
  expect(await problemOf(name, script)).toBeUndefined()
})

test('What another Python on the path has does not count where the system has its own', () => {
  const another = program('python3', 'echo 99.0')
  const { python } = systemPrograms({ PATH: folder })
  expect(python).toBe(existsSync('/usr/bin/python3') ? '/usr/bin/python3' : another)
})

test('CHROMIUM and FIREFOX name other browsers, unless they are empty', () => {
  expect(systemPrograms({ CHROMIUM: '/opt/chrome' }).chromium).toBe('/opt/chrome')
  expect(systemPrograms({ CHROMIUM: '' }).chromium).toBe('/usr/bin/chromium')
  expect(systemPrograms({ FIREFOX: '/opt/firefox' }).firefox).toBe('/opt/firefox')
  expect(systemPrograms({ FIREFOX: '' }).firefox).toBe('/usr/bin/firefox-esr')
})

test('One message names all that is missing, and one command for it', async () => {
  const nothing = join(folder, 'nothing')
  const programs = {
    python: nothing,
    chromium: nothing,
    firefox: nothing,
    nginx: nothing,
    haproxy: nothing,
    caddy: nothing,
    apache: nothing,
    redis: nothing,
    nats: nothing,
    openssl: nothing,
    curl: nothing,
    cc: nothing,
    make: nothing,
    cxx: nothing,
  }
  const missing = await findMissing(neededByTests, programs)
  expect(missing?.packages).toEqual(neededByTests.flatMap(({ packages }) => packages))
  expect(missing?.message).toContain(`--no-install-recommends ${missing?.packages.join(' ')}\n`)
})

/**
 * The first three are wherever Node.js is; `taskset` is used where it is there; `ip` is for `npm run two-hosts`, by hand; the
 * others are for `npm run fresh`, on Debian, which looks for `git` itself.
 */
const unchecked = ['node', 'npm', 'sh', 'bash', 'taskset', 'ip', 'apt-get', 'unshare', 'git']

function* sourcesOf(place: string): Generator<string> {
  for (const entry of readdirSync(join(root, place), { withFileTypes: true })) {
    const path = join(place, entry.name)
    if (entry.isDirectory()) {
      if (!['node_modules', 'dist', 'page'].includes(entry.name)) yield* sourcesOf(path)
    } else if (/\.[cm]?[jt]s$/.test(path)) yield path
  }
}

test('Nothing starts a program that is not looked for', () => {
  const starts =
    /\b(?:spawn|spawnSync|execFile|execFileSync|execSync|execute|runChild|startChild)\(\s*'([^']+)'/g
  const found = new Set<string>()
  for (const place of ['bench', 'drop-ins', 'examples', 'packages', 'test', 'tools']) {
    for (const path of sourcesOf(place)) {
      const text = readFileSync(join(root, path), 'utf8')
      for (const [, name = ''] of text.matchAll(starts)) found.add(name)
      if (path !== 'tools/lib/system-programs.mjs' && !path.startsWith('test/package/system-packages')) {
        expect(text, path).not.toMatch(/['"`]\/usr\/s?bin\//)
      }
    }
  }
  expect([...found].filter(name => !unchecked.includes(name))).toEqual([systemPrograms().openssl])
})
