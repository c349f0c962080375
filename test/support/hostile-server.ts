import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { acceptKey } from '@bothways/protocol'
import { rawFrame, unmasked } from './raw-frame.ts'

/** The behaviour of a server once it is asked for the opening handshake. */
export type Attack = (socket: Socket, key: string) => unknown

const endings: (() => void)[] = []

/** Ends all hostile servers. */
export function endHostile(): void {
  for (const end of endings.splice(0)) end()
}

/** A server that lets the attack answer each request, and reads on; its sockets, and its port. */
export async function hostile(attack: Attack): Promise<{ sockets: Socket[]; port: number }> {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.once('data', request => {
      socket.resume()
      attack(socket, /key: (.*)\r/i.exec(String(request))?.[1] ?? '')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { sockets, port: (server.address() as AddressInfo).port }
}

/** The head of a good answer; `more` are further lines of it. */
export const switching = (key: string, more = '') =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n${more}\r\n`
export const deflate = 'Sec-WebSocket-Extensions: permessage-deflate\r\n'

/** Opens the connection, then attacks; `more` are lines of the answer's head. */
export const opened =
  (attack: (socket: Socket) => unknown, more = ''): Attack =>
  (socket, key) => {
    socket.write(switching(key, more))
    attack(socket)
  }

/** Writes the same bytes as long as the client takes them. */
export function flood(socket: Socket, bytes: Uint8Array | string): void {
  const write = (): void => {
    while (socket.writable) if (!socket.write(bytes)) return void socket.once('drain', write)
  }
  write()
}

export const frame = (header: string, payload: string | Uint8Array = ''): Buffer =>
  Buffer.from(unmasked(rawFrame(header, payload)))
export const times = (bytes: Uint8Array, count: number): Buffer => Buffer.concat(Array(count).fill(bytes))

/** The client has ended its side of TCP, whatever the server did. */
export async function letGo(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) {
    if (!socket.readableEnded && !socket.destroyed) {
      await new Promise(resolve => socket.once('end', resolve).once('close', resolve).resume())
    }
  }
}

/** Breaks off, once what was written has had its time to arrive. */
export const reset = (socket: Socket): unknown => setTimeout(() => socket.resetAndDestroy(), 20)

/** Answers with a wrong accept key (RFC 6455 §4.1), and breaks off. */
export const refusedReset: Attack = (socket, key) => {
  socket.write(switching(`${key}x`))
  reset(socket)
}

const closeFrame = frame('88', Uint8Array.of(3, 232))

/** The frames of a server on an open connection, and the close code that a client is left with, whatever its API. */
export const hostileFrames: readonly (readonly [
  what: string,
  code: number,
  send: (socket: Socket) => unknown,
])[] = [
  ['a masked frame', 1002, socket => socket.write(Uint8Array.of(0x81, 0x80, 0, 0, 0, 0))],
  ['close frames without an end', 1000, socket => flood(socket, times(closeFrame, 9_999))],
  [
    'a close frame, then messages without an end',
    1000,
    socket => {
      socket.write(closeFrame)
      flood(socket, times(frame('82', new Uint8Array(999)), 50))
    },
  ],
  ['a broken rule, then a flood', 1002, socket => flood(socket, times(Uint8Array.of(0x83, 0), 30_000))],
  ['RST', 1006, reset],
  ['half a frame and FIN', 1006, socket => socket.end(Uint8Array.of(0x82, 9, 1))],
]
