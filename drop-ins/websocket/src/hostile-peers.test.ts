import { once } from 'node:events'
import type { Socket } from 'node:net'
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
import { Stage } from '@bothways/test-support/websocket-stage'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import websocket from './index.ts'

// Attacks by the other side: each ends as written here, and no error is left without a listener.

let stage: Stage
beforeEach(() => {
  stage = new Stage(websocket)
})
afterEach(() => {
  endHostile()
  return stage.end()
})

describe('A server', () => {
  test.each<[string, RegExp, Attack]>([
    ['octets without a meaning', /Parse Error/, socket => flood(socket, times(Uint8Array.of(0xaa), 65_536))],
    [
      'headers without an end',
      /Parse Error/,
      socket => flood(socket, `HTTP/1.1 101 x\r\n${'A: b\r\n'.repeat(9_999)}`),
    ],
    [
      'a body without an end',
      /non-101 status: 200/,
      socket => flood(socket, `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(65_536)}`),
    ],
    [
      'a body that does not come',
      /non-101 status: 500/,
      socket => socket.write('HTTP/1.1 500 x\r\nContent-Length: 99\r\n\r\n'),
    ],
    ['a wrong accept key, then RST', /didn't match/, refusedReset],
    [
      'a wrong accept key, then a flood',
      /didn't match/,
      (socket, key) => flood(socket, switching(`${key}x`)),
    ],
    ['a wrong accept key, then nothing', /didn't match/, (socket, key) => socket.write(switching(`${key}x`))],
    [
      'an extension of its own',
      /not offered/,
      (socket, key) => socket.write(switching(key, 'Sec-WebSocket-Extensions: x\r\n')),
    ],
    ['RST', /ECONNRESET/, socket => socket.resetAndDestroy()],
    ['FIN', /hang up/, socket => socket.end()],
  ])('that answers with %s fails', async (_, message, attack) => {
    const { port, sockets } = await hostile(attack)
    const client = new websocket.client({ closeTimeout: 50 })
    client.connect(`ws://127.0.0.1:${port}/`)
    const [error] = (await once(client, 'connectFailed')) as [Error]
    expect(error.message).toMatch(message)
    await letGo(sockets)
  })

  test.each<readonly [string, number, (socket: Socket) => unknown]>([
    ...hostileFrames,
    [
      'a frame that announces too much',
      1009,
      socket => socket.write(Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 1])),
    ],
    [
      'fragments without an end',
      1009,
      socket => {
        socket.write(frame('02', 'a'))
        flood(socket, frame('00', new Uint8Array(60_000)))
      },
    ],
    [
      'empty fragments without an end',
      1008,
      socket => {
        socket.write(frame('02', 'a'))
        flood(socket, times(frame('00'), 9_999))
      },
    ],
    ['a close frame, then nothing', 1000, socket => socket.write(frame('88', Uint8Array.of(3, 232)))],
  ])('that sends %s is left with %i', async (_, code, attack) => {
    const { port, sockets } = await hostile(opened(attack))
    const client = new websocket.client({ closeTimeout: 50 })
    client.connect(`ws://127.0.0.1:${port}/`)
    const [connection] = await once(client, 'connect')
    expect(await new Promise(resolve => connection.on('close', resolve))).toBe(code)
    await letGo(sockets)
  })
})

describe('A client', () => {
  const flooding = (bytes: Uint8Array) => (socket: Socket) => flood(socket, bytes)

  test.each<[string, number, (socket: Socket) => unknown]>([
    [
      'a frame that announces too much',
      1009,
      socket => socket.write(masked(rawFrame('82', '', 64 * 1024 + 1))),
    ],
    [
      'empty fragments without an end',
      1008,
      socket => {
        socket.write(masked(rawFrame('02', 'a')))
        flood(socket, times(masked(rawFrame('00')), 9_999))
      },
    ],
    [
      'close frames without an end',
      1000,
      flooding(times(masked(rawFrame('88', Uint8Array.of(3, 232))), 9_999)),
    ],
    ['a broken rule, then a flood', 1002, flooding(times(masked(rawFrame('83')), 9_999))],
    ['no pong', 1006, () => {}],
    ['RST', 1006, reset],
  ])('that sends %s is left with %i', async (_, code, attack) => {
    const { raw, server } = await stage.accepted({
      closeTimeout: 50,
      keepalive: true,
      keepaliveInterval: 100,
      keepaliveGracePeriod: 100,
    })
    const closed = once(server, 'close')
    attack(raw.socket)
    expect((await closed)[1]).toBe(code)
  })
})
