import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkLaw } from '../../../../test/support/law.ts'
import { applyMask } from './masking.ts'
import { createMaskingMemory, ordinaryMemory } from './masking-memory.ts'

const length = 300

describe.each([
  ['WebAssembly', createMaskingMemory(1), true],
  ['ordinary', ordinaryMemory(new Uint8Array(64 * 1024)), false],
])('Masking in %s memory', (_, memory, knowsAscii) => {
  test('equals applyMask, changes nothing around, and tells ASCII if it can', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ minLength: length, maxLength: length }),
      fc.uint8Array({ minLength: length, maxLength: length, max: 0x7f }),
    )
    const anyKey = fc.oneof(fc.constant(0), fc.nat({ max: 0xffff_ffff }))
    checkLaw(
      fc.property(
        anyBytes,
        anyKey,
        fc.nat({ max: 7 }),
        fc.nat({ max: length }),
        fc.nat({ max: length }),
        (bytes, key, phase, a, b) => {
          const [start, end] = a < b ? [a, b] : [b, a]
          memory.bytes.set(bytes)
          const isAscii = memory.mask(start, end, key, phase)
          const expected = bytes.slice()
          applyMask(expected.subarray(start, end), key, phase)
          expect(memory.bytes.slice(0, length)).toEqual(expected)
          expect(isAscii).toBe(knowsAscii && expected.subarray(start, end).every(byte => byte < 0x80))
        },
      ),
      { numRuns: 3_000 },
    )
  })

  test('reaches to the end of the memory', () => {
    const { bytes } = memory
    bytes.fill(0x61)
    memory.mask(0, bytes.length, 0x01020304, 0)
    const plain = new Uint8Array(bytes.length).fill(0x61)
    applyMask(plain, 0x01020304)
    expect(Buffer.compare(bytes, plain)).toBe(0)
    bytes.fill(0)
  })
})

test('Memory is rounded up to pages', () => {
  expect(createMaskingMemory(0).bytes).toHaveLength(64 * 1024)
  expect(createMaskingMemory(64 * 1024 + 1).bytes).toHaveLength(128 * 1024)
})
