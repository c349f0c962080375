import { concat, octets, split, utf8 } from '@bothways/test-support/bytes'
import { checkLaw, cuts } from '@bothways/test-support/law'
import {
  adversarialPieces,
  endsWithWholeCharacter,
  firstHopelessByte,
} from '@bothways/test-support/utf8-reference'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Utf8Validator } from './utf8-validator.ts'

/** Which piece the validator refuses, or -1. */
function refusedPiece(validator: Utf8Validator, pieces: readonly Uint8Array[]): number {
  return pieces.findIndex(piece => !validator.push(piece))
}

const texts = fc.array(fc.constantFrom(...adversarialPieces), { maxLength: 12 }).map(concat)
const valid = utf8('aé漢😀\ud7ff\ue000\u{10ffff}').slice()

test('The validator fails in exactly the piece with the first byte that nothing can follow', () => {
  const cutTexts = texts.chain(bytes => fc.tuple(fc.constant(bytes), cuts(bytes.length)))
  checkLaw(
    fc.property(cutTexts, ([bytes, at]) => {
      const hopeless = firstHopelessByte(bytes)
      const piece = hopeless < 0 ? -1 : at.filter(position => position <= hopeless).length
      const validator = new Utf8Validator()
      expect(refusedPiece(validator, split(bytes, at))).toBe(piece)
      if (piece < 0) expect(validator.isComplete).toBe(endsWithWholeCharacter(bytes))
    }),
    { numRuns: 2_000 },
  )
})

test('The validator fails at exactly that byte when it gets the text byte by byte', () => {
  checkLaw(
    fc.property(fc.oneof(texts, fc.uint8Array({ maxLength: 60 })), bytes => {
      expect(refusedPiece(new Utf8Validator(), octets(bytes))).toBe(firstHopelessByte(bytes))
    }),
    { numRuns: 1_000 },
  )
})

test('Text split at every byte, into pieces short and long, is text', () => {
  for (const padding of [0, 1, 31, 32, 33, 100]) {
    const bytes = concat([new Uint8Array(padding).fill(0x61), valid, valid, valid])
    for (let first = 0; first <= bytes.length; first++) {
      for (const second of [first, first + 1, first + 2, first + 3, bytes.length]) {
        const validator = new Utf8Validator()
        const pieces = split(bytes, [first, Math.min(second, bytes.length)])
        expect(refusedPiece(validator, pieces)).toBe(-1)
        expect(validator.isComplete).toBe(true)
      }
    }
  }
})

test('A long piece that ends inside a character is refused only if that character is hopeless', () => {
  const long = new Uint8Array(64).fill(0x61)
  for (const end of adversarialPieces) {
    const bytes = concat([long, end])
    expect(new Utf8Validator().push(bytes)).toBe(firstHopelessByte(bytes) < 0)
  }
})

test('A reset makes the validator ready for the next message', () => {
  const validator = new Utf8Validator()
  expect(validator.push(Uint8Array.of(0xe2, 0x82))).toBe(true)
  validator.reset()
  expect(validator.isComplete).toBe(true)
  expect(validator.push(utf8('€'))).toBe(true)
  expect(validator.isComplete).toBe(true)
})
