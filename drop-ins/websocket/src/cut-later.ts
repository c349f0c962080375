import type { Socket } from 'node:net'

/** A peer whose handshake has failed, and that does not end its side of TCP, does not keep the socket. */
export function cutLater(socket: Socket, afterMs: number | undefined): void {
  const timer = setTimeout(() => socket.destroy(), afterMs ?? 5_000).unref()
  socket.once('close', () => clearTimeout(timer))
  // Nobody reads it: what breaks must not end the process.
  socket.on('error', () => {})
  socket.resume()
}
