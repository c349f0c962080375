import { expect, test } from 'vitest'
import { newest } from './newest.ts'

test('The newest are the last of a list, and none where none are wanted', () => {
  expect([newest([1, 2, 3], 2), newest([1], 2), newest([1, 2], 0)]).toEqual([[2, 3], [1], []])
})
