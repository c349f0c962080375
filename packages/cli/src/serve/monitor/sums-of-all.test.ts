import { expect, test } from 'vitest'
import type { HostSample } from '../messages.ts'
import { type OwnFigures, withSums } from './sums-of-all.ts'

const sample: HostSample = {
  sequence: 7,
  date: 1,
  host: { hostname: 'h', platform: 'p', cpuModel: 'c', cpuCount: 2, nodeVersion: 'v20' },
  cpu: { host: 0.5, process: 0.1 },
  memory: { total: 100, used: 50, rss: 1, heapUsed: 1 },
  eventLoopDelayMs: { mean: 1, p99: 1, max: 1 },
  connections: 1,
  messagesPerSecond: { in: 1, out: 1 },
  load: [1, 1, 1],
  uptimeSeconds: 9,
}

const figures = (pid: number, count: number, delay = 1): OwnFigures => ({
  pid,
  cpuMs: count,
  messagesReceived: count,
  messagesSent: 2 * count,
  connections: 3,
  rss: 10,
  heapUsed: 5,
  eventLoopDelayMs: { mean: delay, p99: 2 * delay, max: 3 * delay },
})

test('The figures of several processes are one sample: sums, and of delays the longest; host and load stay', () => {
  const before = { atMs: 1_000, all: [figures(1, 100), figures(2, 1_000), figures(9, 5_000)] }
  // One has ended meanwhile, and another has begun, whose past is in no rate.
  const now = { atMs: 1_500, all: [figures(1, 200), figures(2, 1_300, 4), figures(3, 700)] }
  expect(withSums(sample, before, now)).toEqual({
    ...sample,
    cpu: { host: 0.5, process: 400 / 500 / 2 },
    memory: { total: 100, used: 50, rss: 30, heapUsed: 15 },
    eventLoopDelayMs: { mean: 4, p99: 8, max: 12 },
    connections: 9,
    messagesPerSecond: { in: 800, out: 1_600 },
    workers: 3,
  })
})
