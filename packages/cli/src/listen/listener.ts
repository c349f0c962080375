import {
  createServer,
  type Message,
  ReadyState,
  type Server,
  type ServerOptions,
  type ServerSocket,
} from 'bothways'
import type { Payload } from '../connect/session-event.ts'

/** Bytes that may wait for one client before the sender has to wait. */
const highWaterMarkBytes = 1024 * 1024

/** The events of a listener; clients are numbered in the order of their coming. */
export interface ListenerEvents {
  opened(client: number, socket: ServerSocket): void
  received(client: number, message: Message): void
  closed(client: number, code: number, reason: string): void
}

/** A server that is answered by hand: on every path, for any page and any subprotocol. */
export class Listener {
  readonly #server: Server<undefined>
  readonly #clients = new Map<number, ServerSocket>()
  #clientCount = 0
  #waiting: (() => void)[] = []

  constructor(options: Pick<ServerOptions, 'compression' | 'maxMessageBytes'>, events: ListenerEvents) {
    const numbers = new WeakMap<ServerSocket, number>()
    this.#server = createServer({ ...options, origins: '*' }).route('/*', {
      protocols: 'any',
      open: socket => {
        const client = ++this.#clientCount
        numbers.set(socket, client)
        this.#clients.set(client, socket)
        events.opened(client, socket)
        for (const resolve of this.#waiting.splice(0)) resolve()
      },
      message: (socket, message) => events.received(numbers.get(socket) ?? 0, message),
      close: (socket, code, reason) => {
        const client = numbers.get(socket) ?? 0
        this.#clients.delete(client)
        events.closed(client, code, reason)
      },
    })
  }

  /** @returns the URL, with the port that was taken */
  async listen(where: { readonly port: number; readonly host: string }): Promise<string> {
    return (await this.#server.listen(where)).url
  }

  /** Resolves when there is somebody to send to. */
  async someClient(): Promise<void> {
    while (this.#clients.size === 0) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  has(client: number): boolean {
    return this.#clients.has(client)
  }

  /** Sends to one client, or to all, and waits until their networks have taken enough. */
  async send(payload: Payload, client?: number): Promise<void> {
    for (const socket of this.#sockets(client)) {
      socket.send(payload)
      while (socket.readyState === ReadyState.Open && socket.bufferedAmount > highWaterMarkBytes) {
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    }
  }

  /** @throws UsageError for a code or reason that may not be sent */
  closeClients(client: number | undefined, code?: number, reason?: string): void {
    for (const socket of this.#sockets(client)) socket.close(code, reason)
  }

  /** The round-trip time to each, in ms; undefined for one that was gone before its pong. */
  async ping(
    client: number | undefined,
    told: (client: number, milliseconds: number | undefined) => void,
  ): Promise<void> {
    const asked = [...this.#clients].filter(([number]) => client === undefined || number === client)
    await Promise.all(asked.map(async ([number, socket]) => told(number, await socket.ping())))
  }

  /** Disconnects everybody, and stops listening. */
  async close(): Promise<void> {
    await this.#server.close({ timeoutMs: 1_000 })
  }

  #sockets(client: number | undefined): readonly ServerSocket[] {
    if (client === undefined) return [...this.#clients.values()]
    const socket = this.#clients.get(client)
    return socket === undefined ? [] : [socket]
  }
}
