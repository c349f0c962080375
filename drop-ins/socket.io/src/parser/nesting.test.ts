import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isNestedDeeper } from './nesting.ts'

/** The same of a value, as deep as tests go. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test('It is the depth of the value that the text stands for, whatever its strings are', () => {
  const text = fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', 'a', ',') })
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 6 },
      text,
      fc.integer(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3 }),
    ),
  }))
  fc.assert(
    fc.property(value, fc.nat(8), (it, limit) => {
      expect(isNestedDeeper(`1${JSON.stringify(it)}`, limit, 1)).toBe(depthOf(it) > limit)
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['[[[]]]', 3, false],
  ['[[[]]]', 2, true],
  ['[[[', 1, false],
  ['[[["', 1, true],
  ['"[[[[', 1, false],
  ['"\\"[[[[[[', 1, false],
  ['"\\\\"[[[[[[', 1, true],
  [']]]][[[[', 1, false],
  ['', 0, false],
])('%s is nested deeper than %i: %j', (text, limit, isDeeper) => {
  expect(isNestedDeeper(text, limit, 0)).toBe(isDeeper)
})
