import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer, IncomingMessage } from 'node:http'
import { type AddressInfo, connect as connectTcp, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { masked } from '@bothways/test-support/raw-frame'
import { connect, refusalOf } from '@bothways/test-support/test-client'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from './options.ts'
import { Server } from './server.ts'

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const it of running.splice(0)) await it.close()
})

/** An HTTP server whose own listener hands on what begins with `/live`. */
async function start(
  options: ServerOptions<true> = {},
): Promise<{ http: HttpServer; server: Server<true>; url: string }> {
  const server = new Server(options).route('/live', {
    message: (socket, message) => void socket.send(message),
  })
  const http = createHttpServer((_, response) => response.end('page'))
  http.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith('/live')) server.handleUpgrade(request, socket, head)
    else socket.end('HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n')
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  running.push(server, {
    close: () => {
      http.closeAllConnections()
      http.close()
    },
  })
  return { http, server, url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}` }
}

describe('An upgrade that is handed over', () => {
  test('becomes a socket, with what came behind its head', async () => {
    const { server, url } = await start()
    const client = await connect(`${url}/live`)
    client.connection.send('hello')
    expect(await client.next()).toBe('hello')
    expect(server.counts.connections).toBe(1)
    client.connection.close(1000)
    expect((await client.closed).code).toBe(1000)
  })

  test('is refused like any other: route, origin, method, authenticate', async () => {
    const { server, url } = await start({
      authenticate: request => request.headers.cookie === 'known' || null,
    })
    const known = { Cookie: 'known' }
    expect((await refusalOf(`${url}/live/nowhere`)).status).toBe(404)
    expect((await refusalOf(`${url}/live`)).status).toBe(403)
    const foreign = { ...known, Origin: 'https://evil.example' }
    expect(await refusalOf(`${url}/live`, { headers: foreign })).toMatchObject({ status: 403 })
    expect((await refusalOf(`${url}/live`, { method: 'POST' })).status).toBe(405)
    expect(server.counts.refusals).toBe(4)
    await connect(`${url}/live`, { headers: known })
  })

  test('for something else than a WebSocket is told so with 426', async () => {
    const { http } = await start()
    const client = connectTcp((http.address() as AddressInfo).port, '127.0.0.1')
    client.write('GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n')
    let received = ''
    for await (const chunk of client) received += chunk
    expect(received).toMatch(/^HTTP\/1\.1 426 /)
  })

  test('after close is refused with 503', async () => {
    const { server, url } = await start()
    await server.close()
    expect((await refusalOf(`${url}/live`)).status).toBe(503)
  })
})

test('A stream that is no socket of node:net, such as a pipe in memory, becomes a socket too', async () => {
  const { server } = await start()
  const toClient: string[] = []
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      toClient.push(chunk.toString('latin1'))
      done()
    },
  })
  const request = new IncomingMessage(new Socket())
  const key = 'AAAAAAAAAAAAAAAAAAAAAA=='
  const headers = { host: 'localhost', upgrade: 'websocket', connection: 'Upgrade' }
  Object.assign(request, { method: 'GET', url: '/live', httpVersion: '1.1' })
  Object.assign(request.headers, headers, { 'sec-websocket-version': '13', 'sec-websocket-key': key })
  server.handleUpgrade(request, stream, Buffer.alloc(0))
  await expect.poll(() => server.sockets.size).toBe(1)
  stream.push(masked(['81 02', 'hi']))
  await expect.poll(() => toClient.at(-1)).toBe('\x81\x02hi')
  expect(toClient[0]).toMatch(/^HTTP\/1\.1 101 /)
  stream.destroy()
  await expect.poll(() => server.sockets.size).toBe(0)
})

test('A stream that throws when it is written to ends by itself alone; all others of the turn are written', async () => {
  const server = new Server().route('/live', {
    open: socket => socket.subscribe('news'),
    message: () => {},
  })
  running.push(server)
  const received: string[] = []
  const upgrade = (at: number) => {
    let isUpgraded = false
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        if (isUpgraded && at === 0) throw new Error('The program’s own fault.')
        isUpgraded = true
        received[at] = (received[at] ?? '') + chunk.toString('latin1')
        done()
      },
    })
    stream.on('error', () => {})
    const request = new IncomingMessage(new Socket())
    Object.assign(request, { url: '/live', method: 'GET', httpVersion: '1.1' })
    const headers = { host: 'localhost', connection: 'Upgrade', upgrade: 'websocket' }
    const key = 'dGhlIHNhbXBsZSBub25jZQ=='
    Object.assign(request.headers, headers, { 'sec-websocket-version': '13', 'sec-websocket-key': key })
    server.handleUpgrade(request, stream, Buffer.alloc(0))
  }
  for (let at = 0; at < 3; at++) upgrade(at)
  await expect.poll(() => server.sockets.size).toBe(3)
  server.publish('news', 'one')
  await expect.poll(() => server.sockets.size).toBe(2)
  server.publish('news', 'two')
  for (const at of [1, 2]) await expect.poll(() => received[at]).toContain('\x81\x03one\x81\x03two')
})

test('What is not handed over is not touched, nor are ordinary requests', async () => {
  const { server, url } = await start()
  expect((await refusalOf(`${url}/other`)).status).toBe(410)
  expect(await (await fetch(url.replace('ws', 'http'))).text()).toBe('page')
  expect(server.counts.refusals).toBe(0)
})
