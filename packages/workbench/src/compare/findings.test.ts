import { expect, test } from 'vitest'
import { type Figures, findings, type WayFigures } from './findings.ts'

const none: WayFigures = {
  requests: 0,
  emptyAnswers: 0,
  bytesUp: 0,
  bytesDown: 0,
  received: 0,
  medianMs: undefined,
  p99Ms: undefined,
}

const figures: Figures = {
  poll: {
    ...none,
    requests: 120,
    emptyAnswers: 104,
    bytesUp: 50_000,
    bytesDown: 22_000,
    received: 16,
    medianMs: 260,
  },
  longPoll: { ...none, requests: 17, received: 16 },
  events: { ...none, requests: 1, received: 17 },
  socket: { ...none, requests: 1, bytesUp: 600, bytesDown: 1_400, received: 16, medianMs: 2 },
}

test('What the numbers show is said, in this order', () => {
  expect(findings(figures, 0)).toEqual([
    { kind: 'polling', asked: 120, empty: 104 },
    { kind: 'longPolling', requests: 17 },
    { kind: 'pushed', changes: 16 },
    { kind: 'bytes', poll: 72_000, socket: 2_000, times: 36 },
    { kind: 'delay', pollMs: 260, socketMs: 2 },
  ])
})

test('Too little says nothing', () => {
  expect(findings({ poll: none, longPoll: none, events: none, socket: none }, 0)).toEqual([
    { kind: 'waiting' },
  ])
  expect(findings({ ...figures, socket: { ...figures.socket, received: 2 } }, 0)).toEqual([
    { kind: 'waiting' },
  ])
})

test('"One request each" is not said when a connection was lost and made anew', () => {
  const again = { ...figures, socket: { ...figures.socket, requests: 2 } }
  expect(findings(again, 0).map(it => it.kind)).not.toContain('pushed')
})

test('A poll that waits for two seconds has not left the browser', () => {
  expect(findings(figures, 1_999)).toEqual(findings(figures, 0))
  expect(findings(figures, 2_000)).toEqual([{ kind: 'queued', waitMs: 2_000 }, ...findings(figures, 0)])
})
