import { readFileSync } from 'node:fs'
import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { moduleSource } from '../../../../tools/commands/wasm.mjs'
import { applyMask } from './masking.ts'
import { createReadMemory, ordinaryMemory } from './read-memory.ts'

const length = 300
const encoder = new TextEncoder()

describe.each([
  ['WebAssembly', createReadMemory(1), true],
  ['ordinary', ordinaryMemory(new Uint8Array(64 * 1024)), false],
])('%s memory', (_, memory, knowsAscii) => {
  test('masks as applyMask does, changes nothing around, and tells ASCII if it can', () => {
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

  test('decodes text as TextDecoder does, wherever it lies, byte order marks and what lies around it included', () => {
    const character = fc.oneof(
      fc.integer({ min: 0, max: 0x7f }),
      fc.integer({ min: 0x80, max: 0x7ff }),
      fc.integer({ min: 0x800, max: 0xd7ff }),
      fc.integer({ min: 0xe000, max: 0xffff }),
      fc.integer({ min: 0x10000, max: 0x10ffff }),
      fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x10000, 0x10ffff),
    )
    const run = fc.tuple(character, fc.integer({ min: 1, max: 20 }))
    const anyText = fc
      .array(run, { maxLength: 8 })
      .map(runs => runs.map(([point, count]) => String.fromCodePoint(point).repeat(count)).join(''))
    checkLaw(
      fc.property(anyText, fc.nat({ max: 40 }), anyText, (text, start, behind) => {
        const { written: end } = encoder.encodeInto(text, memory.bytes.subarray(start))
        encoder.encodeInto(behind, memory.bytes.subarray(start + end))
        expect(memory.text(start, start + end, false)).toBe(text)
      }),
      { numRuns: 3_000 },
    )
  })

  test('decodes texts around 64 KiB, up to its own end', () => {
    for (const bytes of [65_533, 65_534, 65_535, 65_536]) {
      const text = '消'.repeat(21_844) + 'x'.repeat(bytes - 21_844 * 3)
      encoder.encodeInto(text, memory.bytes)
      expect(memory.text(0, bytes, false) === text).toBe(true)
    }
    memory.bytes.fill(0x61)
    expect(memory.text(0, memory.bytes.length, true)).toBe('a'.repeat(memory.bytes.length))
  })

  test('copies a part of any length into memory of its own, exact, that a later copy leaves alone', () => {
    const anyBytes = fc.uint8Array({ maxLength: 600 })
    checkLaw(
      fc.property(anyBytes, fc.nat({ max: 40 }), anyBytes, (bytes, start, later) => {
        memory.bytes.set(bytes, start)
        const copy = memory.copy(start, start + bytes.length)
        memory.bytes.set(later)
        memory.copy(0, later.length)
        expect(Uint8Array.from(copy)).toEqual(bytes)
        expect(copy.buffer.byteLength).toBe(bytes.length)
      }),
      { numRuns: 500 },
    )
    for (const byteLength of [255, 256, 257]) expect(memory.copy(0, byteLength)).toHaveLength(byteLength)
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
  expect(createReadMemory(0).bytes).toHaveLength(64 * 1024)
  expect(createReadMemory(64 * 1024 + 1).bytes).toHaveLength(128 * 1024)
})

test('The module is what its text says', async () => {
  const source = readFileSync(new URL('read-memory-module.ts', import.meta.url), 'utf8')
  expect(source).toBe(await moduleSource())
})
