import { expect, test } from 'vitest'
import { isSameItem, isShelfItem, withNewest } from './message-shelf.ts'

test('What is sent again moves to the front, and the oldest goes', () => {
  const sent = ['a', 'b', 'c'].map(text => ({ kind: 'text' as const, text }))
  const after = withNewest(sent, { kind: 'text', text: 'b' }, 3, isSameItem)
  expect(after.map(it => it.text)).toEqual(['b', 'a', 'c'])
  expect(withNewest(after, { kind: 'json', text: 'b' }, 3, isSameItem).map(it => it.kind)).toEqual([
    'json',
    'text',
    'text',
  ])
})

test.each([[null], ['text'], [{ kind: 'file', text: '' }], [{ kind: 'text' }]])('%j is no message', value => {
  expect(isShelfItem(value)).toBe(false)
})
