import { expect, test } from 'vitest'
import { closeCodeInWords } from './close-code-words.ts'

test('Every code of RFC 6455 and the IANA registry has words of its own', () => {
  const codes = Array.from({ length: 16 }, (_, at) => 1000 + at)
  const texts = codes.map(closeCodeInWords)
  expect(new Set(texts).size).toBe(codes.length)
  expect(texts).not.toContain('a reserved code')
})

test.each([
  [999, 'a reserved code'],
  [1016, 'a reserved code'],
  [2999, 'a reserved code'],
  [3000, 'library'],
  [3999, 'library'],
  [4000, 'application'],
  [4999, 'application'],
  [5000, 'a reserved code'],
])('%i: %s', (code, words) => {
  expect(closeCodeInWords(code)).toContain(words)
})
