import { expect, test } from 'vitest'
import { chatLimits, parseChatRequest } from './chat-request.ts'

const json = (value: unknown) => JSON.stringify(value)

test('A request is read with its fields trimmed', () => {
  expect(parseChatRequest(json({ type: 'join', room: ' lobby ', name: '张三 ' }))).toEqual({
    request: { type: 'join', room: 'lobby', name: '张三' },
  })
  expect(parseChatRequest(json({ type: 'message', text: '你好' })).request).toEqual({
    type: 'message',
    text: '你好',
  })
  expect(parseChatRequest(json({ type: 'leave', more: 1 })).request).toEqual({ type: 'leave' })
})

test.each([
  [Buffer.from('{"type":"leave"}'), 'not-text'],
  ['', 'not-json'],
  ['hello', 'not-json'],
  ['null', 'not-json'],
  ['[]', 'not-json'],
  ['{}', 'unknown-type'],
  [json({ type: 'constructor' }), 'unknown-type'],
  [json({ type: 'join', room: 1, name: 'a' }), 'invalid-field'],
  [json({ type: 'join', room: 'a' }), 'invalid-field'],
  [json({ type: 'join', room: 'a', name: ' \n' }), 'empty'],
  [json({ type: 'message' }), 'invalid-field'],
  [json({ type: 'message', text: 'x'.repeat(chatLimits.text + 1) }), 'too-long'],
  [json({ type: 'join', room: 'x'.repeat(chatLimits.room + 1), name: 'a' }), 'too-long'],
  [json({ type: 'leave', padding: 'x'.repeat(chatLimits.request) }), 'too-long'],
])('%s is refused as %s', (message, code) => {
  expect(parseChatRequest(message).error?.code).toBe(code)
})

test.each([
  ['Ann\u200b', 'Ann'],
  ['\u202egro.live', 'gro.live'],
  ['A\u0000n\u0007n\ufeff', 'Ann'],
])('What cannot be seen is left out of names and rooms: %j', (name, seen) => {
  expect(parseChatRequest(json({ type: 'join', room: name, name })).request).toEqual({
    type: 'join',
    room: seen,
    name: seen,
  })
})

test('A name of what cannot be seen alone is empty; a text keeps everything', () => {
  expect(parseChatRequest(json({ type: 'join', room: 'a', name: '\u200b\u3164' })).error?.code).toBe('empty')
  const text = '👨\u200d👩\u200d👧 \u2067'
  expect(parseChatRequest(json({ type: 'message', text: `${text}.` })).request).toEqual({
    type: 'message',
    text: `${text}.`,
  })
})

test('The longest text that is allowed is taken', () => {
  const text = 'x'.repeat(chatLimits.text)
  expect(parseChatRequest(json({ type: 'message', text })).request).toEqual({ type: 'message', text })
})
