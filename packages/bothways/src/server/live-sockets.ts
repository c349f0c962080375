import type { Roster } from '../connection/roster.ts'
import { ServerSocket, type SocketHost, type SocketPlace } from './server-socket.ts'

/**
 * The open sockets of a server, live, as a `Set` that cannot be changed: an iteration gets those that are there
 * when it begins and have not left by their turn.
 */
export class LiveSockets<User> implements ReadonlySet<ServerSocket<User>> {
  readonly #roster: Roster<SocketPlace<User>>
  readonly #host: SocketHost<User>

  constructor(roster: Roster<SocketPlace<User>>, host: SocketHost<User>) {
    this.#roster = roster
    this.#host = host
  }

  get size(): number {
    return this.#roster.size
  }

  has(socket: ServerSocket<User>): boolean {
    if (!(socket instanceof ServerSocket)) return false
    const place = ServerSocket.placeOf(socket)
    return place.host === this.#host && this.#roster.has(place)
  }

  forEach(
    callback: (
      socket: ServerSocket<User>,
      same: ServerSocket<User>,
      all: ReadonlySet<ServerSocket<User>>,
    ) => void,
    receiver?: unknown,
  ): void {
    for (const socket of this) callback.call(receiver, socket, socket, this)
  }

  *values(): SetIterator<ServerSocket<User>> {
    const places: SocketPlace<User>[] = []
    for (let it = this.#roster.first; it !== undefined; it = it.after) places.push(it)
    for (const place of places) if (this.#roster.has(place)) yield place.socket
  }

  keys(): SetIterator<ServerSocket<User>> {
    return this.values()
  }

  *entries(): SetIterator<[ServerSocket<User>, ServerSocket<User>]> {
    for (const socket of this) yield [socket, socket]
  }

  [Symbol.iterator](): SetIterator<ServerSocket<User>> {
    return this.values()
  }

  get [Symbol.toStringTag](): string {
    return 'Set'
  }
}

/** The further methods of sets in newer runtimes. */
const algebra = [
  'union',
  'intersection',
  'difference',
  'symmetricDifference',
  'isSubsetOf',
  'isSupersetOf',
  'isDisjointFrom',
]

for (const name of algebra) {
  const method: unknown = Reflect.get(Set.prototype, name)
  if (typeof method !== 'function') continue
  const value = function (this: LiveSockets<unknown>, other: unknown): unknown {
    return Reflect.apply(method, new Set(this), [other])
  }
  Object.defineProperty(LiveSockets.prototype, name, { value, configurable: true, writable: true })
}

Object.defineProperty(LiveSockets.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: LiveSockets<unknown>): ReadonlySet<ServerSocket<unknown>> {
    return new Set(this)
  },
})
