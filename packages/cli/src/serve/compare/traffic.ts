import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export const ways = ['poll', 'longPoll', 'events', 'socket'] as const
export type Way = (typeof ways)[number]

/** What one way has cost one viewer so far. */
export interface WayTraffic {
  readonly requests: number
  /** Answers without any change. */
  readonly empty: number
  /** Bytes on the wire with all headers, from and to the browser. TCP's own and TLS's are not in it. */
  readonly bytesUp: number
  readonly bytesDown: number
}

export type ViewerTraffic = Readonly<Record<Way, WayTraffic>>

/** Bytes that are still growing: an exchange which has not ended. */
interface OpenExchange {
  readonly way: Way
  bytes(): { readonly up: number; readonly down: number }
}

interface Totals {
  requests: number
  empty: number
  bytesUp: number
  bytesDown: number
}

/** The account of one viewer. */
export class TrafficAccount {
  readonly #totals: Record<Way, Totals>
  readonly #open = new Set<OpenExchange>()

  constructor() {
    const none = (): Totals => ({ requests: 0, empty: 0, bytesUp: 0, bytesDown: 0 })
    this.#totals = { poll: none(), longPoll: none(), events: none(), socket: none() }
  }

  /** @returns a function that ends the exchange and books its bytes */
  begin(exchange: OpenExchange): () => void {
    this.#totals[exchange.way].requests++
    this.#open.add(exchange)
    return () => {
      if (!this.#open.delete(exchange)) return
      add(this.#totals[exchange.way], exchange.bytes())
    }
  }

  countEmpty(way: Way): void {
    this.#totals[way].empty++
  }

  /** What everything has cost until now. */
  read(): ViewerTraffic {
    const result = {} as Record<Way, Totals>
    for (const way of ways) result[way] = { ...this.#totals[way] }
    for (const exchange of this.#open) add(result[exchange.way], exchange.bytes())
    return result
  }
}

function add(totals: Totals, { up, down }: { readonly up: number; readonly down: number }): void {
  totals.bytesUp += up
  totals.bytesDown += down
}

interface SocketMark {
  readonly read: number
  readonly written: number
}

/**
 * How many bytes each HTTP exchange takes on its TCP connection. A connection carries many requests one after the
 * other: an exchange's bytes are what came since the one before it ended.
 */
export class HttpByteMeter {
  readonly #marks = new WeakMap<Socket, SocketMark>()

  /** To be called for every request of the server, also those that nobody counts. */
  begin(request: IncomingMessage, response: ServerResponse): () => { up: number; down: number } {
    const { socket } = request
    const from = this.#marks.get(socket) ?? { read: 0, written: 0 }
    let final: { up: number; down: number } | undefined
    const bytes = (): { up: number; down: number } =>
      final ?? { up: socket.bytesRead - from.read, down: socket.bytesWritten - from.written }
    response.once('close', () => {
      final = bytes()
      this.#marks.set(socket, { read: socket.bytesRead, written: socket.bytesWritten })
    })
    return bytes
  }
}
