import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Way, type WireBytes, ways } from '../messages.ts'

/** Meters that are read; of more, the one goes that was not read for longest. */
export const maxMeters = 1_000
const maxNameLength = 64

/** The part of a WebSocket that is measured. */
export interface MeasuredSocket {
  readonly bytesReceived: number
  readonly bytesSent: number
}

type Tally = Record<Way, { up: number; down: number }>

/**
 * How many bytes requests and WebSockets have moved that name a meter and a way in their query. The bytes of HTTP are read at
 * its TCP connection, which carries more than one request: so every request is looked at when it ends, whosever it is.
 */
export class Traffic {
  readonly #tallies = new Map<string, Tally>()
  readonly #seen = new WeakMap<Socket, WireBytes>()
  readonly #openRequests = new Map<ServerResponse, (bytes: WireBytes) => void>()
  readonly #openSockets = new Map<MeasuredSocket, { count(bytes: WireBytes): void; before: WireBytes }>()

  /** A request has come: its bytes belong to the meter it names, or to none. */
  onRequest({ url = '', socket }: IncomingMessage, response: ServerResponse): void {
    const count =
      url.includes('meter=') && URL.canParse(url, 'http://localhost')
        ? this.#counterOf(new URL(url, 'http://localhost').searchParams)
        : undefined
    if (count !== undefined) this.#openRequests.set(response, count)
    response.once('close', () => {
      const bytes = this.#take(socket)
      this.#openRequests.delete(response)
      count?.(bytes)
    })
  }

  /** A WebSocket is open; the handshake counts as well. */
  onOpen(socket: MeasuredSocket, query: URLSearchParams): void {
    const count = this.#counterOf(query)
    if (count !== undefined) this.#openSockets.set(socket, { count, before: { up: 0, down: 0 } })
  }

  onClose(socket: MeasuredSocket): void {
    this.#countSocket(socket)
    this.#openSockets.delete(socket)
  }

  /** The bytes that a meter has counted. */
  read(name: string): Readonly<Record<Way, WireBytes>> {
    for (const [response, count] of this.#openRequests)
      if (response.socket) count(this.#take(response.socket))
    for (const socket of this.#openSockets.keys()) this.#countSocket(socket)
    return this.#tallyOf(name)
  }

  #counterOf(query: URLSearchParams): ((bytes: WireBytes) => void) | undefined {
    const name = query.get('meter')
    const way = ways.find(it => it === query.get('way'))
    if (way === undefined || name === null || name === '' || name.length > maxNameLength) return undefined
    return ({ up, down }) => {
      const tally = this.#tallyOf(name)[way]
      tally.up += up
      tally.down += down
    }
  }

  #tallyOf(name: string): Tally {
    const tally = this.#tallies.get(name) ?? emptyTally()
    this.#tallies.delete(name)
    this.#tallies.set(name, tally)
    if (this.#tallies.size > maxMeters) this.#tallies.delete(this.#tallies.keys().next().value as string)
    return tally
  }

  #countSocket(socket: MeasuredSocket): void {
    const open = this.#openSockets.get(socket)
    if (open === undefined) return
    const now = { up: socket.bytesReceived, down: socket.bytesSent }
    open.count({ up: now.up - open.before.up, down: now.down - open.before.down })
    open.before = now
  }

  /** The bytes that went over a TCP connection since the last look. */
  #take(socket: Socket): WireBytes {
    const before = this.#seen.get(socket) ?? { up: 0, down: 0 }
    const now = { up: socket.bytesRead, down: socket.bytesWritten }
    this.#seen.set(socket, now)
    return { up: now.up - before.up, down: now.down - before.down }
  }
}

function emptyTally(): Tally {
  const none = () => ({ up: 0, down: 0 })
  return { poll: none(), longPoll: none(), events: none(), socket: none() }
}
