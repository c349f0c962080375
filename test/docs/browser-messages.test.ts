import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server as NetServer } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { start, stopCommands } from '@bothways/test-support/command'
import { freePort } from '@bothways/test-support/free-port'
import { eventually } from '@bothways/test-support/workbench'
import { createServer, type Route, refuse, type ServerOptions } from 'bothways'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** The page of the documentation, whose first table has what Chromium prints. */
const text = await readFile(new URL('../../docs/how-to/when-it-does-not-connect.md', import.meta.url), 'utf8')
const table = text.slice(text.indexOf('## In the console'), text.indexOf('A 404 to a POST'))
const documented = [...table.matchAll(/^\| `([^`]+)`/gm)].map(match => match[1] ?? '')

const cleanups: (() => unknown)[] = []
let chromium: Chromium
let page: Page
const printed: string[] = []

beforeAll(async () => {
  // A name that somebody has let point to this machine.
  chromium = await launchChromium({ args: ['--host-resolver-rules=MAP rebound.example 127.0.0.1'] })
  cleanups.push(() => chromium.close())
  page = await chromium.context.newPage()
  page.on('console', message => printed.push(message.text()))
  await page.goto(await http((_, response) => response.end('<title>page</title>')))
})
afterAll(async () => {
  await stopCommands()
  for (const cleanup of cleanups.toReversed()) await cleanup()
})

async function listening(server: NetServer): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function http(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener)
  cleanups.push(() => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  return await listening(server)
}

/** Answers whatever comes with these bytes, made from the key of the handshake. */
async function tcp(answer: (key: string) => string): Promise<string> {
  const server = createTcpServer(socket => {
    socket.on('error', () => {})
    socket.once('data', head => {
      socket.write(answer(/Sec-WebSocket-Key: (\S+)/i.exec(head.toString('latin1'))?.[1] ?? ''))
    })
    cleanups.push(() => socket.destroy())
  })
  cleanups.push(() => server.close())
  return await listening(server)
}

const switching = (accept: string) =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
const acceptOf = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

async function bothways(
  options: ServerOptions<true> = {},
  route: Route<true> = {},
  path = '/',
): Promise<string> {
  const authenticate = options.authenticate ?? (() => true)
  const server = createServer<true>({ origins: '*', ...options, authenticate }).route(path, route)
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  return (await server.listen()).url
}

async function bothwaysOverTls(): Promise<string> {
  const { cert, key } = await makeCertificate()
  const server = createServer({ origins: '*' }).route('/', {})
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  return (await server.listen({ tls: { cert, key } })).url
}

/** The method that the page's script calls on a new socket at once. */
type Then = 'send' | 'close' | undefined

/** Resolves when it is known what becomes of the socket: Chromium puts off who has failed often, and a machine may be busy. */
async function connect(url: string, protocols: string[] = [], then?: Then, tab = page): Promise<void> {
  await tab.evaluate(
    async ({ url, protocols, then }) => {
      try {
        const socket = new WebSocket(url, protocols)
        const known = new Promise(resolve => {
          socket.onopen = socket.onerror = socket.onclose = resolve
        })
        if (then === 'send') socket.send('too early')
        if (then === 'close') socket.close()
        await known
      } catch (error) {
        console.error((error as Error).message)
      }
    },
    { url, protocols, then },
  )
}

/** One more connection than there is room for. */
async function crowd(options: ServerOptions<true>): Promise<void> {
  const url = await bothways(options, { open: socket => void socket.send('first') })
  await page.evaluate(async url => {
    const first = new WebSocket(url)
    await new Promise(resolve => {
      first.onmessage = resolve
    })
  }, url)
  await connect(url)
}

const answering = (status: number, headers: Record<string, string> = {}) =>
  http((_, response) => response.writeHead(status, headers).end())

/** How each is brought about. */
const causes: Readonly<Record<string, () => Promise<void>>> = {
  'Still in CONNECTING state': async () => connect(await bothways(), [], 'send'),
  "The URL's scheme must be either": () => connect('ftp://127.0.0.1/'),
  'net::ERR_CONNECTION_REFUSED': async () => connect(`ws://127.0.0.1:${await freePort()}/`),
  'net::ERR_SSL_PROTOCOL_ERROR': async () => connect((await bothways()).replace('ws:', 'wss:')),
  'net::ERR_CERT_AUTHORITY_INVALID': async () => connect(await bothwaysOverTls()),
  'An insecure WebSocket connection may not be initiated from a page loaded over HTTPS': async () => {
    const tab = await chromium.context.newPage()
    tab.on('console', message => printed.push(message.text()))
    await tab.route('https://example.com/', route => route.fulfill({ body: 'a page over HTTPS' }))
    await tab.goto('https://example.com/')
    await connect('ws://192.0.2.1/', [], undefined, tab)
  },
  'Unexpected response code: 200': async () => connect(await http((_, response) => response.end('a page'))),
  'Unexpected response code: 301': async () => connect(await answering(301, { Location: '/other' })),
  'Unexpected response code: 400': async () =>
    connect(await bothways({}, { protocols: ['chat.v2'] }), ['chat.v1']),
  'HTTP Authentication failed; no valid credentials available': async () => {
    const authenticate = () => {
      throw refuse(401, 'Who are you?')
    }
    await connect(await bothways({ authenticate }))
  },
  'Unexpected response code: 403': async () => connect(await bothways({ origins: [] })),
  'Unexpected response code: 404': async () => connect(await bothways({}, {}, '/elsewhere')),
  'Unexpected response code: 421': async () => {
    const { port } = new URL(/http\S+/.exec(await start('serve', '--port', '0', '--no-page'))?.[0] ?? '')
    await connect(`ws://rebound.example:${port}/echo`)
  },
  'Unexpected response code: 426': async () => connect(await answering(426, { Upgrade: 'websocket' })),
  'Unexpected response code: 429': () => crowd({ maxConnectionsPerAddress: 1 }),
  'Unexpected response code: 503': () => crowd({ maxConnections: 1 }),
  'Connection closed before receiving a handshake response': async () =>
    connect((await bothwaysOverTls()).replace('wss:', 'ws:')),
  "Incorrect 'Sec-WebSocket-Accept' header value": async () =>
    connect(await tcp(() => switching(acceptOf('another key')))),
  "Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received": async () =>
    connect(await bothways(), ['chat']),
  'WebSocket is closed before the connection is established': async () =>
    connect(await bothways(), [], 'close'),
  'Invalid frame header': async () =>
    connect(await tcp(key => `${switching(acceptOf(key))}HTTP/1.1 400 Bad Request\r\n\r\n`)),
}

/** The messages that depend on the network outside of this machine. */
const untried = ['net::ERR_NAME_NOT_RESOLVED']

test('Every text of the page is tried', () => {
  expect(documented.toSorted()).toEqual([...Object.keys(causes), ...untried].toSorted())
})

test.each(Object.entries(causes))('Chromium says: %s', async (message, cause) => {
  printed.length = 0
  await cause()
  await eventually(() => printed.join('\n')).toContain(message)
})

test('What the README quotes is what this page quotes', async () => {
  for (const readme of ['README.md', 'README.zh-CN.md']) {
    const content = await readFile(new URL(`../../${readme}`, import.meta.url), 'utf8')
    const quoted = [...content.matchAll(/^\| `([^`]+)` \|/gm)].map(match => match[1] ?? '')
    const texts = quoted.filter(it => it.includes(' ') || it.startsWith('net::'))
    expect(texts.length).toBeGreaterThanOrEqual(7)
    expect(documented).toEqual(expect.arrayContaining(texts))
  }
})
