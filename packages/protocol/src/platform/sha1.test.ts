import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha1 as nodeSha1 } from './sha1.node.ts'
import { sha1 } from './sha1.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test.each([sha1, nodeSha1])('SHA-1 gives the digests of FIPS 180', digest => {
  expect(hex(digest(Buffer.from('abc')))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d')
  expect(hex(digest(new Uint8Array(0)))).toBe('da39a3ee5e6b4b0d3255bfef95601890afd80709')
  expect(hex(digest(Buffer.from('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')))).toBe(
    '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
  )
  expect(hex(digest(Buffer.alloc(1_000_000, 'a')))).toBe('34aa973cd4c4daa4f61eeb2bdbad27316534016f')
})

test('The pure SHA-1 agrees with the platform at every length around a block', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 0xff)
    expect(hex(sha1(bytes))).toBe(hex(nodeSha1(bytes)))
  }
})

test('The pure SHA-1 agrees with the platform for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1000 }), bytes => {
      expect(hex(sha1(bytes))).toBe(hex(nodeSha1(bytes)))
    }),
    { seed: 64 },
  )
})
