import { expect, test } from 'vitest'
import { SampleHistory } from './sample-history.ts'

test('The newest rows are kept, column by column', () => {
  const history = new SampleHistory(2, 2)
  for (const at of [1, 2, 3]) history.append([at, at * 10])
  expect(history.columns).toEqual([
    [2, 3],
    [20, 30],
  ])
  expect(history.length).toBe(2)
})
