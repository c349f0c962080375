import { expect, test } from 'vitest'
import { readIntervalMs } from './monitor-route.ts'

test.each([
  ['{"type":"rate","intervalMs":200}', 200],
  ['{"type":"rate","intervalMs":49.9}', 50],
  ['{"type":"rate","intervalMs":-1}', 50],
  ['{"type":"rate","intervalMs":1e9}', 10_000],
  ['{"type":"rate","intervalMs":"200"}', undefined],
  ['{"type":"rate"}', undefined],
  ['{"intervalMs":200}', undefined],
  ['[]', undefined],
  ['', undefined],
])('%s is read as %s', (message, intervalMs) => {
  expect(readIntervalMs(message)).toBe(intervalMs)
  expect(readIntervalMs(Buffer.from(message))).toBeUndefined()
})
