import type { Socket } from 'node:net'

export interface WireBytes {
  /** From the client to the server. */
  readonly up: number
  readonly down: number
}

/**
 * How many bytes went over a TCP connection since the last look. HTTP keeps connections open for more than one
 * request, so every request must be looked at when it ends, or its bytes are counted for the next one.
 */
export class WireMeter {
  readonly #seen = new WeakMap<Socket, WireBytes>()

  take(socket: Socket): WireBytes {
    const before = this.#seen.get(socket) ?? { up: 0, down: 0 }
    const now = { up: socket.bytesRead, down: socket.bytesWritten }
    this.#seen.set(socket, now)
    return { up: now.up - before.up, down: now.down - before.down }
  }
}
