import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'
import websocket from 'websocket'
import { WebSocketServer } from 'ws'
import { bun, deno } from '../../tools/runtimes.mjs'
import { type Certificate, makeCertificate } from '../support/certificate.ts'
import { startChild } from '../support/child.ts'
import { binaries, bytesOf, closeCode, closeReason, texts } from './conversation.ts'
import { printMatrix, record } from './matrix.ts'

let certificate: Certificate
beforeAll(async () => {
  certificate = await makeCertificate()
})
afterAll(() => printMatrix('Our client at the servers of others'))

interface PeerServer {
  readonly url: string
  stop(): unknown
}

async function withHttp(
  isTls: boolean,
  attach: (server: ReturnType<typeof createHttpServer>) => void,
): Promise<PeerServer> {
  const server = isTls ? createHttpsServer(certificate) : createHttpServer()
  attach(server as ReturnType<typeof createHttpServer>)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${isTls ? 'wss' : 'ws'}://127.0.0.1:${port}/`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function withChild(isTls: boolean, command: string, args: readonly string[]): Promise<PeerServer> {
  const child = await startChild(command, args)
  return { url: `${isTls ? 'wss' : 'ws'}://127.0.0.1:${child.firstLine}/`, stop: () => child.stop() }
}

const servers: Record<string, (isTls: boolean) => Promise<PeerServer>> = {
  ws: isTls =>
    withHttp(isTls, server => {
      new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } }).on('connection', socket => {
        socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
      })
    }),
  websocket: isTls =>
    withHttp(isTls, server => {
      const limits = { maxReceivedFrameSize: 2 ** 25, maxReceivedMessageSize: 2 ** 25 }
      new websocket.server({ httpServer: server, ...limits }).on('request', request => {
        const connection = request.accept(request.requestedProtocols[0])
        connection.on('message', message => {
          if (message.type === 'utf8') connection.sendUTF(message.utf8Data)
          else connection.sendBytes(message.binaryData)
        })
      })
    }),
  'python3-websockets': isTls =>
    withChild(isTls, '/usr/bin/python3', [
      'test/interop/peers/server.py',
      ...(isTls ? [certificate.certPath, certificate.keyPath] : []),
    ]),
  bun: isTls => withChild(isTls, bun, ['test/interop/peers/server.mjs']),
  deno: isTls => withChild(isTls, deno, ['run', '--quiet', '--allow-net', 'test/interop/peers/server.mjs']),
}

const cells = [
  ...Object.keys(servers).flatMap(peer => [
    [peer, 'ws plain'],
    [peer, 'ws deflate'],
  ]),
  ...['ws', 'websocket', 'python3-websockets'].map(peer => [peer, 'wss deflate']),
] as [string, string][]

test.each(cells)('At a server of %s over %s our client gets back what it sends', async (peer, where) => {
  const isTls = where.startsWith('wss')
  const server = await servers[peer]?.(isTls)
  if (server === undefined) throw new Error(`There is no server of ${peer}.`)
  try {
    const report = await record(peer, where, async () => {
      const socket = new WebSocket(
        server.url,
        peer === 'python3-websockets' || peer === 'websocket' ? ['a'] : [],
        {
          compression: where !== 'ws plain' && { thresholdBytes: 0 },
          tls: { ca: certificate.cert },
        },
      )
      return await converse(socket, peer === 'websocket')
    })
    expect(report.problems).toEqual([])
    if (where === 'ws plain') expect(report.extensions).toBe('')
    else if (peer !== 'websocket' && peer !== 'deno')
      expect(report.extensions).toContain('permessage-deflate')
  } finally {
    await server.stop()
  }
})

/** @param isWebsocketPackage that one tells nobody of empty texts, and answers every close with 1000 */
async function converse(socket: WebSocket, isWebsocketPackage: boolean) {
  socket.binaryType = 'arraybuffer'
  const problems: string[] = []
  socket.addEventListener('error', event => problems.push(String((event as { message?: string }).message)))
  const closed = once(socket, 'close')
  await once(socket, 'open')
  const messages = [...texts.filter(text => text !== '' || !isWebsocketPackage), ...binaries.map(bytesOf)]
  const all = new Promise<void>(resolve => {
    let at = 0
    socket.onmessage = ({ data }) => {
      const sent = messages[at++]
      const isSame = typeof sent === 'string' ? data === sent : sent?.equals(Buffer.from(data)) === true
      if (!isSame) problems.push(`message ${at - 1} came back different`)
      if (at === messages.length) resolve()
    }
    socket.onclose = () => resolve()
  })
  for (const message of messages) socket.send(message)
  await all
  if ((await socket.ping('are you there')) === undefined) problems.push('no pong came')
  socket.close(closeCode, closeReason)
  const [event] = (await closed) as [{ code: number; wasClean: boolean }]
  const expectedCode = isWebsocketPackage ? 1000 : closeCode
  if (event.code !== expectedCode || !event.wasClean) problems.push(`closed with ${event.code}`)
  return { problems, extensions: socket.extensions }
}
