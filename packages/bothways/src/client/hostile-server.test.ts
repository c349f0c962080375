import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { constants, deflateRawSync } from 'node:zlib'
import { acceptKey, isBothwaysError } from '@bothways/protocol'
import {
  type Attack,
  deflate,
  endHostile,
  flood,
  frame,
  hostile,
  letGo,
  opened,
  switching,
  times,
} from '@bothways/test-support/hostile-server'
import { afterEach, describe, expect, test } from 'vitest'
import type { ClientOptions } from './client-options.ts'
import type { WebSocketErrorEvent } from './error-event.ts'
import { WebSocket } from './websocket.ts'

// Attacks of a server on its clients: each ends, in an error with a code, or costs no more than is written here.

afterEach(endHostile)

function connect(port: number, options: ClientOptions = {}, scheme = 'ws'): WebSocket {
  return new WebSocket(`${scheme}://127.0.0.1:${port}/`, [], {
    closeTimeoutMs: 100,
    handshakeTimeoutMs: 10_000,
    ...options,
  })
}

/** All events of a socket until it is closed, errors by their code. */
async function story(socket: WebSocket): Promise<string[]> {
  const told: string[] = []
  socket.onopen = () => told.push('open')
  socket.onmessage = () => told.push('message')
  socket.onerror = ({ error }: WebSocketErrorEvent) =>
    told.push(isBothwaysError(error) ? error.code : `without a code: ${error}`)
  await new Promise<void>(resolve => {
    socket.onclose = ({ code }) => {
      told.push(`close ${code}`)
      resolve()
    }
  })
  return told
}

/** 80 MB of zeros in 78 KB. */
const bomb = deflateRawSync(new Uint8Array(80e6), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

describe('While it is asked for the opening handshake', () => {
  const short = { handshakeTimeoutMs: 200 }
  const [failed, late, status] = [
    'BW_HANDSHAKE_CONNECTION_FAILED',
    'BW_HANDSHAKE_TIMEOUT',
    'BW_STATUS_NOT_101',
  ]

  test.each<[string, string, Attack, ClientOptions?]>([
    ['octets without a meaning', failed, socket => socket.write(times(Uint8Array.of(0xaa, 0x07), 500))],
    ['octets without an end', failed, socket => flood(socket, times(Uint8Array.of(0xaa), 65_536))],
    ['frames instead of an answer', failed, socket => socket.write(frame('81', 'hi'))],
    ['a status line without an end', failed, socket => flood(socket, `HTTP/1.1 101 ${'x'.repeat(65_536)}`)],
    [
      'a header without an end',
      failed,
      socket => flood(socket, `HTTP/1.1 101 x\r\nA: ${'x'.repeat(65_536)}`),
    ],
    [
      'headers without an end',
      failed,
      socket => flood(socket, `HTTP/1.1 101 x\r\n${'A: b\r\n'.repeat(9_999)}`),
    ],
    [
      'provisional answers without an end',
      late,
      socket => flood(socket, 'HTTP/1.1 103 x\r\nLink: <x>\r\n\r\n'.repeat(500)),
      short,
    ],
    [
      'an octet now and then',
      late,
      drip('HTTP/1.1 101 Switching Protocols\r\nA: xxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
      short,
    ],
    ['nothing', late, () => {}, short],
    ['FIN', failed, socket => socket.end()],
    ['half a head and FIN', failed, (socket, key) => socket.end(switching(key).slice(0, 60))],
    ['RST', failed, socket => socket.resetAndDestroy()],
    [
      'a body without an end',
      status,
      socket => flood(socket, `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(65_536)}`),
    ],
    [
      'a body that does not come',
      status,
      socket => socket.write('HTTP/1.1 500 x\r\nContent-Length: 99\r\n\r\n'),
    ],
    ['chunks without an end', status, chunked('1\r\na\r\n')],
    ['chunk extensions without an end', failed, chunked(`1;${'x'.repeat(65_536)}`)],
    ['trailers without an end', failed, chunked(`0\r\n${'A: b\r\n'.repeat(9_999)}`)],
    ['a redirection to itself', status, socket => socket.write('HTTP/1.1 302 x\r\nLocation: /\r\n\r\n')],
    [
      'a wrong accept key, then RST',
      'BW_ACCEPT_WRONG',
      (socket, key) => {
        socket.write(switching(`${key}x`))
        setTimeout(() => socket.resetAndDestroy(), 20)
      },
    ],
    [
      'a wrong accept key, then a flood',
      'BW_ACCEPT_WRONG',
      (socket, key) => flood(socket, switching(`${key}x`)),
    ],
    [
      'two accept keys',
      'BW_ACCEPT_WRONG',
      (socket, key) => socket.write(switching(key, `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n`)),
    ],
    [
      'a subprotocol of its own',
      'BW_SUBPROTOCOL_NOT_OFFERED',
      (socket, key) => socket.write(switching(key, 'Sec-WebSocket-Protocol: x\r\n')),
    ],
    [
      'an extension of its own',
      'BW_EXTENSION_NOT_OFFERED',
      (socket, key) => socket.write(switching(key, 'Sec-WebSocket-Extensions: x\r\n')),
    ],
    [
      'an extension twice',
      'BW_EXTENSION_PARAMETERS_INVALID',
      (socket, key) => socket.write(switching(key, deflate + deflate)),
    ],
    [
      'a window of 16 bits',
      'BW_EXTENSION_PARAMETERS_INVALID',
      (socket, key) => socket.write(switching(key, deflate.replace('\r', '; server_max_window_bits=16\r'))),
    ],
    [
      'a parameter that nobody knows',
      'BW_EXTENSION_PARAMETERS_INVALID',
      (socket, key) => socket.write(switching(key, deflate.replace('\r', '; x=1\r'))),
    ],
  ])('it sends %s: %s', async (_, code, attack, options) => {
    const { port, sockets } = await hostile(attack)
    expect(await story(connect(port, options))).toEqual([code, 'close 1006'])
    await letGo(sockets)
  })

  test.each<[string, string, Attack, ClientOptions?]>([
    ['plain HTTP', failed, socket => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['octets without an end', failed, socket => flood(socket, times(Uint8Array.of(0x16), 65_536))],
    ['a record without an end', late, drip('\x16\x03\x03\x40\x00\x02\x00\x00\x4c\x03\x03xxxxxxxxxx'), short],
    ['nothing', late, () => {}, short],
    ['RST', failed, socket => socket.resetAndDestroy()],
  ])('instead of TLS it sends %s: %s', async (_, code, attack, options) => {
    const { port, sockets } = await hostile(attack)
    expect(await story(connect(port, options, 'wss'))).toEqual([code, 'close 1006'])
    await letGo(sockets)
  })

  /** One octet every 10 ms. */
  function drip(text: string): Attack {
    return socket => {
      let at = 0
      const timer = setInterval(() => socket.write(text[at++ % text.length] as string, 'latin1'), 10)
      socket.on('close', () => clearInterval(timer))
    }
  }

  function chunked(rest: string): Attack {
    return socket => {
      socket.write('HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\n')
      flood(socket, rest)
    }
  }
})

describe('On an open connection', () => {
  test.each<[string, string[], Attack]>([
    [
      'a masked frame',
      ['BW_MASKED_FRAME', 'close 1006'],
      opened(socket => socket.write(Buffer.from([0x81, 0x80, 0, 0, 0, 0]))),
    ],
    [
      'a length of 2 to the 62',
      ['BW_MESSAGE_TOO_BIG', 'close 1006'],
      opened(socket => socket.write(Buffer.from([0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0]))),
    ],
    [
      'a length with its sign bit',
      ['BW_LENGTH_SIGN_BIT', 'close 1006'],
      opened(socket => socket.write(Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 1]))),
    ],
    [
      'fragments without an end',
      ['BW_MESSAGE_TOO_BIG', 'close 1006'],
      opened(socket => {
        socket.write(frame('02', 'a'))
        flood(socket, frame('00', new Uint8Array(60_000)))
      }),
    ],
    [
      'a broken rule, then a flood',
      ['BW_RESERVED_OPCODE', 'close 1006'],
      opened(socket => flood(socket, times(Uint8Array.of(0x83, 0), 30_000))),
    ],
    [
      'a broken rule, then nothing',
      ['BW_RESERVED_OPCODE', 'close 1006'],
      opened(socket => socket.write(Uint8Array.of(0x83, 0))),
    ],
    [
      'a frame of another answer’s body',
      ['BW_RESERVED_BITS', 'close 1006'],
      opened(socket => socket.write('hello'), 'Content-Length: 5\r\n'),
    ],
    [
      'a compressed frame that was not agreed on',
      ['BW_RESERVED_BITS', 'close 1006'],
      opened(socket => socket.write(frame('c1', 'a'))),
    ],
    [
      'what does not inflate',
      ['BW_INFLATE_FAILED', 'close 1006'],
      opened(socket => socket.write(frame('c1', Uint8Array.of(255, 255))), deflate),
    ],
    [
      'a bomb',
      ['BW_MESSAGE_TOO_BIG', 'close 1006'],
      opened(socket => socket.write(frame('c2', bomb)), deflate),
    ],
    [
      'a bomb in small frames',
      ['BW_MESSAGE_TOO_BIG', 'close 1006'],
      opened(socket => {
        socket.write(frame('42', bomb.subarray(0, 100)))
        for (let at = 100; at < bomb.length; at += 100) {
          socket.write(frame(at + 100 < bomb.length ? '00' : '80', bomb.subarray(at, at + 100)))
        }
      }, deflate),
    ],
    [
      'close frames without an end',
      ['close 1000'],
      opened(socket => flood(socket, times(frame('88', Uint8Array.of(3, 232)), 9_999))),
    ],
    [
      'a close frame, then messages without an end',
      ['close 1000'],
      opened(socket => {
        socket.write(frame('88', Uint8Array.of(3, 232)))
        flood(socket, times(frame('82', new Uint8Array(999)), 50))
      }),
    ],
    [
      'a close frame, then nothing',
      ['close 1000'],
      opened(socket => socket.write(frame('88', Uint8Array.of(3, 232)))),
    ],
    [
      'a close frame, then RST',
      ['close 1000'],
      opened(socket => {
        socket.write(frame('88', Uint8Array.of(3, 232)))
        setTimeout(() => socket.resetAndDestroy(), 20)
      }),
    ],
    ['FIN, and nothing after it', ['BW_CONNECTION_LOST', 'close 1006'], opened(socket => socket.end())],
    [
      'half a frame and FIN',
      ['BW_CONNECTION_LOST', 'close 1006'],
      opened(socket => socket.end(Uint8Array.of(0x82, 9, 1))),
    ],
    [
      'RST',
      ['BW_CONNECTION_LOST', 'close 1006'],
      opened(socket => setTimeout(() => socket.resetAndDestroy(), 20)),
    ],
    [
      'half a frame and RST',
      ['BW_CONNECTION_LOST', 'close 1006'],
      opened(socket => {
        socket.write(Uint8Array.of(0x82, 9, 1))
        setTimeout(() => socket.resetAndDestroy(), 20)
      }),
    ],
    [
      'half a frame and nothing',
      ['BW_PEER_SILENT', 'close 1006'],
      opened(socket => socket.write(Uint8Array.of(0x82, 9, 1))),
    ],
  ])('it sends %s: %j', async (_, events, attack) => {
    const { port, sockets } = await hostile(attack)
    const options = { maxMessageBytes: 8_000_000, keepalive: { intervalMs: 100, timeoutMs: 200 } }
    expect(await story(connect(port, options))).toEqual(['open', ...events])
    await letGo(sockets)
  })

  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')

  function heldBytes(): number {
    collectGarbage()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }

  test.each<[string, Buffer, boolean]>([
    ['pings, and does not read the pongs', times(frame('89', new Uint8Array(125)), 200), false],
    ['pongs', times(frame('8a', new Uint8Array(125)), 200), true],
    ['empty fragments', times(frame('00'), 9_999), true],
    ['messages of one octet', times(frame('81', 'a'), 9_999), true],
  ])('A flood of %s takes no memory, and others have their turns', async (_, bytes, reads) => {
    const { port, sockets } = await hostile(
      opened(socket => {
        if (!reads) socket.pause()
        if (bytes[0] === 0) socket.write(frame('02', 'a'))
        flood(socket, bytes)
      }),
    )
    const socket = connect(port)
    await once(socket, 'open')
    const before = heldBytes()
    let turnCount = 0
    const startBytes = sockets[0]?.bytesWritten ?? 0
    while ((sockets[0]?.bytesWritten ?? 0) < startBytes + 2_000_000) {
      turnCount++
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(turnCount).toBeGreaterThan(10)
    // The flood goes on: the bytes on their way at one moment are no measure of those kept.
    let held = heldBytes()
    for (let at = 0; at < 20 && held - before >= 5_000_000; at++) {
      await new Promise(resolve => setImmediate(resolve))
      held = Math.min(held, heldBytes())
    }
    expect(held - before).toBeLessThan(5_000_000)
    socket.terminate()
  })
})
