import { once } from 'node:events'
import { type AddressInfo, connect as dial, type Socket } from 'node:net'
import {
  type Attack,
  endHostile,
  flood,
  frame,
  hostile,
  hostileFrames,
  letGo,
  opened,
  refusedReset,
  reset,
  switching,
  times,
} from '@bothways/test-support/hostile-server'
import { masked, rawFrame } from '@bothways/test-support/raw-frame'
import { afterEach, describe, expect, test } from 'vitest'
import { type Connection, connect, createServer } from './index.ts'

// Attacks by the other side: each ends as written here, and no error is left without a listener.

const cleanUp: (() => void)[] = []
afterEach(() => {
  endHostile()
  for (const step of cleanUp.splice(0)) step()
})

/** The code of the first `close`, and the errors before it, by their beginning. */
async function end(connection: Connection): Promise<[code: number, errors: string[]]> {
  const errors: string[] = []
  connection.on('error', error => errors.push(error.message))
  const code = await new Promise<number>(resolve => connection.once('close', resolve as never))
  return [code, errors]
}

describe('A server', () => {
  test.each<[string, string, Attack]>([
    [
      'octets without an end',
      'Handshake is too big',
      socket => flood(socket, times(Uint8Array.of(0xaa), 65_536)),
    ],
    [
      'headers without an end',
      'Handshake is too big',
      socket => flood(socket, `HTTP/1.1 101 x\r\n${'A: b\r\n'.repeat(9_999)}`),
    ],
    [
      'another status and a body without an end',
      'Invalid handshake',
      socket => flood(socket, `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(99)}`),
    ],
    [
      'provisional answers without an end',
      'Invalid handshake',
      socket => flood(socket, 'HTTP/1.1 103 x\r\n\r\n'.repeat(99)),
    ],
    ['a wrong accept key, then RST', 'Invalid handshake', refusedReset],
    [
      'a wrong accept key, then a flood',
      'Invalid handshake',
      (socket, key) => flood(socket, switching(`${key}x`)),
    ],
    [
      'a wrong accept key, then nothing',
      'Invalid handshake',
      (socket, key) => socket.write(switching(`${key}x`)),
    ],
    ['RST', 'read ECONNRESET', socket => socket.resetAndDestroy()],
  ])('that answers with %s fails: %s', async (_, message, attack) => {
    const { port, sockets } = await hostile(attack)
    const [code, errors] = await end(connect(`ws://127.0.0.1:${port}/`))
    expect([code, errors]).toEqual([1006, [expect.stringContaining(message)]])
    await letGo(sockets)
  })

  test.each<readonly [string, number, (socket: Socket) => unknown]>([
    ...hostileFrames,
    [
      'a frame that announces too much',
      1009,
      socket => socket.write(Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0x20, 0, 1])),
    ],
    [
      'a text in fragments without an end',
      1009,
      socket => {
        socket.write(frame('01', 'a'))
        flood(socket, frame('00', new Uint8Array(2_000_000)))
      },
    ],
  ])('that sends %s is left with %i', async (_, code, attack) => {
    const { port, sockets } = await hostile(opened(attack))
    expect((await end(connect(`ws://127.0.0.1:${port}/`)))[0]).toBe(code)
    await letGo(sockets)
  })
})

describe('A client', () => {
  const flooding = (bytes: Uint8Array) => (socket: Socket) => flood(socket, bytes)

  test.each<[string, number, (socket: Socket) => unknown]>([
    [
      'a frame that announces too much',
      1009,
      socket => socket.write(masked(rawFrame('82', '', 2 * 1024 * 1024 + 1))),
    ],
    [
      'a text in fragments without an end',
      1009,
      socket => {
        socket.write(masked(rawFrame('01', 'a')))
        flood(socket, masked(rawFrame('00', new Uint8Array(2_000_000))))
      },
    ],
    [
      'close frames without an end',
      1000,
      flooding(times(masked(rawFrame('88', Uint8Array.of(3, 232))), 9_999)),
    ],
    ['a broken rule, then a flood', 1002, flooding(times(masked(rawFrame('83')), 9_999))],
    ['RST', 1006, reset],
  ])('that sends %s is left with %i', async (_, code, attack) => {
    const server = createServer().listen(0, '127.0.0.1')
    cleanUp.push(() => server.close())
    await once(server, 'listening')
    const socket = dial((server.socket.address() as AddressInfo).port, '127.0.0.1')
    cleanUp.push(() => socket.destroy())
    socket.on('error', () => {}).resume()
    socket.write(
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    )
    const [connection] = (await once(server, 'connection')) as [Connection]
    const ended = end(connection)
    attack(socket)
    expect((await ended)[0]).toBe(code)
  })
})
