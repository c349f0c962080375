import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8Bytes } from './log-entry.ts'

test('Bytes of UTF-8 are counted as the encoder makes them, lone surrogates included', () => {
  const encoder = new TextEncoder()
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\ud800', '\udc00', 'é', '中', 'a') }),
      (a, b) => {
        expect(utf8Bytes(a + b)).toBe(encoder.encode(a + b).length)
      },
    ),
  )
})
