import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha1Base64 as nodeSha1Base64 } from './sha1.node.ts'
import { sha1, sha1Base64 } from './sha1.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('SHA-1 gives the digests of FIPS 180', () => {
  const long = 'a'.repeat(1_000_000)
  const digests = {
    abc: 'a9993e364706816aba3e25717850c26c9cd0d89d',
    '': 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq: '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
    [long]: '34aa973cd4c4daa4f61eeb2bdbad27316534016f',
  }
  for (const [text, digest] of Object.entries(digests)) {
    expect(hex(sha1(Buffer.from(text)))).toBe(digest)
    expect(sha1Base64(text)).toBe(Buffer.from(digest, 'hex').toString('base64'))
    expect(nodeSha1Base64(text)).toBe(sha1Base64(text))
  }
})

test('The pure SHA-1 agrees with the platform at every length around a block', () => {
  for (let length = 0; length <= 200; length++) {
    const text = Array.from({ length }, (_, index) => String.fromCharCode((index * 7 + length) & 0x7f)).join(
      '',
    )
    expect(sha1Base64(text)).toBe(nodeSha1Base64(text))
  }
})

test('The pure SHA-1 agrees with the platform for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), text => {
      expect(sha1Base64(text)).toBe(nodeSha1Base64(text))
    }),
    { seed: 64 },
  )
})
