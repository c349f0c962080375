import { describe, expect, test } from 'vitest'
import { isIterable, toClampedUnsignedShort, toSequence, toUnsignedShort, toUsvString } from './webidl.ts'

describe('Numbers', () => {
  test.each([
    [0, 0, 0],
    [65_535, 65_535, 65_535],
    [65_536, 0, 65_535],
    [-1, 65_535, 0],
    [1.5, 1, 2],
    [2.5, 2, 2],
    [-0.5, 0, 0],
    [Number.NaN, 0, 0],
    [Number.POSITIVE_INFINITY, 0, 65_535],
    [Number.NEGATIVE_INFINITY, 0, 0],
    ['0x10', 16, 16],
    ['four', 0, 0],
    [null, 0, 0],
    [undefined, 0, 0],
    [true, 1, 1],
    [{ valueOf: () => 7 }, 7, 7],
    [[9], 9, 9],
  ])('%j is the unsigned short %i, clamped %i', (value, plain, clamped) => {
    expect(Object.is(toUnsignedShort(value), plain)).toBe(true)
    expect(Object.is(toClampedUnsignedShort(value), clamped)).toBe(true)
  })

  test.each([[1n], [Symbol('1')]])('A %s is no number', value => {
    expect(() => toUnsignedShort(value)).toThrow(TypeError)
    expect(() => toClampedUnsignedShort(value)).toThrow(TypeError)
  })
})

test('A USVString has no lone surrogates, and a Symbol is no string', () => {
  expect(toUsvString('a\ud83d\ude00\ud800b\udc00')).toBe('a\u{1f600}\ufffdb\ufffd')
  expect(toUsvString({ toString: () => '\udfff' })).toBe('\ufffd')
  expect(() => toUsvString(Symbol('text'))).toThrow(TypeError)
})

test('A sequence is an object that can be iterated, whatever else it is', () => {
  expect(isIterable('text')).toBe(false)
  expect(isIterable({})).toBe(false)
  expect(isIterable({ length: 1, 0: 'array-like' })).toBe(false)
  expect(isIterable({ [Symbol.iterator]: null })).toBe(false)
  expect(isIterable(new String('ab'))).toBe(true)
  expect(toSequence(new Set([1, 2]), String)).toEqual(['1', '2'])
  expect(() => toSequence({ [Symbol.iterator]: 'no method' }, String)).toThrow(TypeError)
  expect(() => toSequence('text', String)).toThrow(TypeError)
})
