import { concat, utf8 } from '@bothways/test-support/bytes'
import { checkLaw } from '@bothways/test-support/law'
import { adversarialPieces } from '@bothways/test-support/utf8-reference'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as node from './utf8.node.ts'
import * as pure from './utf8.ts'

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc.array(fc.constantFrom(...adversarialPieces), { maxLength: 8 }).map(concat),
)
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  // Lone surrogates too.
  fc.array(fc.nat({ max: 0xffff })).map(units => String.fromCharCode(...units)),
)

function decodesFatally(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

describe.each([
  ['node', node],
  ['pure', pure],
])('The %s variant', (_, { decodeUtf8, encodeUtf8, isUtf8 }) => {
  test('accepts what a fatal TextDecoder decodes, and nothing else', () => {
    checkLaw(
      fc.property(anyBytes, bytes => {
        expect(isUtf8(bytes)).toBe(decodesFatally(bytes))
      }),
      { numRuns: 2_000 },
    )
  })

  test('reads views, not what lies around them', () => {
    const memory = concat([Uint8Array.of(0xff), utf8('é'), Uint8Array.of(0xff)])
    const view = memory.subarray(1, 3)
    expect(isUtf8(view)).toBe(true)
    expect(decodeUtf8(view)).toBe('é')
    expect(isUtf8(memory.subarray(1, 2))).toBe(false)
    expect(isUtf8(new Uint8Array(0))).toBe(true)
    expect(decodeUtf8(new Uint8Array(0))).toBe('')
  })

  test('decodes what it has encoded, byte order marks included; a lone surrogate becomes U+FFFD', () => {
    checkLaw(
      fc.property(anyText, text => {
        const expected = text.replaceAll(/\p{Surrogate}/gu, '\ufffd')
        const bytes = encodeUtf8(text)
        expect(isUtf8(bytes)).toBe(true)
        expect(decodeUtf8(bytes)).toBe(expected)
        expect(decodeUtf8(encodeUtf8(`\ufeff${text}`))).toBe(`\ufeff${expected}`)
      }),
      { numRuns: 500 },
    )
  })
})

test('Both variants encode alike', () => {
  checkLaw(
    fc.property(anyText, text => {
      expect(Uint8Array.from(node.encodeUtf8(text))).toEqual(pure.encodeUtf8(text))
    }),
    { numRuns: 500 },
  )
})
