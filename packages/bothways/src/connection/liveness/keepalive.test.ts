import { expect, test } from 'vitest'
import { keepaliveStep } from './keepalive.ts'

const options = { intervalMs: 1_000, timeoutMs: 500 }

test.each([
  ['waits while the peer was heard lately', { nowMs: 1_999, lastHeardMs: 1_000 }, 'wait'],
  ['pings after the interval of silence', { nowMs: 2_000, lastHeardMs: 1_000 }, 'ping'],
  ['waits for the pong', { nowMs: 2_499, lastHeardMs: 1_000, pingedAtMs: 2_000 }, 'wait'],
  ['gives up after the timeout', { nowMs: 2_500, lastHeardMs: 1_000, pingedAtMs: 2_000 }, 'dead'],
  ['takes anything the peer says for life', { nowMs: 2_600, lastHeardMs: 2_200, pingedAtMs: 2_000 }, 'wait'],
  ['gives up when that stops too', { nowMs: 2_700, lastHeardMs: 2_200, pingedAtMs: 2_000 }, 'dead'],
] as const)('The keepalive %s', (_, state, step) => {
  expect(keepaliveStep(options, { pingedAtMs: undefined, ...state })).toBe(step)
})
