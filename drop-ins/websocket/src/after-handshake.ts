import type { Socket } from 'node:net'

/** A peer whose handshake has failed, and that does not end its side of TCP, does not keep the socket. */
export function cutWhenLate(socket: Socket, afterMs: number | undefined): void {
  const timer = setTimeout(() => socket.destroy(), afterMs ?? 5_000).unref()
  socket.once('close', () => clearTimeout(timer))
  // Nobody reads the socket: its errors must not end the process.
  socket.on('error', () => {})
  socket.resume()
}

/**
 * Calls back when the listener that is told of a connection now has had its turn, the continuations of promises included, and
 * before anything else can come or go: so that no message is lost on a program that awaits the connection.
 */
export function afterProgram(callback: () => void): void {
  process.nextTick(() => queueMicrotask(() => process.nextTick(callback)))
}
