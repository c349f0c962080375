import { HandshakeError } from 'bothways'
import { expect, test } from 'vitest'
import { mayComeBack, reconnectDelayMs } from './reconnect.ts'

const refused = (status: number, headers = {}): HandshakeError =>
  new HandshakeError('BW_STATUS_NOT_101', 'no', { answer: { status, headers, body: '' } })

test('The pause grows from 0.5-1 s to 15-30 s, and is different for everybody', () => {
  const ranges = [0, 1, 2, 4, 5, 1_000].map(attempt => [
    reconnectDelayMs(attempt, 0),
    reconnectDelayMs(attempt, 1),
  ])
  expect(ranges).toEqual([
    [500, 1_000],
    [1_000, 2_000],
    [2_000, 4_000],
    [8_000, 16_000],
    [15_000, 30_000],
    [15_000, 30_000],
  ])
})

test('Retry-After is waited for, within reason', () => {
  expect(reconnectDelayMs(0, 0, refused(503, { 'retry-after': '7' }))).toBe(7_000)
  expect(reconnectDelayMs(0, 0, refused(503, { 'retry-after': '99999' }))).toBe(300_000)
  expect(reconnectDelayMs(0, 0, refused(503, { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }))).toBe(500)
})

test('A client that is refused for its identity does not come back', () => {
  expect([401, 403, 404, 502].map(status => mayComeBack(refused(status)))).toEqual([false, false, true, true])
  expect([mayComeBack(undefined), mayComeBack(new Error('cut'))]).toEqual([true, true])
})
