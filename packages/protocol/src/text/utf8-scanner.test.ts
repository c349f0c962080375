import {
  endsWithWholeCharacter,
  firstHopelessByte,
  shortSequences,
} from '@bothways/test-support/utf8-reference'
import { expect, test } from 'vitest'
import { Utf8Scanner } from './utf8-scanner.ts'

test('The scanner fails at exactly the first byte that nothing can follow, for every sequence there is', () => {
  const scanner = new Utf8Scanner()
  let count = 0
  let wrong: Uint8Array | undefined
  for (const sequence of shortSequences()) {
    count++
    scanner.reset()
    let failedAt = -1
    for (let at = 0; at < sequence.length && failedAt < 0; at++) {
      if (!scanner.scan(sequence, at, at + 1)) failedAt = at
    }
    if (failedAt !== firstHopelessByte(sequence)) wrong ??= sequence
    if (failedAt < 0 && scanner.isComplete !== endsWithWholeCharacter(sequence)) wrong ??= sequence
  }
  expect(wrong).toBeUndefined()
  // Of one byte, of two behind a lead byte, of three and of four behind what may begin a character.
  expect(count).toBe(256 * (1 + 51 + (16 * 64 - 32 - 32 + (5 * 64 - 16 - 48)) + 1024 * 16))
})

test('The scanner reads only the range it was given', () => {
  const scanner = new Utf8Scanner()
  expect(scanner.scan(Uint8Array.of(0xff, 0x61, 0xff), 1, 2)).toBe(true)
  expect(scanner.scan(Uint8Array.of(0xff), 0, 0)).toBe(true)
  expect(scanner.isComplete).toBe(true)
})

test('A reset forgets the beginning of a character and its narrow range', () => {
  const scanner = new Utf8Scanner()
  for (const lead of [0xc3, 0xe0, 0xed, 0xf0, 0xf4]) {
    expect(scanner.scan(Uint8Array.of(lead), 0, 1)).toBe(true)
    expect(scanner.isComplete).toBe(false)
    scanner.reset()
    expect(scanner.isComplete).toBe(true)
    expect(scanner.scan(Uint8Array.of(0xc2, 0x80, 0xc2, 0xbf), 0, 4)).toBe(true)
  }
})
