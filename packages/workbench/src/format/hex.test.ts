import { expect, test } from 'vitest'
import { formatHex, formatHexDump, parseHex } from './hex.ts'

test.each(['48 65 6c 6c 6f', '48656C6C6F', '0x48, 0x65, 0x6c, 0x6c, 0x6f', '48:65:6c-6c_6f\n'])(
  '%j is Hello',
  text => {
    expect(new TextDecoder().decode(parseHex(text).bytes)).toBe('Hello')
  },
)

test('An empty text is no bytes', () => {
  expect(parseHex(' ').bytes).toEqual(new Uint8Array())
})

test('A wrong digit is told with its place', () => {
  expect(parseHex('48 6g').error).toEqual({ kind: 'digit', position: 5 })
  expect(parseHex('48 6').error).toEqual({ kind: 'odd' })
})

test('Every byte comes back', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
  expect(parseHex(formatHex(bytes)).bytes).toEqual(bytes)
})

test('A dump has offset, digits and characters', () => {
  expect(formatHexDump(new TextEncoder().encode('Hello, WebSocket\0'))).toBe(
    '000000  48 65 6c 6c 6f 2c 20 57 65 62 53 6f 63 6b 65 74  Hello, WebSocket\n' +
      '000010  00                                               ·',
  )
})
