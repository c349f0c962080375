import { expect, test } from 'vitest'
import { DelayTable } from './delay-table.ts'

const change = (sequence: number) => ({ sequence, date: sequence * 1_000, value: 0 })

test('A row is a change, in their order, whichever way was first', () => {
  const table = new DelayTable()
  table.add(change(2), 3, 1)
  table.add(change(1), 0, 400)
  table.add(change(3), 3, 2)
  table.add(change(2), 0, 300)
  expect(table.columns).toEqual([
    [1, 2, 3],
    [400, 300, null],
    [null, null, null],
    [null, null, null],
    [null, 1, 2],
  ])
})

test('The oldest rows go, and what comes too late for them is left out', () => {
  const table = new DelayTable()
  for (let sequence = 1; sequence <= 310; sequence++) table.add(change(sequence), 3, 1)
  table.add(change(2), 0, 9_999)
  table.add(change(310), 0, 500)
  expect(table.columns[0]?.length).toBe(300)
  expect(table.columns[0]?.[0]).toBe(11)
  expect(table.columns[1]?.filter(it => it !== null)).toEqual([500])
})
