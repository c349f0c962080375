import type { Adapter } from '../adapter.ts'
import type { Room, SocketId } from '../broadcast-options.ts'
import type { RawData } from '../engine-binding.ts'
import { type Packet, PacketType } from '../parser/packet.ts'
import type { Session } from './session-log.ts'

interface RecoverableSocket {
  readonly id: SocketId
  readonly rooms: Set<Room>
  readonly data: unknown
  readonly client: { writeToEngine(encoded: readonly RawData[]): void }
  _lastOffset: string | undefined
  packet(packet: Packet): void
}

/** How a client that was away comes back to its id, its rooms, its data and the packets it has missed. */
export class Recovery {
  /** The client is known again by it. */
  readonly pid: string
  /** How often it has come back. */
  readonly returnCount: number
  /** How many packets there had been when it connected. */
  readonly #since: number | undefined
  /** Of a client that has come back, until it has the packets it missed. */
  #session: Session | undefined

  constructor(pid: string, since: number | undefined, session?: Session) {
    this.pid = pid
    this.returnCount = session === undefined ? 0 : (session.returnCount ?? 0) + 1
    this.#since = since
    this.#session = session
  }

  /** The client has gone, and may come back. */
  persist(socket: RecoverableSocket, adapter: Adapter): void {
    adapter.persistSession({
      sid: socket.id,
      pid: this.pid,
      rooms: [...socket.rooms],
      data: socket.data,
      lastOffset: socket._lastOffset,
      since: this.#since,
    })
  }

  /** Sends the packets that the client missed, before it hears that it is connected: it keeps them until then. */
  replay(socket: RecoverableSocket, adapter: Adapter, nsp: string): void {
    const session = this.#session
    if (session === undefined) return
    this.#session = undefined
    for (const missed of session.missedPackets) {
      if (session.isEncoded) socket.client.writeToEngine(missed as readonly RawData[])
      else socket.packet({ type: PacketType.EVENT, nsp, data: missed })
    }
    // And the packets sent while middlewares decided about it.
    if (session.position === undefined) return
    // A packet of another server may have reached both meanwhile: this one, and the one that had the session.
    const had = new Set(session.missedOffsets)
    for (const { parts, offset } of adapter.missedSince(session.position, session.rooms)) {
      if (had.has(offset)) continue
      socket._lastOffset = offset
      socket.client.writeToEngine(parts)
    }
  }
}
