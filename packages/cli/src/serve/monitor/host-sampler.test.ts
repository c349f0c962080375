import { afterEach, expect, test } from 'vitest'
import { busyShare, delayMs, HostSampler } from './host-sampler.ts'

let sampler: HostSampler | undefined
afterEach(() => sampler?.stop())

test('The share is busy time over all time, and never outside 0 to 1', () => {
  expect(busyShare({ busyMs: 10, totalMs: 100 }, { busyMs: 30, totalMs: 200 })).toBe(0.2)
  expect(busyShare({ busyMs: 10, totalMs: 100 }, { busyMs: 10, totalMs: 100 })).toBe(0)
  expect(busyShare({ busyMs: 10, totalMs: 100 }, { busyMs: 5, totalMs: 200 })).toBe(0)
})

test('A histogram without values is no delay', () => {
  expect(delayMs(Number.NaN)).toBe(0)
  expect(delayMs(9223372036854776000)).toBe(0)
  expect(delayMs(9_000_000)).toBe(0)
  expect(delayMs(12_500_000)).toBe(2.5)
})

test('A sample has real figures of this host, and rates since the sample before', () => {
  const server = { sockets: new Set(), counts: { messagesReceived: 0, messagesSent: 0 } }
  sampler = new HostSampler(server)
  server.counts.messagesReceived += 1_000
  const { memory, messagesPerSecond, cpu, date } = sampler.take()
  expect(memory.used).toBeGreaterThan(memory.rss)
  expect(memory.total).toBeGreaterThan(memory.used)
  expect(messagesPerSecond.in).toBeGreaterThan(0)
  expect(cpu.host).toBeGreaterThanOrEqual(0)
  expect(Math.abs(Date.now() - date)).toBeLessThan(10_000)
  expect(sampler.take().messagesPerSecond.in).toBe(0)
})
