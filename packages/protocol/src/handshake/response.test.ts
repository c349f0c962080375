import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Refusal, serializeRefusal } from './refusal.ts'
import { serializeResponse } from './response.ts'

test('A response without a body is the head as given', () => {
  expect(
    serializeResponse(101, [
      ['Upgrade', 'websocket'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ]),
  ).toBe(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n',
  )
})

test('A body adds its type, its length in bytes of UTF-8 and the end of the connection', () => {
  expect(serializeResponse(404, [['X-Reason', 'path']], 'nö 😀')).toBe(
    'HTTP/1.1 404 Not Found\r\nX-Reason: path\r\nContent-Type: text/plain; charset=utf-8\r\n' +
      'Content-Length: 8\r\nConnection: close\r\n\r\nnö 😀',
  )
})

test('An empty body has the length 0', () => {
  expect(serializeResponse(400, [], '')).toContain('\r\nContent-Length: 0\r\n')
})

test("A body's type and the connection's end may be given in any case of their names", () => {
  expect(
    serializeResponse(
      401,
      [
        ['content-type', 'application/json'],
        ['CONNECTION', 'close'],
      ],
      '{}',
    ),
  ).toBe(
    'HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\nCONNECTION: close\r\nContent-Length: 2\r\n\r\n{}',
  )
})

test('A status without a known phrase has an empty one', () => {
  expect(serializeResponse(499, [])).toBe('HTTP/1.1 499 \r\n\r\n')
})

test.each([99, 600, 101.5, Number.NaN])('The status %d throws a UsageError', status => {
  expect(() => serializeResponse(status, [])).toThrow(expect.objectContaining({ code: 'BW_INVALID_OPTION' }))
})

test.each([
  ['X', 'a\r\nSet-Cookie: b'],
  ['X', 'a\n'],
  ['X', 'a\rb'],
  ['X', 'a\0'],
  ['X', 'a\x7f'],
  ['X', 'é'],
  ['X', '\u010d\u010a'],
  ['X Y', 'a'],
  ['X:', 'a'],
  ['', 'a'],
  ['X\r\nY', 'a'],
])('The header %j with the value %j throws a UsageError', (name, value) => {
  expect(() => serializeResponse(101, [[name, value]])).toThrow(
    expect.objectContaining({ code: 'BW_INVALID_HEADER' }),
  )
})

test.each(['Content-Length', 'transfer-encoding'])('A body refuses the header %s', name => {
  expect(() => serializeResponse(400, [[name, '1']], 'x')).toThrow(
    expect.objectContaining({ code: 'BW_INVALID_HEADER' }),
  )
})

test('No header that is accepted can add a line to the head', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
      let head: string
      try {
        head = serializeResponse(101, [[name, value]])
      } catch (error) {
        expect(error).toMatchObject({ code: 'BW_INVALID_HEADER' })
        return
      }
      expect(head.split(/\r\n|\r|\n/)).toEqual([
        'HTTP/1.1 101 Switching Protocols',
        `${name}: ${value}`,
        '',
        '',
      ])
    }),
    { seed: 7230, numRuns: 1000 },
  )
})

test('A refusal is its text with its own headers and those of every refusal', () => {
  const refusal: Refusal = {
    code: 'BW_UPGRADE_MISSING',
    status: 426,
    headers: { Upgrade: 'websocket', Connection: 'Upgrade, close' },
    text: 'No.',
  }
  expect(serializeRefusal(refusal)).toBe(
    'HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n' +
      'Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\nNo.',
  )
})
