import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UsageError } from '../errors.ts'
import {
  type Extension,
  maxExtensionCount,
  maxExtensionsHeaderLength,
  parseExtensions,
  serializeExtensions,
} from './extensions.ts'

const deflate = (...parameters: [string, string | true][]): Extension => ({
  name: 'permessage-deflate',
  parameters,
})

test.each<[string | string[] | undefined, Extension[]]>([
  [undefined, []],
  ['permessage-deflate', [deflate()]],
  ['permessage-deflate; client_max_window_bits', [deflate(['client_max_window_bits', true])]],
  ['permessage-deflate;a=1;b="2"', [deflate(['a', '1'], ['b', '2'])]],
  ['permessage-deflate; a="1\\0"', [deflate(['a', '10'])]],
  ['permessage-deflate; a; a', [deflate(['a', true], ['a', true])]],
  ['\t permessage-deflate \t;\ta = "1" ; b\t=\t2 ', [deflate(['a', '1'], ['b', '2'])]],
  ['permessage-deflate; a, permessage-deflate', [deflate(['a', true]), deflate()]],
  [
    ['x', 'permessage-deflate; a'],
    [{ name: 'x', parameters: [] }, deflate(['a', true])],
  ],
  [', ,permessage-deflate,,', [deflate()]],
])('The extensions %j are read as %j', (value, extensions) => {
  expect(parseExtensions(value)).toEqual(extensions)
})

test.each([
  '',
  ' ',
  ',',
  ';',
  'a;',
  'a;;b',
  'a; b=',
  'a; =b',
  'a=b',
  'a b',
  'a; b c',
  'a; b=c d',
  'a; b="',
  'a; b=""',
  'a; b="c d"',
  'a; b="c,d"',
  'a; b="c\\"d"',
  'a; b="c"d',
  'a; b="c\\',
  'a; b="c" "d"',
  'a; "b"',
  '"a"',
  'a/b',
  'a\n',
  'a; b=é',
])('The extensions %j are malformed', value => {
  expect(parseExtensions(value)).toBeUndefined()
})

test('The longest header is read, a longer one is malformed, also when it is repeated', () => {
  const longest = 'a'.repeat(maxExtensionsHeaderLength)
  expect(parseExtensions(longest)).toEqual([{ name: longest, parameters: [] }])
  expect(parseExtensions(`${longest}a`)).toBeUndefined()
  expect(parseExtensions(['a', longest])).toBeUndefined()
})

test('As many extensions as allowed are read, one more is malformed', () => {
  const most = Array.from({ length: maxExtensionCount }, (_, index) => `x${index}`)
  expect(parseExtensions(most.join(','))).toHaveLength(maxExtensionCount)
  expect(parseExtensions([...most, 'y'].join(','))).toBeUndefined()
})

test('Serializing what is not a token throws a UsageError', () => {
  for (const extension of [
    { name: 'a b', parameters: [] },
    deflate(['', true]),
    deflate(['a', '']),
    deflate(['a', '1\r\nX: y']),
  ]) {
    expect(() => serializeExtensions([extension])).toThrow(UsageError)
  }
})

const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/)
const extension = fc.record({
  name: token,
  parameters: fc.array(fc.tuple(token, fc.oneof(token, fc.constant(true as const))), { maxLength: 5 }),
})

test('Serializing extensions and reading them gives the same extensions', () => {
  fc.assert(
    fc.property(fc.array(extension, { minLength: 1, maxLength: 10 }), extensions => {
      expect(parseExtensions(serializeExtensions(extensions))).toEqual(extensions)
    }),
    { seed: 6455 },
  )
})

test('No text makes the parser throw, and what it accepts survives another round', () => {
  const piece = fc.oneof(token, fc.constantFrom(',', ';', '=', '"', '\\', ' ', '\t', '"a"', '\u0000', 'é'))
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 40 }).map(p => p.join('')),
  )
  fc.assert(
    fc.property(text, value => {
      const extensions = parseExtensions(value)
      if (extensions !== undefined) {
        expect(parseExtensions(serializeExtensions(extensions))).toEqual(extensions)
      }
    }),
    { seed: 7692, numRuns: 2000 },
  )
})

test.each([
  ['spaces', ' '.repeat(maxExtensionsHeaderLength)],
  ['commas', ','.repeat(maxExtensionsHeaderLength)],
  ['an open quote', `a;b="${'c'.repeat(maxExtensionsHeaderLength - 5)}`],
  ['escapes', `a;b="${'\\'.repeat(maxExtensionsHeaderLength - 5)}`],
  ['quotes', `a;b=${'"'.repeat(maxExtensionsHeaderLength - 4)}`],
  ['spaces before garbage', `a${' '.repeat(maxExtensionsHeaderLength - 2)}b`],
  ['parameters', `a${';b'.repeat(maxExtensionsHeaderLength / 2 - 1)}`],
])('The longest header of %s is read in a moment', (_, value) => {
  // Quadratic work on 8192 characters, a thousand times over, would take minutes; the test's time limit holds it.
  for (let round = 0; round < 1000; round++) parseExtensions(value)
})
