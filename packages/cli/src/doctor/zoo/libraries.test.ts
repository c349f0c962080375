import { createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createRequire } from 'node:module'
import { makeCertificate } from '@bothways/test-support/certificate'
import { createServer as createBothways } from 'bothways'
import { afterAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { closeAll, examine, later, open } from './keeper.ts'

const require = createRequire(import.meta.url)
const websocket = require('websocket')
const { Server: SocketIoServer } = require('socket.io')
const nodejsWebsocket = require('nodejs-websocket')

afterAll(closeAll)

const notFound = () => createServer((_, response) => response.writeHead(404).end('Cannot GET'))

test.concurrent('A healthy ws server gives no finding, with and without TLS', async () => {
  const plain = notFound()
  new WebSocketServer({ server: plain })
  expect((await examine(`ws://127.0.0.1:${await open(plain)}/chat`)).drafts).toEqual([])
  const { cert, key } = await makeCertificate()
  const secure = createHttpsServer({ cert, key })
  new WebSocketServer({ server: secure, perMessageDeflate: true })
  const told = await examine(`wss://localhost:${await open(secure as never)}/`, { tls: { ca: cert } })
  expect(told.problems).toEqual([])
})

test.concurrent('A healthy server of websocket, nodejs-websocket and Bothways gives no problem', async () => {
  const http = notFound()
  new websocket.server({ httpServer: http, autoAcceptConnections: true })
  expect((await examine(`ws://127.0.0.1:${await open(http)}/`)).problems).toEqual([])

  const old = nodejsWebsocket.createServer(() => {})
  // It leaves the TCP connection open, which is what the warning is for.
  expect((await examine(`ws://127.0.0.1:${await open(old.socket)}/`)).problems).toEqual(['TCP_LEFT_OPEN'])

  const ours = createBothways()
  ours.route('/chat', { message: () => undefined })
  const { port } = await ours.listen({ port: 0 })
  later(() => ours.close())
  expect((await examine(`ws://127.0.0.1:${port}/chat`)).drafts).toEqual([])
  expect((await examine(`ws://127.0.0.1:${port}/chta`)).problems).toEqual(['WRONG_PATH'])
  expect(
    (await examine(`ws://127.0.0.1:${port}/chat`, { origin: 'https://other.example' })).problems,
  ).toEqual(['ORIGIN_REFUSED'])
})

test.concurrent('A websocket server without listener, and ws on another path, are told', async () => {
  const http = notFound()
  new websocket.server({ httpServer: http })
  expect((await examine(`ws://127.0.0.1:${await open(http)}/`)).problems).toEqual(['NO_REQUEST_HANDLER'])
  const elsewhere = notFound()
  new WebSocketServer({ server: elsewhere, path: '/hidden-path' })
  expect((await examine(`ws://127.0.0.1:${await open(elsewhere)}/chat`)).problems).toEqual(['WRONG_PATH'])
})

test.concurrent('Two ws servers on one HTTP server answer twice, which is told', async () => {
  const http = notFound()
  new WebSocketServer({ server: http, path: '/one' })
  new WebSocketServer({ server: http, path: '/two' })
  const { problems } = await examine(`ws://127.0.0.1:${await open(http)}/two`)
  expect(['WRONG_PATH', 'SECOND_ANSWER']).toContain(problems[0])
  expect(problems).toHaveLength(1)
})

test.concurrent('ws whose verifyClient refuses is told as 401', async () => {
  const http = notFound()
  new WebSocketServer({ server: http, verifyClient: () => false })
  expect((await examine(`ws://127.0.0.1:${await open(http)}/`)).problems).toEqual(['AUTHENTICATION'])
})

test.concurrent('A handler of ws that throws or cuts is told', async () => {
  const http = notFound()
  new WebSocketServer({ server: http }).on('connection', socket => socket.terminate())
  expect((await examine(`ws://127.0.0.1:${await open(http)}/`)).problems).toEqual(['ENDED_AFTER_OPEN'])
})

test.concurrent('Socket.IO is named to who means it, and explained to a plain client', async () => {
  const http = notFound()
  const io = new SocketIoServer(http, { wsEngine: WebSocketServer })
  const port = await open(http)
  later(() => io.close())
  const meant = await Promise.all([
    examine(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`),
    examine(`ws://127.0.0.1:${port}/socket.io/`),
    examine(`http://127.0.0.1:${port}`),
  ])
  for (const { problems, notes } of meant) {
    expect(problems).toEqual([])
    expect(notes).toContain('SOCKET_IO')
  }
  expect((await examine(`ws://127.0.0.1:${port}/`)).problems).toEqual(['SOCKET_IO_SERVER'])
  expect((await examine(`ws://127.0.0.1:${port}/socket.io/?EIO=3&transport=websocket`)).problems).toEqual([
    'SOCKET_IO_VERSION',
  ])
})
