import { expect, test } from 'vitest'
import { nearest, suggestion } from './nearest.ts'

const known = ['port', 'protocol', 'header', 'insecure', 'wait']

test.each([
  ['prt', 'port'],
  ['prot', 'protocol'],
  ['heaber', 'header'],
  ['in-secure', 'insecure'],
  ['zzzzzz', undefined],
  ['', undefined],
])('%j was meant to be %j', (word, expected) => {
  expect(nearest(word, known)).toBe(expected)
})

test('Nothing is suggested when nothing is near', () => {
  expect(suggestion('prt', known, '--')).toEqual({ en: '; did you mean --port?', zh: '；是不是 --port？' })
  expect(suggestion('zzzzzz', known)).toEqual({ en: '.', zh: '。' })
})
