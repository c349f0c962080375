import { expect, test } from 'vitest'
import { en } from '../texts/en.ts'
import { zh } from '../texts/zh.ts'
import { closeCodeMeaning } from './close-code.ts'

test.each([
  [999, 'invalid'],
  [1000, 1000],
  [1006, 1006],
  [1015, 1015],
  [1016, 'unassigned'],
  [2999, 'unassigned'],
  [3000, 'registered'],
  [3999, 'registered'],
  [4000, 'application'],
  [4999, 'application'],
  [5000, 'invalid'],
])('%i is explained as %s', (code, meaning) => {
  expect(closeCodeMeaning(code)).toBe(meaning)
})

test('Every code from 0 to 5000 is explained in both languages', () => {
  for (let code = 0; code <= 5_000; code++) {
    const meaning = closeCodeMeaning(code)
    expect(en.console.closeCodes[meaning]).not.toBe('')
    expect(zh.console.closeCodes[meaning]).not.toBe(en.console.closeCodes[meaning])
  }
})
