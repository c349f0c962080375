import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import {
  accept,
  answering,
  closeAll,
  examine,
  header,
  http,
  isUpgrade,
  opening,
  switching,
} from './keeper.ts'

afterAll(closeAll)

/** Servers of this process that say nothing now say nothing later. */
const totalMs = 4000

const pingOk = Buffer.alloc(0)

/** Name, the 101 that comes, and the one code. */
const answers: readonly (readonly [string, (head: string) => string, string])[] = [
  [
    'without Upgrade',
    head => switching(head).replace('Upgrade: websocket\r\n', ''),
    'UPGRADE_HEADER_MISSING',
  ],
  [
    'without Connection',
    head => switching(head).replace('Connection: Upgrade\r\n', ''),
    'CONNECTION_HEADER_MISSING',
  ],
  [
    'with Connection: close',
    head => switching(head).replace('Connection: Upgrade', 'Connection: close'),
    'CONNECTION_HEADER_MISSING',
  ],
  [
    'without accept key',
    head => switching(head).replace(/Sec-WebSocket-Accept: .*\r\n/, ''),
    'ACCEPT_MISSING',
  ],
  [
    'with a subprotocol nobody offered',
    head => switching(head, 'Sec-WebSocket-Protocol: chat\r\n'),
    'SUBPROTOCOL_NOT_OFFERED',
  ],
  [
    'with an extension nobody offered',
    head => switching(head, 'Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n'),
    'EXTENSION_NOT_OFFERED',
  ],
  [
    'with window bits of 99',
    head => switching(head, 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n'),
    'EXTENSION_PARAMETERS',
  ],
]

test.concurrent.each(answers)('A 101 %s is told', async (_, answer, code) => {
  const port = await answering(head => (isUpgrade(head) ? answer(head) : http('404 Not Found')))
  expect((await examine(`ws://127.0.0.1:${port}/`)).problems).toEqual([code])
})

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const sha1 = (text: string) => createHash('sha1').update(text)
const mistakes: readonly (readonly [string, (key: string) => string])[] = [
  ['hex instead of base64', key => sha1(key + guid).digest('hex')],
  ['GUID was written in lower case', key => sha1(key + guid.toLowerCase()).digest('base64')],
  ['not trimmed', key => sha1(` ${key}${guid}`).digest('base64')],
  ['GUID was not appended', key => sha1(key).digest('base64')],
  [
    'SHA-256',
    key =>
      createHash('sha256')
        .update(key + guid)
        .digest('base64'),
  ],
  ['another key', () => 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
]

test.concurrent.each(mistakes)('A wrong accept key is explained: %s', async (says, wrong) => {
  const port = await answering(head => {
    if (!isUpgrade(head)) return http('404 Not Found')
    return switching(head).replace(accept(head), wrong(header(head, 'Sec-WebSocket-Key') ?? ''))
  })
  const told = await examine(`ws://127.0.0.1:${port}/`)
  expect(told.problems).toEqual(['ACCEPT_WRONG'])
  expect(told.text).toContain(says)
})

test.concurrent('A subprotocol that was offered and not chosen is told', async () => {
  const port = await answering(head => switching(head))
  expect((await examine(`ws://127.0.0.1:${port}/`, { protocols: ['chat'] })).problems).toEqual([
    'SUBPROTOCOL_NOT_CHOSEN',
  ])
})

test.concurrent('A status line of HTTP/1.0 is a warning beside what else is found', async () => {
  const old = await answering(head => switching(head).replace('HTTP/1.1', 'HTTP/1.0'))
  expect((await examine(`ws://127.0.0.1:${old}/`, { totalMs })).problems).toContain('HTTP_VERSION')
})

const compressed = 'Sec-WebSocket-Extensions: permessage-deflate\r\n'
const frame = (...bytes: number[]) => Buffer.from(bytes)

/** Name, the bytes that the server sends once it is open, further lines of its 101, and the one code. */
const violations: readonly (readonly [string, Buffer, string, string])[] = [
  ['a second HTTP answer', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), '', 'SECOND_ANSWER'],
  ['a masked frame', frame(0x81, 0x81, 1, 2, 3, 4, 0x60), '', 'FRAME_MASKED'],
  ['RSV1 without compression', frame(0xc1, 1, 0x61), '', 'RESERVED_BITS'],
  ['RSV3', frame(0x91, 1, 0x61), '', 'RESERVED_BITS'],
  ['opcode 3', frame(0x83, 1, 0x61), '', 'RESERVED_OPCODE'],
  ['opcode 15', frame(0x8f, 0), '', 'RESERVED_OPCODE'],
  ['a fragmented ping', frame(0x09, 0), '', 'CONTROL_FRAME'],
  ['a ping of 126 bytes', Buffer.concat([frame(0x89, 126, 0, 126), Buffer.alloc(126)]), '', 'CONTROL_FRAME'],
  ['a continuation of nothing', frame(0x80, 0), '', 'FRAGMENTATION'],
  ['a new message amid another', frame(0x01, 1, 0x61, 0x81, 1, 0x61), '', 'FRAGMENTATION'],
  ['a length written too long', frame(0x81, 126, 0, 5, 1, 2, 3, 4, 5), '', 'LENGTH'],
  ['a length with the sign bit', frame(0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 1), '', 'LENGTH'],
  ['text in Latin-1', frame(0x81, 4, 0x63, 0x61, 0x66, 0xe9), '', 'INVALID_UTF8'],
  ['a close frame of one byte', frame(0x88, 1, 3), '', 'CLOSE_FRAME_INVALID'],
  ['close code 1006 on the wire', frame(0x88, 2, 0x03, 0xee), '', 'CLOSE_FRAME_INVALID'],
  ['a close reason that is not UTF-8', frame(0x88, 3, 0x03, 0xe8, 0xff), '', 'CLOSE_FRAME_INVALID'],
  ['garbage as compressed data', frame(0xc1, 4, 0xff, 0xff, 0xff, 0xff), compressed, 'COMPRESSION_BROKEN'],
  ['a message of a terabyte', frame(0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0), '', 'MESSAGE_TOO_BIG'],
  ['close 1008', frame(0x88, 2, 0x03, 0xf0), '', 'CLOSED_AT_ONCE'],
  ['close 1011', frame(0x88, 2, 0x03, 0xf3), '', 'CLOSED_AT_ONCE'],
  ['close 4401', frame(0x88, 2, 0x11, 0x31), '', 'CLOSED_AT_ONCE'],
]

test.concurrent.each(violations)('A server that sends %s is told', async (_, bytes, lines, code) => {
  const port = await opening(bytes, lines)
  expect((await examine(`ws://127.0.0.1:${port}/`)).problems).toEqual([code])
})

test.concurrent('Compression that works is no problem, also with a context kept between messages', async () => {
  const compress = (text: string) => {
    const data = deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4)
    return Buffer.concat([frame(0xc1, data.length), data])
  }
  const port = await opening(Buffer.concat([compress('hello hello'), compress('hello hello')]), compressed)
  const { problems } = await examine(`ws://127.0.0.1:${port}/`, { totalMs })
  expect(problems).toEqual(['PING_UNANSWERED', 'CLOSE_UNANSWERED'])
})

test.concurrent('A connection that is cut after the 101 is told, by FIN and by RST', async () => {
  const fin = await opening(socket => socket.end())
  expect((await examine(`ws://127.0.0.1:${fin}/`)).problems).toEqual(['ENDED_AFTER_OPEN'])
  const rst = await opening(socket => socket.resetAndDestroy())
  expect((await examine(`ws://127.0.0.1:${rst}/`)).problems).toEqual(['ENDED_AFTER_OPEN'])
})

test.concurrent('Pings and close frames without an answer are warnings', async () => {
  const port = await opening(pingOk)
  const told = await examine(`ws://127.0.0.1:${port}/`, { totalMs })
  expect(told.drafts.every(({ severity }) => severity === 'warning')).toBe(true)
})

test.concurrent('TCP that is left open after the close frames is a warning', async () => {
  const port = await opening(socket => {
    socket.on('data', chunk => {
      // A masked ping of four bytes, then a masked close frame of two.
      if (chunk[0] === 0x89) {
        const key = chunk.subarray(2, 6)
        const payload = chunk.subarray(6, 10).map((byte, index) => byte ^ key[index]!)
        socket.write(Buffer.concat([frame(0x8a, 4), payload]))
      } else if (chunk[0] === 0x88) socket.write(frame(0x88, 2, 0x03, 0xe8))
    })
  })
  expect((await examine(`ws://127.0.0.1:${port}/`)).problems).toEqual(['TCP_LEFT_OPEN'])
})
