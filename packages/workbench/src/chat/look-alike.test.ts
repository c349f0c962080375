import { expect, test } from 'vitest'
import { skeletonOf } from './look-alike.ts'

test.each([
  ['Ann', 'ANN'],
  ['Paul', 'Раul'],
  ['paypal', 'pаypаl'],
  ['Ann', 'Ａnn'],
  ['Bob', 'B0b'],
  ['Al', 'AI'],
  ['Li Si', 'LiSi'],
])('%s and %s look alike', (one, other) => {
  expect(skeletonOf(one)).toBe(skeletonOf(other))
})

test.each([
  ['张三', '张二'],
  ['かき', 'かぎ'],
  ['Ann', 'Anne'],
  ['Иван', 'Иваи'],
])('%s and %s do not', (one, other) => {
  expect(skeletonOf(one)).not.toBe(skeletonOf(other))
})
