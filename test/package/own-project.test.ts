import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runNpm } from '@bothways/test-support/npm'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { absoluteLinks, packAll, publicPackages } from '../../tools/lib/packing.mjs'

// The steps of docs/how-to/use-in-your-project.md, done in an empty folder with the tarballs.

const root = join(import.meta.dirname, '../..')
let folder: string
let tarballs: readonly string[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bothways-own-project-'))
  tarballs = await packAll(publicPackages(), join(folder, 'release'), undefined)
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tarball = (name: string) => `file:${tarballs.find(path => path.endsWith(`${name}-0.1.0.tgz`))}`

/** Makes a project and installs what it depends on, without the network. */
function project(name: string, manifest: object): string {
  const place = join(folder, name)
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, private: true, ...manifest }))
  runNpm(['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error'], place)
  return place
}

const own = () => ({ '@bothways/protocol': tarball('bothways-protocol'), bothways: tarball('bothways') })
const node = (cwd: string, ...args: string[]) =>
  execFileSync(process.execPath, args, { cwd, encoding: 'utf8' })

const talk = `
  const server = createServer()
  server.route('/echo', { message: (socket, message) => socket.send(message) })
  server.listen().then(({ url }) => {
    const socket = new WebSocket(url + 'echo')
    socket.onopen = () => socket.send('hello')
    socket.onmessage = event => { console.log(event.data); server.close() }
  })`

const contracted = `
  import { createHub, createServer, type Schema, TopicsHttp, topicsRoute } from 'bothways'
  declare const text: Schema<string, string>
  const contract = { topics: { 'room/:id': { data: text } }, methods: { length: { input: text } } }
  const hub = createHub({ contract, topics: { 'room/:id': { presence: true } } })
  const users = createHub<{ name: string }, typeof contract>({ contract, userId: user => user.name })
  new TopicsHttp(hub)
  createServer()
    .route('/bothways', topicsRoute(hub))
    .route('/users', topicsRoute(users, { authenticateToken: () => ({ user: { name: 'ann' } }) }))
    .meet(hub)`

test('A program runs from the tarballs, as an ES module, as CommonJS and from TypeScript', () => {
  const place = project('own', { dependencies: own() })
  writeFileSync(join(place, 'a.mjs'), `import { createServer, WebSocket } from 'bothways'\n${talk}`)
  writeFileSync(join(place, 'b.cjs'), `const { createServer, WebSocket } = require('bothways')\n${talk}`)
  expect(node(place, 'a.mjs')).toBe('hello\n')
  expect(node(place, 'b.cjs')).toBe('hello\n')
  writeFileSync(join(place, 'c.mts'), `import { createServer, WebSocket } from 'bothways'\n${talk}`)
  // The types as they are shipped: types inferred from sources may not be inferred from them.
  writeFileSync(join(place, 'd.mts'), contracted)
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  expect(
    node(place, tsc, '--strict', '--module', 'nodenext', '--target', 'es2022', ...types, 'c.mts', 'd.mts'),
  ).toBe('')
  expect(node(place, 'c.mjs')).toBe('hello\n')
})

test('The types of the client need no other package, and know a contract', () => {
  const place = project('client', { dependencies: { '@bothways/client': tarball('bothways-client') } })
  writeFileSync(
    join(place, 'a.mts'),
    `
    import { createClient } from '@bothways/client'
    const client = createClient<{ topics: { 'room/:id': { data: { text: string } } } }>('ws://127.0.0.1/bothways')
    void client.topic('room/42').publish({ text: 'hello' })
    // @ts-expect-error: other data
    void client.topic('room/42').publish({ text: 1 })
    // @ts-expect-error: there is no such topic
    client.topic('rooms/42')`,
  )
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const check = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022', 'a.mts']
  expect(node(place, tsc, '--module', 'nodenext', ...check)).toBe('')
  expect(node(place, tsc, '--module', 'esnext', '--moduleResolution', 'bundler', ...check)).toBe('')
})

test('The command comes with its tarball', () => {
  const dependencies = {
    ...own(),
    '@bothways/cli': tarball('bothways-cli'),
    '@bothways/client': tarball('bothways-client'),
    '@bothways/socket.io': tarball('bothways-socket.io'),
    '@bothways/nats': tarball('bothways-nats'),
    '@bothways/redis': tarball('bothways-redis'),
    '@bothways/sqlite': tarball('bothways-sqlite'),
  }
  const place = project('command', { dependencies })
  expect(node(place, 'node_modules/@bothways/cli/bin/bothways.js', '--version')).toBe('0.1.0\n')
})

test('An override with the key ws@8 reaches a dependency that asks for ws 8', () => {
  const dependent = (name: string, range: string) => {
    const place = join(folder, name)
    mkdirSync(place)
    const manifest = { name, version: '1.0.0', dependencies: { ws: range } }
    writeFileSync(join(place, 'package.json'), JSON.stringify(manifest))
    writeFileSync(join(place, 'index.js'), "module.exports = require('ws/package.json').name")
    runNpm(['pack', '--loglevel=error'], place)
    return `file:${join(place, `${name}-1.0.0.tgz`)}`
  }
  const dependencies = { ...own(), eight: dependent('eight', '^8.0.0') }
  const place = project('override', { dependencies, overrides: { 'ws@8': tarball('bothways-ws') } })
  expect(node(place, '-p', "require('eight')")).toBe('@bothways/ws\n')
})

test('A page that Vite bundles is told in one sentence what to use instead', async () => {
  const place = project('page', { dependencies: own(), type: 'module' })
  writeFileSync(join(place, 'index.html'), '<script type="module" src="/main.js"></script>')
  writeFileSync(
    join(place, 'main.js'),
    "import { createServer, WebSocket } from 'bothways'\nconsole.log(createServer, WebSocket)",
  )
  await build({ root: place, logLevel: 'silent', build: { minify: false } })
  const assets = join(place, 'dist/assets')
  const bundle = readdirSync(assets)
    .map(name => readFileSync(join(assets, name), 'utf8'))
    .join('\n')
  expect(bundle).toContain('in a browser use the built-in WebSocket')
  expect(bundle).not.toContain('node:')
})

test('Links of a README lead into the repository', () => {
  const text =
    '[a](../../docs/README.md) [b](LICENSE) [c](https://example.com) [d](#more) [e](../../docs/x.md#y)'
  expect(absoluteLinks(text, 'packages/bothways', 'https://host/blob/main')).toBe(
    '[a](https://host/blob/main/docs/README.md) [b](https://host/blob/main/packages/bothways/LICENSE) [c](https://example.com) [d](#more) [e](https://host/blob/main/docs/x.md#y)',
  )
})
