import { concat, toHex } from '@bothways/test-support/bytes'
import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PayloadBuffer } from './payload-buffer.ts'

const MiB = 1024 * 1024

function capacityAfter(lengths: readonly number[], expectedBytes: number): number {
  const buffer = new PayloadBuffer()
  for (const length of lengths) buffer.append(new Uint8Array(length), expectedBytes)
  return buffer.capacity
}

describe('PayloadBuffer', () => {
  test('hands over what was appended, and starts anew', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 12 })
    const buffer = new PayloadBuffer()
    checkLaw(
      fc.property(pieces, fc.nat({ max: 40_000 }), (list, slack) => {
        const whole = concat(list)
        for (const piece of list) buffer.append(piece, whole.length + slack)
        expect(buffer.length).toBe(whole.length)
        const payload = buffer.take()
        expect(toHex(payload)).toBe(toHex(whole))
        expect(payload.buffer.byteLength).toBe(whole.length)
        expect([buffer.length, buffer.capacity]).toEqual([0, 0])
      }),
    )
  })

  test('takes at most twice what has come, or 4096 bytes, whatever was announced', () => {
    const lengths = fc.array(fc.nat({ max: 20_000 }), { minLength: 1, maxLength: 10 })
    checkLaw(
      fc.property(lengths, list => {
        const came = list.reduce((sum, length) => sum + length, 0)
        expect(capacityAfter(list, 16 * MiB)).toBeLessThanOrEqual(Math.max(4096, came * 2))
      }),
    )
  })

  test('takes at most 1 MiB ahead of a long payload, and hands over memory of its length', () => {
    const piece = new Uint8Array(100_000)
    const buffer = new PayloadBuffer()
    for (let came = piece.length; came <= 8 * MiB; came += piece.length) {
      buffer.append(piece, 16 * MiB)
      expect(buffer.capacity).toBeLessThanOrEqual(Math.min(came * 2, came + MiB))
    }
    expect(buffer.take().buffer.byteLength).toBe(8_300_000)
  })

  test('takes nothing for an announcement, and 4096 bytes at most for the first byte', () => {
    expect(capacityAfter([], 16 * MiB)).toBe(0)
    expect(capacityAfter([1], 16 * MiB)).toBe(4096)
    expect(capacityAfter([1], 10)).toBe(10)
  })

  test('takes exactly what a payload needs whose length is known', () => {
    expect(capacityAfter([4_000, 4_000, 2_000], 10_000)).toBe(10_000)
    expect(capacityAfter([4096, 1], 4097)).toBe(4097)
  })

  test('keeps a payload apart from the pieces it came in and from the next payload', () => {
    const piece = Uint8Array.of(1, 2)
    const buffer = new PayloadBuffer()
    buffer.append(piece, 2)
    piece.fill(9)
    const first = buffer.take()
    buffer.append(piece, 2)
    expect([toHex(first), toHex(buffer.take())]).toEqual(['0102', '0909'])
  })
})
