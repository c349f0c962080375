import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { type AddressInfo, createServer } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { makeChain } from '@bothways/test-support/certificate-chain'
import { afterAll, expect, test } from 'vitest'
import { answering, closeAll, examine, http, isUpgrade, open, rawServer, switching } from './keeper.ts'

afterAll(closeAll)

const urls: readonly (readonly [string, string])[] = [
  ['ftp://example.com/', 'URL_SCHEME_UNSUPPORTED'],
  ['ws://', 'URL_INVALID'],
  ['ws://exa mple.com', 'URL_INVALID'],
  ['ws://localhost:99999/', 'URL_INVALID'],
  ['ws://localhost:0/', 'URL_INVALID'],
]

test.concurrent.each(urls)('%s is told before anything is tried', async (url, code) => {
  expect((await examine(url)).problems).toEqual([code])
})

test.concurrent('A URL without scheme, with a fragment, or with http: is told beside what it leads to', async () => {
  const port = await answering(head => http('200 OK', head))
  expect((await examine(`127.0.0.1:${port}/x`)).problems[0]).toBe('URL_SCHEME_MISSING')
  expect((await examine(`ws://127.0.0.1:${port}/x#top`)).problems[0]).toBe('URL_FRAGMENT')
  expect((await examine(`http://127.0.0.1:${port}/x`)).notes).toContain('URL_HTTP_SCHEME')
})

test.concurrent('A port that browsers refuse is a warning', async () => {
  expect((await examine('ws://127.0.0.1:6667/')).problems).toContain('URL_PORT_BLOCKED')
})

test.concurrent('A name that does not resolve is told', async () => {
  const { problems } = await examine('ws://no-such-host.invalid/')
  expect(['NAME_NOT_FOUND', 'NAME_SERVER_SILENT']).toContain(problems[0])
})

test.concurrent('A closed port is told', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  expect((await examine(`ws://127.0.0.1:${port}/`)).problems).toEqual(['PORT_CLOSED'])
})

test.concurrent('A server that listens on one family only is healthy, with a note', async () => {
  const port = await answering(head => (isUpgrade(head) ? switching(head) : http('404 Not Found')))
  const told = await examine(`ws://localhost:${port}/`, { totalMs: 4000 })
  expect(told.problems).not.toContain('PORT_CLOSED')
})

test.concurrent('ws: at a TLS port, and wss: at a plain one, are told', async () => {
  const { cert, key } = await makeCertificate()
  const tls = await answering(head => switching(head), { cert, key })
  expect((await examine(`ws://localhost:${tls}/`)).problems).toEqual(['WS_TO_TLS_PORT'])
  const plain = await answering(() => http('200 OK'))
  expect((await examine(`wss://localhost:${plain}/`)).problems).toEqual(['WSS_TO_PLAIN_PORT'])
})

test.concurrent('wss: at a port that is neither, or says nothing, is told', async () => {
  const ssh = await rawServer(socket => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))
  expect((await examine(`wss://localhost:${ssh}/`)).problems).toEqual(['NOT_HTTP'])
  const silent = await rawServer(() => {})
  expect((await examine(`wss://localhost:${silent}/`, { totalMs: 4000 })).problems).toEqual(['TLS_SILENT'])
})

test.concurrent('Certificates of each broken kind are told apart', async () => {
  const { leaf, root } = await makeChain()
  const serve = async (cert: string, key: string) =>
    `wss://localhost:${await answering(() => http('404 Not Found'), { cert, key })}/`
  const own = await makeCertificate()
  const right = await leaf('right', 'DNS:localhost')
  const named = await leaf('named', 'DNS:other.example.com')
  const expired = await leaf('expired', 'DNS:localhost', -1)
  const trusting = { tls: { ca: root } }
  const first = async (url: string, options = {}) =>
    (await examine(url, options)).problems.find(code => code.startsWith('CERTIFICATE'))
  expect(await first(await serve(own.cert, own.key))).toBe('CERTIFICATE_SELF_SIGNED')
  expect(await first(await serve(right.full, right.key), trusting)).toBeUndefined()
  expect(await first(await serve(right.cert, right.key), trusting)).toBe('CERTIFICATE_CHAIN_INCOMPLETE')
  expect(await first(await serve(named.full, named.key), trusting)).toBe('CERTIFICATE_NAME')
  expect(await first(await serve(expired.full, expired.key), trusting)).toBe('CERTIFICATE_EXPIRED')
  expect(await first(await serve(right.full, right.key))).toBe('CERTIFICATE_UNKNOWN_ISSUER')
})

test.concurrent('A server that wants a client certificate is told', async () => {
  const { cert, key } = await makeCertificate()
  const port = await answering(() => http('200 OK'), {
    cert,
    key,
    requestCert: true,
    rejectUnauthorized: true,
  })
  expect((await examine(`wss://localhost:${port}/`, { isInsecure: true })).problems).toEqual([
    'CLIENT_CERTIFICATE_WANTED',
  ])
})

test.concurrent('A server of old TLS versions only is told', async () => {
  const { cert, key } = await makeCertificate()
  const tls = {
    cert,
    key,
    minVersion: 'TLSv1' as const,
    maxVersion: 'TLSv1.1' as const,
    ciphers: 'DEFAULT@SECLEVEL=0',
  }
  const port = await answering(() => http('200 OK'), tls)
  expect((await examine(`wss://localhost:${port}/`, { isInsecure: true })).problems).toEqual(['TLS_VERSION'])
})

test.concurrent('A server of HTTP/2 only is told', async () => {
  const { cert, key } = await makeCertificate()
  const server = createSecureServer({ cert, key }, (_, response) => response.end('page'))
  const port = await open(server as never)
  expect((await examine(`wss://localhost:${port}/`, { isInsecure: true })).problems).toEqual(['HTTP2_ONLY'])
})

test.concurrent('A server whose HTTP/2 promises WebSocket and does not keep it is a warning', async () => {
  const { cert, key } = await makeCertificate()
  const server = createSecureServer({
    cert,
    key,
    allowHTTP1: true,
    settings: { enableConnectProtocol: true },
  })
  server.on('stream', stream => {
    stream.respond({ ':status': 502 })
    stream.end()
  })
  server.on('upgrade', (request, socket) => {
    const head = request.rawHeaders
      .map((part: string, index: number) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`))
      .join('')
    socket.write(switching(head))
  })
  const port = await open(server as never)
  expect((await examine(`wss://localhost:${port}/`, { isInsecure: true, totalMs: 4000 })).problems).toContain(
    'HTTP2_WEBSOCKET_BROKEN',
  )
})

test.concurrent('A plain http.Server that nobody attached anything to is told', async () => {
  const port = await open(createHttpServer((_, response) => response.writeHead(404).end('Cannot GET /')))
  expect((await examine(`ws://127.0.0.1:${port}/`)).problems).toEqual(['NOT_FOUND'])
})
