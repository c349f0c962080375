import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Engine, Server } from '@bothways/socket.io'
import type { Broker } from 'bothways'
import { isPageAllowed } from './page-origin.ts'

export interface ServeSocketIoOptions {
  /** Pages that may connect besides the served one. */
  readonly origins: readonly string[]
  /** One more is refused. Default 10,000. */
  readonly maxClients?: number
  /** The same from one address, of IPv6 from one network of 64 bits. Default 1,000. */
  readonly maxClientsPerAddress?: number
  /** Joins the processes that have it. Default: this process alone. */
  readonly cluster?: Broker | undefined
}

const path = '/socket.io/'

/** Socket.IO on a port that is shared: it is handed its requests, and closes no port. */
export class ServeSocketIo {
  readonly io: Server
  readonly #engine: Engine
  readonly #origins: readonly string[]
  readonly #refusalsByReason: Record<string, number> = {}
  readonly #closesByReason: Record<string, number> = {}
  #isDraining = false

  constructor({ origins, maxClients = 10_000, maxClientsPerAddress = 1_000, cluster }: ServeSocketIoOptions) {
    this.#engine = new Engine({
      allowEIO3: true,
      // As for a plain connection.
      maxBufferedBytes: 16 * 1024 * 1024,
      maxTotalBufferedBytes: 256 * 1024 * 1024,
      maxTotalIncomingBytes: 64 * 1024 * 1024,
      maxSessions: maxClients,
      maxSessionsPerAddress: maxClientsPerAddress,
      maxHandshakesPerSecond: 1_000,
      cluster,
      // Without the headers no script of another origin reads an answer.
      cors: origins.length > 0 && { origin: origins },
      allowRequest: (request, answer) => {
        const refusal = this.#refusalOf(request)
        answer(refusal, refusal === undefined)
      },
    })
    this.io = new Server({ connectTimeout: 10_000, ...(cluster !== undefined && { cluster }) }).bind(
      this.#engine,
    )
    this.#origins = origins
    this.#engine.on('connection_error', ({ message }: { message: string }) => {
      count(this.#refusalsByReason, message)
    })
    this.#engine.on(
      'connection',
      (client: { once(event: 'close', listener: (reason: string) => void): void }) => {
        client.once('close', reason => count(this.#closesByReason, reason))
      },
    )
  }

  /** Requests that were refused, by the reason that the client was told. */
  get refusalsByReason(): Readonly<Record<string, number>> {
    return this.#refusalsByReason
  }

  /** Clients that are gone, by how they went. */
  get closesByReason(): Readonly<Record<string, number>> {
    return this.#closesByReason
  }

  /** Clients by the way they are connected. */
  get clientCounts(): { readonly polling: number; readonly websocket: number } {
    const all = Object.values(this.#engine.clients)
    const polling = all.filter(it => it.transport.name === 'polling').length
    return { polling, websocket: all.length - polling }
  }

  owns({ url = '' }: IncomingMessage): boolean {
    return url.startsWith(path)
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#engine.handleRequest(request, response)
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#engine.handleUpgrade(request, socket, head)
  }

  /** From now on nobody new is let in. */
  drain(): void {
    this.#isDraining = true
  }

  /** Tells the clients that it is over; they come back by themselves, each at a time of its own. */
  close(): Promise<void> {
    return this.io.close()
  }

  #refusalOf(request: IncomingMessage): string | undefined {
    if (this.#isDraining) return 'The server is going away.'
    if (!isPageAllowed(request, this.#origins)) {
      return "The page's origin is not allowed: start the server with --origin."
    }
    return undefined
  }
}

function count(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1
}
