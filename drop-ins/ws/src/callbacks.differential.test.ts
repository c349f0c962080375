import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { type Notes, type Stage, sameOnBoth, type Ws } from '@bothways/test-support/ws-differential'
import { describe } from 'vitest'

type Socket = InstanceType<Ws>

const certificate = makeCertificate()

/** A server's socket and a client's, connected; the client's socket underneath. */
async function pair(stage: Stage, scheme: 'ws' | 'wss'): Promise<{ server: Socket; client: Socket }> {
  const http = scheme === 'wss' ? createHttpsServer(await certificate) : createHttpServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const wss = new stage.WebSocket.Server({ server: http, perMessageDeflate: false })
  const connected = once(wss, 'connection')
  const { port } = http.address() as AddressInfo
  const client = stage.connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false })
  const [[server]] = (await Promise.all([connected, once(client, 'open')])) as [[Socket], unknown]
  client.on('error', () => {})
  server.on('error', () => {})
  client.once('close', () => http.close())
  return { server, client }
}

/** Writes down the outcome of each send, and the end, in order. */
function follow(notes: Notes, socket: Socket): (what: string) => (error?: Error) => void {
  socket.on('close', () => notes.add('log', 'close', socket.readyState))
  return what => error => notes.add('log', what, error === undefined || error === null, socket.readyState)
}

const aTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const severalAtOnce = 'messages and a ping, and terminates'

const acts: Record<string, (socket: Socket, tell: ReturnType<typeof follow>) => unknown> = {
  'a message, and terminates': (socket, tell) => {
    socket.send('x', tell('message'))
    socket.terminate()
  },
  [severalAtOnce]: (socket, tell) => {
    for (const name of ['first', 'second', 'third']) socket.send(name, tell(name))
    socket.ping('x', undefined, tell('ping'))
    socket.terminate()
  },
  'a ping, and terminates a turn later': async (socket, tell) => {
    socket.ping('x', undefined, tell('ping'))
    await aTurn()
    socket.terminate()
  },
  'a message, and terminates a turn later': async (socket, tell) => {
    socket.send('x', tell('message'))
    await aTurn()
    socket.terminate()
  },
  'a long message, and terminates': (socket, tell) => {
    socket.send(Buffer.alloc(20_000), tell('message'))
    socket.terminate()
  },
  'a message, and closes': (socket, tell) => {
    socket.send('x', tell('message'))
    socket.close(1000)
    socket.send('y', tell('too late'))
  },
}

for (const scheme of ['ws', 'wss'] as const) {
  for (const side of ['server', 'client'] as const) {
    describe(`Over ${scheme}, the ${side} sends`, () => {
      for (const [name, act] of Object.entries(acts)) {
        // ws has written the first of them by then, and tells so.
        if (scheme === 'wss' && name === severalAtOnce) continue
        sameOnBoth(name, async (stage, notes) => {
          const sockets = await pair(stage, scheme)
          const others: string[] = []
          const other = side === 'server' ? sockets.client : sockets.server
          other.on('message', message => others.push(`message of ${(message as Buffer).length}`))
          other.on('ping', () => others.push('ping'))
          const over = Promise.all([once(sockets.server, 'close'), once(sockets.client, 'close')])
          await act(sockets[side], follow(notes, sockets[side]))
          await over
          notes.add('what the other side got', others.join())
        })
      }
    })
  }
}
