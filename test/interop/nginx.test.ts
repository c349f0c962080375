import { once } from 'node:events'
import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { startNginx } from '@bothways/test-support/nginx'
import {
  createServer,
  HandshakeError,
  type ServerSocket,
  WebSocket,
  type WebSocketErrorEvent,
} from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'

const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup()
})

let certificate: Certificate
let backendPort: number
let proxyPort: number

const upgrade = `
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";`

const proxy = (port: number) => `
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate.certPath}; ssl_certificate_key ${certificate.keyPath};
    location /right { proxy_pass http://127.0.0.1:${backendPort}; ${upgrade}
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; }
    location /host-lost { proxy_pass http://127.0.0.1:${backendPort}; ${upgrade} }
    location /upgrade-lost { proxy_pass http://127.0.0.1:${backendPort}; proxy_http_version 1.1; }`

beforeAll(async () => {
  certificate = await makeCertificate()
  const server = createServer({ trustedProxies: ['127.0.0.1'], compression: true })
  const tell = (socket: ServerSocket) =>
    void socket.send(`${socket.request.url.protocol} ${socket.remoteAddress} ${socket.request.host}`)
  server.route('/*', { open: tell, message: (socket, message) => void socket.send(message) })
  backendPort = (await server.listen()).port
  cleanups.push(() => server.close({ timeoutMs: 500 }))

  const nginx = await startNginx(proxy)
  proxyPort = nginx.port
  cleanups.push(() => nginx.stop())
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
