import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createServer,
  HandshakeError,
  type ServerSocket,
  WebSocket,
  type WebSocketErrorEvent,
} from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Certificate, makeCertificate } from '../support/certificate.ts'

const nginxPath = '/usr/sbin/nginx'
const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup()
})

let certificate: Certificate
let backendPort: number
let proxyPort: number

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves when something listens on the port. */
async function untilListening(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const isUp = await new Promise(resolve => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  socket.destroy()
  if (!isUp) await new Promise(resolve => setTimeout(resolve, 20)).then(() => untilListening(port))
}

const upgrade = `
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";`

const config = (folder: string) => `
daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {
    listen 127.0.0.1:${proxyPort} ssl;
    ssl_certificate ${certificate.certPath}; ssl_certificate_key ${certificate.keyPath};
    location /right { proxy_pass http://127.0.0.1:${backendPort}; ${upgrade}
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; }
    location /host-lost { proxy_pass http://127.0.0.1:${backendPort}; ${upgrade} }
    location /upgrade-lost { proxy_pass http://127.0.0.1:${backendPort}; proxy_http_version 1.1; }
  }
}`

beforeAll(async () => {
  if (!existsSync(nginxPath)) throw new Error(`These tests need ${nginxPath}: apt-get install nginx`)
  certificate = await makeCertificate()
  const server = createServer({ trustedProxies: ['127.0.0.1'], compression: true })
  const tell = (socket: ServerSocket) =>
    void socket.send(`${socket.request.url.protocol} ${socket.remoteAddress} ${socket.request.host}`)
  server.route('/*', { open: tell, message: (socket, message) => void socket.send(message) })
  backendPort = (await server.listen()).port
  cleanups.push(() => server.close({ timeoutMs: 500 }))

  proxyPort = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'bothways-nginx-'))
  await writeFile(join(folder, 'nginx.conf'), config(folder))
  const nginx = spawn(nginxPath, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' })
  const ended = once(nginx, 'exit')
  cleanups.push(async () => {
    nginx.kill()
    await ended
    await rm(folder, { recursive: true, force: true })
  })
  await untilListening(proxyPort)
})

function open(path: string): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${proxyPort}${path}`, [], {
    origin: `https://127.0.0.1:${proxyPort}`,
    tls: { ca: certificate.cert },
  })
}

async function failure(socket: WebSocket): Promise<HandshakeError> {
  const [event] = (await once(socket, 'error')) as [WebSocketErrorEvent]
  expect(event.error).toBeInstanceOf(HandshakeError)
  return event.error as HandshakeError
}

test('Behind nginx that ends TLS, a page of the same origin connects, and the server knows the client', async () => {
  const socket = open('/right')
  const next = async () => ((await once(socket, 'message')) as [MessageEvent])[0].data
  expect(await next()).toBe(`wss: 127.0.0.1 127.0.0.1:${proxyPort}`)
  socket.send('文'.repeat(100_000))
  expect(await next()).toBe('文'.repeat(100_000))
  expect(await socket.ping()).toBeTypeOf('number')
  socket.close(4000, 'bye')
  expect((await once(socket, 'close'))[0]).toMatchObject({ code: 4000, wasClean: true })
})

test('Behind nginx that does not pass Host on, the refusal says which line is missing', async () => {
  const error = await failure(open('/host-lost'))
  expect(error.answer?.status).toBe(403)
  expect(error.answer?.body).toContain('proxy_set_header Host')
})

test('Behind nginx that drops Upgrade, the answer is 426 and has the lines to add', async () => {
  const error = await failure(open('/upgrade-lost'))
  expect(error.answer?.status).toBe(426)
  expect(error.answer?.body).toContain('proxy_set_header Upgrade $http_upgrade')
})
