import { createServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { startChild } from '@bothways/test-support/child'
import { startNginx } from '@bothways/test-support/nginx'
import { createServer as createBothways } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { bun, deno } from '../../../../../tools/lib/runtimes.mjs'
import { systemPrograms } from '../../../../../tools/lib/system-programs.mjs'
import { closeAll, examine, later, open } from './keeper.ts'

const root = join(import.meta.dirname, '../../../../..')
const requireHere = createRequire(import.meta.url)
const requireOther = createRequire(join(root, 'test/runtimes/package.json'))
const peers = join(root, 'test/interop/peers')

let certificate: Certificate
beforeAll(async () => {
  certificate = await makeCertificate()
})
afterAll(closeAll)

/** A server on an http.Server or https.Server. */
function attached(attach: (server: Server) => unknown): (isTls: boolean) => Promise<number> {
  return async isTls => {
    const server = isTls ? createHttpsServer(certificate) : createServer()
    attach(server as Server)
    return await open(server as Server)
  }
}

/** A server that is a program of its own, and prints its port. */
function program(command: string, args: readonly string[]): (isTls: boolean) => Promise<number> {
  return async isTls => {
    const tls = isTls ? [certificate.certPath, certificate.keyPath] : []
    const child = await startChild(command, [...args, 'deflate', ...tls])
    later(() => child.stop())
    return Number(child.firstLine)
  }
}

const socketIo = (io: (server: Server) => { close(): unknown }) =>
  attached(server => {
    const it = io(server)
    later(() => it.close())
  })

interface Peer {
  readonly start: (isTls: boolean) => Promise<number>
  readonly path?: string
  readonly protocols?: readonly string[]
  /** The words that name it in the report. */
  readonly note?: string
}

const engine = '/socket.io/?transport=websocket&EIO='

const peersByName: Readonly<Record<string, Peer>> = {
  ws: { start: attached(server => new WebSocketServer({ server, perMessageDeflate: true })) },
  websocket: {
    start: attached(httpServer => {
      const { server: WebsocketServer } = requireHere('websocket')
      new WebsocketServer({ httpServer, autoAcceptConnections: true })
    }),
  },
  Bothways: {
    async start(isTls) {
      const server = createBothways()
      server.route('/', { message: () => undefined })
      const { port } = await server.listen({ port: 0, ...(isTls && { tls: certificate }) })
      later(() => server.close())
      return port
    },
  },
  'Socket.IO 2': {
    start: socketIo(server => requireOther('socket.io-2')(server)),
    path: `${engine}3`,
    note: 'socket.io-client, version 2',
  },
  'Socket.IO 3': {
    start: socketIo(server => new (requireOther('socket.io-3').Server)(server)),
    path: `${engine}4`,
    note: 'socket.io-client, version 3 or 4',
  },
  'Socket.IO 4': {
    start: socketIo(server => new (requireHere('socket.io').Server)(server, { wsEngine: WebSocketServer })),
    path: `${engine}4`,
    note: 'socket.io-client, version 3 or 4',
  },
  'Socket.IO 4 that takes version 2, too': {
    start: socketIo(
      server => new (requireHere('socket.io').Server)(server, { wsEngine: WebSocketServer, allowEIO3: true }),
    ),
    path: `${engine}4`,
    note: 'socket.io-client, version 2, 3 or 4',
  },
  'python-websockets': {
    start: program(systemPrograms().python, [join(peers, 'server.py')]),
    protocols: ['a'],
  },
  Bun: { start: program(bun, [join(peers, 'server.mjs')]), protocols: ['a'] },
  Deno: {
    start: program(deno, ['run', '--allow-net', '--allow-read', join(peers, 'server.mjs')]),
    protocols: ['a'],
  },
}

/** nginx with the right lines, with and without TLS of its own. */
async function inFront(backend: number, isTls: boolean): Promise<number> {
  const nginx = await startNginx(
    port => `listen 127.0.0.1:${port} ${isTls ? 'ssl http2' : ''};
${isTls ? `ssl_certificate ${certificate.certPath}; ssl_certificate_key ${certificate.keyPath};` : ''}
location / {
  proxy_pass http://127.0.0.1:${backend}; proxy_http_version 1.1; proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
}`,
  )
  later(() => nginx.stop())
  return nginx.port
}

test.concurrent.each(Object.entries(peersByName))(
  'A healthy server of %s gives no warning or error: with TLS, without, and behind nginx',
  async (_, { start, path = '/', protocols = [], note }) => {
    const [plain, secure] = await Promise.all([start(false), start(true)])
    const [proxied, terminated] = await Promise.all([inFront(plain, false), inFront(plain, true)])
    const options = { protocols, tls: { ca: certificate.cert } }
    const told = await Promise.all([
      examine(`ws://127.0.0.1:${plain}${path}`, options),
      examine(`wss://localhost:${secure}${path}`, options),
      examine(`ws://127.0.0.1:${proxied}${path}`, options),
      examine(`wss://127.0.0.1:${terminated}${path}`, options),
    ])
    for (const { problems, notes, text } of told) {
      expect(problems).toEqual([])
      expect(notes.includes('SOCKET_IO')).toBe(note !== undefined)
      if (note !== undefined) expect(text).toContain(note)
    }
  },
)
