import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type ServerOptions } from '../../drop-ins/socket.io/src/index.ts'
import { type SocketIoClient, socketIoClients } from './socket-io-clients.ts'

/** Servers and clients of a test, which are over with it. */
export class SocketIoStage {
  readonly #servers: Server[] = []
  readonly #clients: SocketIoClient[] = []

  async listen(options: Partial<ServerOptions> = {}): Promise<{ io: Server; url: string }> {
    const http = createServer()
    const io = new Server(http, { allowEIO3: true, ...options })
    this.#servers.push(io)
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` }
  }

  connect(url: string, options: object = {}, version: 2 | 3 | 4 = 4): SocketIoClient {
    const client = socketIoClients[version](url, { reconnection: false, forceNew: true, ...options })
    this.#clients.push(client)
    return client
  }

  async clear(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.disconnect()
    await Promise.all(this.#servers.splice(0).map(it => it.close()))
  }
}
