import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyMasked } from './masked-copy.ts'

const lengths = fc.oneof(fc.nat(80), fc.nat(1_000), fc.integer({ min: 65_000, max: 140_000 }))

test('Every byte of the copy is masked with the key’s byte at its place in the payload, and no other is touched', () => {
  checkLaw(
    fc.property(lengths, fc.nat(9), fc.nat(0xffff_ffff), fc.nat(7), (length, at, key, phase) => {
      const source = Uint8Array.from({ length }, (_, index) => (index * 31) & 0xff)
      const target = new Uint8Array(at + length + 3).fill(0xaa)
      copyMasked(source, target, at, key, phase)
      const keyBytes = [key >>> 24, (key >>> 16) & 0xff, (key >>> 8) & 0xff, key & 0xff]
      const expected = Uint8Array.from(target.keys(), index => {
        const from = index - at
        if (from < 0 || from >= length) return 0xaa
        return (source[from] ?? 0) ^ (keyBytes[(from + phase) & 3] ?? 0)
      })
      expect(Buffer.compare(target, expected)).toBe(0)
      // In place.
      copyMasked(source, source, 0, key, phase)
      expect(Buffer.compare(source, target.subarray(at, at + length))).toBe(0)
    }),
    { numRuns: 60 },
  )
})
