import { expect, test } from 'vitest'
import { parseSocketIoLine, printValues } from './socket-io-line.ts'

test.each([
  ['chat', 'chat', []],
  ['chat "hi"', 'chat', ['hi']],
  ['chat {"a": [1, "]"]} 2 null', 'chat', [{ a: [1, ']'] }, 2, null]],
  ['chat "a b", 2', 'chat', ['a b', 2]],
  ['chat [1,[2]] [3]', 'chat', [[1, [2]], [3]]],
  ['chat "a\\" b" 1', 'chat', ['a" b', 1]],
  ['chat hello there', 'chat', ['hello there']],
  ['  chat   {broken  ', 'chat', ['{broken']],
])('%s emits %s with %j', (line, name, args) => {
  expect(parseSocketIoLine(line)).toEqual({ type: 'emit', name, args, wantsAck: false })
})

test('A question mark asks for an acknowledgement, /ack gives one, and nothing is nothing', () => {
  expect(parseSocketIoLine('join? "r"')).toEqual({ type: 'emit', name: 'join', args: ['r'], wantsAck: true })
  expect(parseSocketIoLine('?')).toMatchObject({ name: '?', wantsAck: false })
  expect(parseSocketIoLine('/ack 3 "ok" 1')).toEqual({ type: 'ack', id: 3, args: ['ok', 1] })
  expect(parseSocketIoLine('/ack 3')).toEqual({ type: 'ack', id: 3, args: [] })
  expect(() => parseSocketIoLine('/ack "ok"')).toThrow('/ack takes the number')
  expect(parseSocketIoLine('  ')).toBeUndefined()
})

test('Values are printed as they would be typed, bytes in hex', () => {
  expect(printValues(['a', { b: Buffer.from([0, 255]) }, Uint8Array.of(1), null])).toBe(
    '"a" {"b":"0x00ff"} "0x01" null',
  )
})
