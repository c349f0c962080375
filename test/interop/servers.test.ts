import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { startChild } from '@bothways/test-support/child'
import { WebSocket } from 'bothways'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import websocket from 'websocket'
import { WebSocketServer } from 'ws'
import { bun, deno } from '../../tools/lib/runtimes.mjs'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { printMatrix, record } from './matrix.ts'
import { converse } from './peers/conversation.mjs'

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

/** The arguments of the servers that run in a process of their own. */
const childArguments = (isTls: boolean, isDeflated: boolean): string[] => [
  isDeflated ? 'deflate' : 'plain',
  ...(isTls ? [certificate.certPath, certificate.keyPath] : []),
]

const servers: Record<string, (isTls: boolean, isDeflated: boolean) => Promise<PeerServer>> = {
  ws: (isTls, isDeflated) =>
    withHttp(isTls, server => {
      const perMessageDeflate = isDeflated && { threshold: 0 }
      new WebSocketServer({ server, perMessageDeflate }).on('connection', socket => {
        socket.on('message', (data, isBinary) => {
          const request = isBinary ? undefined : String(data)
          if (request === 'please ping') {
            socket.once('pong', () => socket.send('ponged'))
            socket.ping('are you there')
          } else if (request === 'please fragment') {
            for (const piece of ['frag', 'men', '']) socket.send(piece, { fin: false })
            socket.send('ted')
          } else if (request === 'please close') socket.close(4002, '会合')
          else socket.send(data, { binary: isBinary })
        })
      })
    }),
  // It sends what is longer than 16 KiB in fragments.
  websocket: isTls =>
    withHttp(isTls, server => {
      const limits = { maxReceivedFrameSize: 2 ** 25, maxReceivedMessageSize: 2 ** 25 }
      new websocket.server({ httpServer: server, ...limits }).on('request', request => {
        const connection = request.accept(request.requestedProtocols[0])
        connection.on('pong', () => connection.sendUTF('ponged'))
        connection.on('message', message => {
          if (message.type === 'binary') connection.sendBytes(message.binaryData)
          else if (message.utf8Data === 'please ping') connection.ping('are you there')
          else if (message.utf8Data === 'please fragment') connection.sendUTF('fragmented')
          else if (message.utf8Data === 'please close') connection.close(4002, '会合')
          else connection.sendUTF(message.utf8Data)
        })
      })
    }),
  'python3-websockets': (isTls, isDeflated) =>
    withChild(isTls, systemPrograms().python, [
      'test/interop/peers/server.py',
      ...childArguments(isTls, isDeflated),
    ]),
  bun: (isTls, isDeflated) =>
    withChild(isTls, bun, ['test/interop/peers/server.mjs', ...childArguments(isTls, isDeflated)]),
  deno: (isTls, isDeflated) =>
    withChild(isTls, deno, [
      ...['run', '--quiet', '--allow-net', '--allow-read'],
      ...['test/interop/peers/server.mjs', ...childArguments(isTls, isDeflated)],
    ]),
}

/** They have no compression. */
const neverDeflate = ['websocket', 'deno']
/** Its programs cannot ping. */
const neverPing = ['deno']

describe.each(['ws plain', 'ws deflate', 'ws deflate, by streams', 'wss deflate'])('Over %s', where => {
  test.each(Object.keys(servers))('our client gets through the whole conversation with %s', async peer => {
    const isDeflated = where !== 'ws plain'
    const server = await servers[peer]?.(where.startsWith('wss'), isDeflated)
    if (server === undefined) throw new Error(`There is no server of ${peer}.`)
    const extensions: string[] = []
    const connect = (): WebSocket => {
      const socket = new WebSocket(server.url, ['a'], {
        compression: { thresholdBytes: 0 },
        transport: where.endsWith('by streams') ? 'stream' : 'auto',
        tls: { ca: certificate.cert },
      })
      socket.addEventListener('open', () => extensions.push(socket.extensions))
      return socket
    }
    try {
      const report = await record(peer, where, () =>
        converse(connect, {
          ping: async socket => void (await socket.ping('are you there')),
          // It tells nobody of empty texts, and answers every close with 1000.
          ...(peer === 'websocket' && { cannotEmptyText: true, closeCodeSeen: 1000 }),
        }),
      )
      const did = [...(neverPing.includes(peer) ? [] : ['answers pings']), 'pings']
      expect(report).toEqual({ protocol: 'a', problems: [], did })
      const isAgreed = isDeflated && !neverDeflate.includes(peer)
      expect(extensions.map(it => it.includes('permessage-deflate'))).toEqual([isAgreed, isAgreed])
    } finally {
      await server.stop()
    }
  })
})
