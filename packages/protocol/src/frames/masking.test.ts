import { hex } from '@bothways/test-support/bytes'
import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyMask } from './masking.ts'

/** RFC 6455 §5.3 as it is written: octet i is XORed with octet i modulo 4 of the key. */
function maskPlainly(bytes: Uint8Array, key: readonly number[], phase: number): Uint8Array {
  return bytes.map((byte, index) => byte ^ (key[(index + phase) % 4] ?? 0))
}

const key = [0x81, 0x02, 0xf3, 0x74]
const keyWord = 0x8102f374

describe('applyMask', () => {
  test('masks the example of RFC 6455 §5.7', () => {
    const bytes = new TextEncoder().encode('Hello')
    applyMask(bytes, 0x37fa213d)
    expect(bytes).toEqual(hex('7f 9f 4d 51 58'))
  })

  test('equals the plain version for every offset, phase and length around its thresholds', () => {
    const source = Uint8Array.from({ length: 160 }, (_, index) => (index * 37) & 0xff)
    for (let offset = 0; offset < 9; offset++) {
      for (let phase = 0; phase < 8; phase++) {
        for (let length = 0; length <= 110; length++) {
          const memory = source.slice()
          applyMask(memory.subarray(offset, offset + length), keyWord, phase)
          const expected = source.slice()
          expected.set(maskPlainly(source.subarray(offset, offset + length), key, phase), offset)
          // Also: not a byte before or behind the view has changed. (Buffer.equals is what makes this loop quick.)
          if (!Buffer.from(memory.buffer).equals(expected)) {
            expect({ offset, phase, length, memory }).toEqual({ offset, phase, length, memory: expected })
          }
        }
      }
    }
  })

  test('equals the plain version for any key, phase and view', () => {
    checkLaw(
      fc.property(
        fc.uint8Array({ maxLength: 1_000 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.nat({ max: 2 ** 31 - 1 }),
        fc.nat({ max: 16 }),
        (payload, keyBytes, phase, offset) => {
          const memory = new Uint8Array(offset + payload.length + 3)
          memory.set(payload, offset)
          const view = memory.subarray(offset, offset + payload.length)
          applyMask(view, new DataView(keyBytes.buffer).getUint32(0), phase)
          expect(view).toEqual(maskPlainly(payload, [...keyBytes], phase))
        },
      ),
    )
  })

  test('masks pieces with their phase as it masks the whole, and undoes itself', () => {
    checkLaw(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat({ max: 400 })), (payload, positions) => {
        const bytes = payload.slice()
        const ends = [...positions.map(at => Math.min(at, bytes.length)), bytes.length].sort((a, b) => a - b)
        let start = 0
        for (const end of ends) {
          applyMask(bytes.subarray(start, end), keyWord, start)
          start = end
        }
        expect(bytes).toEqual(maskPlainly(payload, key, 0))
        applyMask(bytes, keyWord)
        expect(bytes).toEqual(payload)
      }),
    )
  })
})
