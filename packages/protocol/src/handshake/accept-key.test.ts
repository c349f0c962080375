import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { acceptKey, createKey, isValidKey } from './accept-key.ts'
import { encodeBase64 } from './base64.ts'

test("The key of RFC 6455's example has the accept value of the example", () => {
  expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
})

test('A key is valid when it is made of any 16 bytes, and its accept value is that of RFC 6455', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
      const key = createKey(bytes)
      expect(key).toBe(Buffer.from(bytes).toString('base64'))
      expect(isValidKey(key)).toBe(true)
      const hash = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      expect(acceptKey(key)).toBe(hash.digest('base64'))
    }),
    { seed: 6455 },
  )
})

test.each([0, 1, 15, 17, 18, 32])('A key of %i bytes is not valid and cannot be made', length => {
  const bytes = new Uint8Array(length).fill(0xa5)
  expect(isValidKey(encodeBase64(bytes))).toBe(false)
  expect(() => createKey(bytes)).toThrow(expect.objectContaining({ code: 'BW_INVALID_OPTION' }))
})

test.each([
  'dGhlIHNhbXBsZSBub25jZQ',
  'dGhlIHNhbXBsZSBub25jZQ=',
  'dGhlIHNhbXBsZSBub25jZR=',
  'dGhlIHNhbXBsZSBub25jZ_==',
  ' dGhlIHNhbXBsZSBub25jZQ==',
  'dGhlIHNhbXBsZSBub25jZQ==\n',
  'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==',
])('The key %j is not valid', key => {
  expect(isValidKey(key)).toBe(false)
})

test('The bits that 16 bytes leave over may be anything', () => {
  expect(isValidKey('dGhlIHNhbXBsZSBub25jZR==')).toBe(true)
})

test('Base64 agrees with the platform for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
    }),
    { seed: 4648 },
  )
})
