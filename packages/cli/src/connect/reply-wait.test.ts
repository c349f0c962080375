import { expect, test } from 'vitest'
import { type HeardSoFar, isAnswered, settleMs, waitLeftMs } from './reply-wait.ts'

const waitMs = 2_000
const heard: HeardSoFar = {
  lineCount: 2,
  replyCount: 2,
  hasPong: true,
  lastAtMs: 1_000,
  answeredAtMs: undefined,
  waitMs,
}

test('Every line is answered once there were as many messages, and a pong behind the last line', () => {
  expect(isAnswered(heard)).toBe(true)
  expect(isAnswered({ ...heard, replyCount: 3 })).toBe(true)
  expect(isAnswered({ ...heard, replyCount: 1 })).toBe(false)
  expect(isAnswered({ ...heard, hasPong: false })).toBe(false)
})

test('Without input there is nothing to answer: only quiet ends it', () => {
  expect(isAnswered({ ...heard, lineCount: 0, replyCount: 5 })).toBe(false)
})

test('Unanswered, it waits for a quiet time of --wait', () => {
  expect(waitLeftMs(heard, 1_000)).toBe(waitMs)
  expect(waitLeftMs(heard, 1_000 + waitMs)).toBe(0)
})

test('Answered, a short quiet is enough', () => {
  expect(waitLeftMs({ ...heard, answeredAtMs: 1_000 }, 1_000)).toBe(settleMs)
  expect(waitLeftMs({ ...heard, answeredAtMs: 1_000, waitMs: 0 }, 1_000)).toBe(0)
})

test('Answered, a server that goes on sending is listened to no longer than --wait', () => {
  const nowMs = 1_000 + waitMs
  expect(waitLeftMs({ ...heard, answeredAtMs: 1_000, lastAtMs: nowMs }, nowMs)).toBe(0)
})
