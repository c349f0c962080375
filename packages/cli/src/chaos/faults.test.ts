import { expect, test } from 'vitest'
import { fatesOf, readLatency, readRate, readShare, readTime } from './faults.ts'
import { FrameWalker } from './frame-walker.ts'
import { changeHead } from './request-head.ts'

test.each([
  [readLatency, '200', { latencyMs: 200, jitterMs: 0 }],
  [readLatency, '200±80', { latencyMs: 200, jitterMs: 80 }],
  [readLatency, '200+-80', { latencyMs: 200, jitterMs: 80 }],
  [readLatency, '-1', undefined],
  [readTime, '20s', 20_000],
  [readTime, '500ms', 500],
  [readTime, '2m', 120_000],
  [readTime, '1.5', 1_500],
  [readTime, '20 apples', undefined],
  [readShare, '5%', 0.05],
  [readShare, '101%', undefined],
  [readShare, '5', undefined],
  [readRate, '10kB/s', 10_000],
  [readRate, '1MB/s', 1_000_000],
  [readRate, '0B/s', undefined],
  [readRate, '10kB', undefined],
] as const)('%o reads %s', (read, text, value) => {
  expect(read(text)).toEqual(value)
})

test('The same seed brings the same fate to the same connection, another one another', () => {
  const faults = {
    latencyMs: 100,
    jitterMs: 50,
    killEveryMs: 20_000,
    halfOpenShare: 0.5,
    stripsUpgrade: false,
    bytesPerSecond: 0,
  }
  const fates = (seed: number) =>
    Array.from({ length: 40 }, (_, connection) => {
      const { killAfterMs, freezeAfterMs, latency } = fatesOf(faults, seed)(connection)
      return { killAfterMs, freezeAfterMs, latencies: [latency(), latency()] }
    })
  expect(fates(7)).toEqual(fates(7))
  expect(fates(7)).not.toEqual(fates(8))
  for (const { killAfterMs, latencies } of fates(7)) {
    expect(killAfterMs).toBeGreaterThanOrEqual(10_000)
    expect(killAfterMs).toBeLessThanOrEqual(30_000)
    for (const latency of latencies) expect(Math.abs(latency - 100)).toBeLessThanOrEqual(50)
  }
  const frozen = fates(7).filter(({ freezeAfterMs }) => freezeAfterMs !== undefined).length
  expect(frozen).toBeGreaterThan(10)
  expect(frozen).toBeLessThan(30)
})

test('Frames are found wherever the stream is cut', () => {
  const frame = (header: readonly number[], length: number) => [...header, ...Array<number>(length).fill(0)]
  const frames = [
    frame([0x81, 5], 5),
    frame([0x89, 0], 0),
    frame([0x82, 126, 1, 0], 256),
    frame([0x81, 0x85], 9),
    frame([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0], 65_536),
  ]
  const bytes = Uint8Array.from(frames.flat())
  const starts = frames.map((_, at) => frames.slice(0, at).flat().length)
  expect(new FrameWalker().push(bytes)).toEqual(starts)
  for (const size of [1, 3, 1_000]) {
    const walker = new FrameWalker()
    const found: number[] = []
    for (let at = 0; at < bytes.length; at += size)
      found.push(...walker.push(bytes.subarray(at, at + size)).map(start => start + at))
    expect(found).toEqual(starts)
  }
})

const asked = [
  'GET /chat HTTP/1.1',
  'Host: 127.0.0.1:9002',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: x',
  'Origin: http://127.0.0.1:9002',
  'Cookie: a=b',
].join('\r\n')
const changes = { host: 'server:80', origin: 'http://server:80' }

test('A request reaches the server under its own name, with its own origin', () => {
  expect(changeHead(asked, { ...changes, stripsUpgrade: false })).toEqual({
    isUpgrade: true,
    head: asked
      .replace('Host: 127.0.0.1:9002', 'Host: server:80')
      .replace('http://127.0.0.1:9002', 'http://server:80'),
  })
  const foreign = asked.replace('http://127.0.0.1:9002', 'https://other')
  expect(changeHead(foreign, { ...changes, stripsUpgrade: false }).head).toContain('Origin: https://other')
})

test('A stripped upgrade is an ordinary request', () => {
  const { head, isUpgrade } = changeHead(asked, { ...changes, stripsUpgrade: true })
  expect(isUpgrade).toBe(false)
  expect(head.split('\r\n')).toEqual([
    'GET /chat HTTP/1.1',
    'Host: server:80',
    'Origin: http://server:80',
    'Cookie: a=b',
    'Connection: close',
  ])
})
