import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from '@bothways/test-support/certificate'
import { startChild } from '@bothways/test-support/child'
import websocket from 'websocket'
import { WebSocketServer } from 'ws'
import { bun, deno } from '../../tools/lib/runtimes.mjs'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'

interface PeerServer {
  readonly url: string
  stop(): unknown
}

async function withHttp(
  certificate: Certificate | undefined,
  attach: (server: ReturnType<typeof createHttpServer>) => void,
): Promise<PeerServer> {
  const server = certificate === undefined ? createHttpServer() : createHttpsServer(certificate)
  attach(server as ReturnType<typeof createHttpServer>)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${certificate === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}/`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function withChild(
  certificate: Certificate | undefined,
  command: string,
  args: readonly string[],
): Promise<PeerServer> {
  const child = await startChild(command, args)
  return {
    url: `${certificate === undefined ? 'ws' : 'wss'}://127.0.0.1:${child.firstLine}/`,
    stop: () => child.stop(),
  }
}

/** The arguments of the servers that run in a process of their own. */
const childArguments = (certificate: Certificate | undefined, isDeflated: boolean): string[] => [
  isDeflated ? 'deflate' : 'plain',
  ...(certificate === undefined ? [] : [certificate.certPath, certificate.keyPath]),
]

/** Servers of others that answer the conversation, by name; with a certificate over TLS. */
export const servers: Readonly<
  Record<string, (certificate: Certificate | undefined, isDeflated: boolean) => Promise<PeerServer>>
> = {
  ws: (certificate, isDeflated) =>
    withHttp(certificate, server => {
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
  websocket: certificate =>
    withHttp(certificate, server => {
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
  'python3-websockets': (certificate, isDeflated) =>
    withChild(certificate, systemPrograms().python, [
      'test/interop/peers/server.py',
      ...childArguments(certificate, isDeflated),
    ]),
  bun: (certificate, isDeflated) =>
    withChild(certificate, bun, [
      'test/interop/peers/server.mjs',
      ...childArguments(certificate, isDeflated),
    ]),
  deno: (certificate, isDeflated) =>
    withChild(certificate, deno, [
      ...['run', '--quiet', '--allow-net', '--allow-read'],
      ...['test/interop/peers/server.mjs', ...childArguments(certificate, isDeflated)],
    ]),
}
