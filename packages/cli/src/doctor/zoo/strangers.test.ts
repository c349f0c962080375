import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { makeCertificate } from '@bothways/test-support/certificate'
import { startChild } from '@bothways/test-support/child'
import { afterAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { systemPrograms } from '../../../../../tools/lib/system-programs.mjs'
import type { DiagnoseOptions } from '../diagnose.ts'
import {
  accept,
  answering,
  closeAll,
  examine,
  http,
  isUpgrade,
  later,
  open,
  rawServer,
  switching,
} from './keeper.ts'

afterAll(closeAll)

const root = join(import.meta.dirname, '../../../../..')
const express = createRequire(join(root, 'test/dependents/package.json'))('express')
const { Server: SocketIo } = createRequire(import.meta.url)('socket.io')
const { Server: SocketIo3 } = createRequire(join(root, 'test/runtimes/package.json'))('socket.io-3')

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** A server as people write it with node:http. */
async function nodeServer(onRequest?: RequestListener, onUpgrade?: OnUpgrade): Promise<number> {
  const server = createServer(onRequest ?? ((_, response) => response.writeHead(404).end('nope')))
  if (onUpgrade !== undefined) server.on('upgrade', onUpgrade)
  return await open(server)
}

/** The head of a 101, and the bytes behind it. */
const then =
  (bytes: string | Buffer): OnUpgrade =>
  ({ headers }, socket) => {
    socket.write(switching(`Sec-WebSocket-Key: ${headers['sec-websocket-key']}`))
    socket.write(bytes)
  }

const socketIo = async (options: object) => {
  const server = createServer((_, response) => response.writeHead(404).end())
  const io = new SocketIo(server, { wsEngine: WebSocketServer, ...options })
  later(() => io.close())
  return await open(server)
}

/** The server, the path, and the one code; undefined: no error or warning. */
const cases: Readonly<
  Record<string, readonly [start: () => Promise<number>, code: string | undefined, path?: string]>
> = {
  'An interceptor of Express that answers JSON': [
    async () => {
      const app = express()
      app.use((_: unknown, response: { json(value: unknown): void }) => {
        response.json({ code: 401, msg: '未登录' })
      })
      const server = createServer(app)
      new WebSocketServer({ noServer: true })
      return await open(server)
    },
    'HTTP_ANSWERED',
  ],
  'Express whose every page leads to the login': [
    () =>
      nodeServer(
        express().use((_: unknown, response: { redirect(to: string): void }) => response.redirect('/login')),
      ),
    'REDIRECTED',
  ],
  'Express on one server, ws on another': [() => nodeServer(express()), 'NOT_FOUND'],
  'An upgrade that is refused by hand without a length': [
    () => nodeServer(undefined, (_, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')),
    'AUTHENTICATION',
  ],
  'A 101 of one line': [
    () => nodeServer(undefined, (_, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')),
    'UPGRADE_HEADER_MISSING',
  ],
  'A 101 of the drafts of 2010': [
    () =>
      answering(
        () =>
          'HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Origin: http://x\r\nSec-WebSocket-Location: ws://x/\r\n\r\n0123456789abcdef',
      ),
    'ACCEPT_MISSING',
  ],
  'A 200 with the headers of a 101': [
    () => answering(head => switching(head).replace('101 Switching Protocols', '200 OK')),
    'HTTP_ANSWERED',
  ],
  'Two listeners that both accept': [
    async () => {
      const server = createServer()
      for (const bytes of ['', '']) server.on('upgrade', then(bytes))
      return await open(server)
    },
    'SECOND_ANSWER',
  ],
  'JSON without a frame': [() => nodeServer(undefined, then('{"hello":"world"}')), 'RESERVED_BITS'],
  'An accept key over the key and its carriage return': [
    () =>
      answering(head =>
        isUpgrade(head)
          ? switching(head).replace(accept(head), accept(head.replace(/(Sec-WebSocket-Key: \S+)/i, '$1x')))
          : http('404 Not Found'),
      ),
    'ACCEPT_WRONG',
  ],
  'A hint before a page': [
    () =>
      answering(
        () => `HTTP/1.1 103 Early Hints\r\nLink: </x.css>; rel=preload\r\n\r\n${http('200 OK', '<html>')}`,
      ),
    'HTTP_ANSWERED',
  ],
  'Two WebSocket servers by hand, which destroy what is not theirs': [
    () => {
      const wss = new WebSocketServer({ noServer: true })
      return nodeServer(undefined, (request, socket, head) => {
        if (request.url === '/ws') wss.handleUpgrade(request, socket, head, () => {})
        else socket.destroy()
      })
    },
    'WRONG_PATH',
  ],
  'A process that an upgrade ends': [
    async () => {
      const program = `const server = require('http').createServer((_, response) => response.end('page'))
        server.on('upgrade', () => process.exit(1))
        server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
      const child = await startChild(process.execPath, ['-e', program])
      later(() => child.stop())
      return Number(child.firstLine)
    },
    'ENDED_WITHOUT_ANSWER',
  ],
  'The file server of Python': [
    async () => {
      const program =
        'import http.server as h; s = h.HTTPServer(("127.0.0.1", 0), h.SimpleHTTPRequestHandler); print(s.server_port, flush=True); s.serve_forever()'
      const child = await startChild(systemPrograms().python, ['-c', program])
      later(() => child.stop())
      return Number(child.firstLine)
    },
    'NOT_FOUND',
    '/no-such-file',
  ],
  'A page in GBK, in chunks': [
    () =>
      answering(() =>
        Buffer.concat([
          Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n'),
          Buffer.from([0xc4, 0xe3, 0xba, 0xc3]),
          Buffer.from('\r\n0\r\n\r\n'),
        ]),
      ),
    'HTTP_ANSWERED',
  ],
  'Bytes of its own before HTTP': [() => answering(() => `\0\0\0${http('200 OK', 'page')}`), 'NOT_HTTP'],
  'Another word for HTTP': [() => answering(() => 'ICY 200 OK\r\n\r\n'), 'NOT_HTTP'],
  'A tunnel of Cloudflare that is down': [
    () => answering(() => http('530 Origin DNS Error', 'error code: 1033', 'Server: cloudflare\r\n')),
    'CLOUDFLARE_ORIGIN',
  ],
  'A handler that fails for upgrades only': [
    () =>
      nodeServer(
        (_, response) => response.end('page'),
        (_, socket) => socket.end(http('500 Internal Server Error', 'Error: boom')),
      ),
    'SERVER_ERROR',
  ],
  'A server that waits a second and a half, then resets': [
    () =>
      answering((_, socket) => {
        setTimeout(() => (socket as { resetAndDestroy?(): void }).resetAndDestroy?.(), 1500)
        return undefined
      }),
    'ENDED_WITHOUT_ANSWER',
  ],
  'nginx as it closes on purpose (444)': [
    () => rawServer(socket => socket.once('data', () => socket.end())),
    'ENDED_WITHOUT_ANSWER',
  ],
  'A welcome, and a close frame': [
    async () => {
      const server = createServer()
      new WebSocketServer({ server }).on('connection', socket => {
        socket.send('welcome')
        socket.close(4401, 'token required')
      })
      return await open(server)
    },
    'CLOSED_AT_ONCE',
  ],
  'Socket.IO without the transport': [
    () => socketIo({ transports: ['polling'] }),
    'SOCKET_IO_POLLING_ONLY',
    '/socket.io/?EIO=4&transport=websocket',
  ],
  'Socket.IO that refuses the request': [
    () =>
      socketIo({
        allowRequest: (_: unknown, done: (error: string, ok: boolean) => void) => done('no', false),
      }),
    'BAD_REQUEST',
    '/socket.io/?EIO=4&transport=websocket',
  ],
  'Socket.IO at a path of its own': [() => socketIo({ path: '/live' }), 'SOCKET_IO_SERVER', '/live'],
  'Socket.IO that does not know the session': [
    () => socketIo({}),
    'SOCKET_IO_NOT_STICKY',
    '/socket.io/?EIO=4&transport=websocket&sid=nobody',
  ],
  'Socket.IO 3 that is asked for version 3 of Engine.IO and falls silent': [
    async () => {
      const server = createServer()
      const io = new SocketIo3(server)
      later(() => io.close())
      return await open(server)
    },
    'SOCKET_IO_VERSION',
    '/socket.io/?EIO=3&transport=websocket',
  ],
  'Vite, whose own upgrade listener ignores all but its hot reload': [
    async () => {
      const vite = await import(createRequire(join(root, 'packages/workbench/package.json')).resolve('vite'))
      const server = await vite.createServer({
        configFile: false,
        root: import.meta.dirname,
        logLevel: 'silent',
        optimizeDeps: { noDiscovery: true },
        server: { port: 0, host: '127.0.0.1', watch: null },
      })
      later(() => server.close())
      await server.listen()
      return server.httpServer.address().port
    },
    'UPGRADE_IGNORED',
  ],
}

test.concurrent.each(Object.entries(cases))(
  '%s is told as such',
  async (_, [start, code, path = '/chat']) => {
    const told = await examine(`ws://127.0.0.1:${await start()}${path}`, { totalMs: 5000 })
    expect(told.problems).toEqual(code === undefined ? [] : [code])
  },
)

test.concurrent('A port that drops packets is told within four seconds', async () => {
  // A full queue of connections that nobody takes: Linux drops the packets that come then.
  const program = `import socket, sys
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(0); port = server.getsockname()[1]
held = []
for _ in range(3):
    client = socket.socket(); client.setblocking(False); client.connect_ex(("127.0.0.1", port)); held.append(client)
print(port, flush=True); sys.stdin.read()`
  const child = await startChild(systemPrograms().python, ['-c', program])
  later(() => child.stop())
  expect((await examine(`ws://127.0.0.1:${child.firstLine}/`)).problems).toEqual(['NO_ANSWER'])
})

test.concurrent('TLS that ends in each way before it stands is told', async () => {
  const ends = await open(createTcpServer(socket => socket.once('data', () => socket.end())))
  const resets = await open(createTcpServer(socket => socket.once('data', () => socket.resetAndDestroy())))
  const { cert, key } = await makeCertificate()
  const unnamed = await rawServer(() => {}, {
    cert,
    key,
    SNICallback: (name, done) => done(new Error(`no certificate for ${name}`)),
  })
  const options: DiagnoseOptions = { isInsecure: true }
  for (const port of [ends, resets, unnamed]) {
    expect((await examine(`wss://localhost:${port}/`, options)).problems).toEqual(['TLS_FAILED'])
  }
})
