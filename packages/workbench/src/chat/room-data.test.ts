import { expect, test } from 'vitest'
import { readMember, readMessage } from './room-data.ts'

const publication = (data: unknown) => ({ topic: 'room/x', data, at: 7, position: 'p' })

test('What a page says is read, with who said it', () => {
  expect(readMessage(publication({ id: '1-2.3', name: '张三', text: '你好' }))).toEqual({
    from: '1-2',
    name: '张三',
    text: '你好',
    date: 7,
    position: 'p',
  })
})

test.each([
  ['hello', 'hello'],
  [{ text: 'hello' }, 'hello'],
  [{ x: 1 }, '{"x":1}'],
  [null, 'null'],
  [[1], '[1]'],
  [{ id: 1, name: 2, text: 3 }, '{"id":1,"name":2,"text":3}'],
])('What is no message of a page, as %j, is shown as it is', (data, text) => {
  expect(readMessage(publication(data))).toMatchObject({ from: undefined, name: '', text })
})

test('Very long texts are cut', () => {
  expect(readMessage(publication('x'.repeat(60_000))).text.length).toBe(4_002)
})

test('A member has a name, whatever it shows of itself', () => {
  const client = 'a1b2c3d4-e5f6'
  expect(readMember({ client, data: { id: '1-2', name: 'Ann' } })).toEqual({ id: '1-2', name: 'Ann' })
  expect(readMember({ client, data: { name: 'Ann\u202e' } })).toEqual({ id: client, name: 'Ann' })
  expect(readMember({ client, data: 'Ann' }).name).toBe('Ann')
  for (const data of [null, 1, [], {}, { name: 1 }, { name: '\u200b' }]) {
    expect(readMember({ client, data })).toEqual({ id: client, name: 'a1b2c3d4' })
  }
})
