import { expect, test } from 'vitest'
import { closeCodeInWords } from './close-code-words.ts'

test.each(['en', 'zh'] as const)(
  'Every code of RFC 6455 and the IANA registry has words of its own: %s',
  language => {
    const codes = Array.from({ length: 16 }, (_, at) => 1000 + at)
    const texts = codes.map(code => closeCodeInWords(code)[language])
    expect(new Set(texts).size).toBe(codes.length)
    expect(texts).not.toContain(closeCodeInWords(999)[language])
  },
)

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
  expect(closeCodeInWords(code).en).toContain(words)
})
