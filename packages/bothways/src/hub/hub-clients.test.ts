import { afterEach, expect, test, vi } from 'vitest'
import { type HubClient, HubClients } from './hub-clients.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** Clients that know when they were told to come back and when they were ended, in ms from now. */
function crowd(count: number) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] })
  const clients = new HubClients()
  const begunAt = performance.now()
  const returns: number[] = []
  const ends: number[] = []
  for (let at = 0; at < count; at++) {
    const client: HubClient = {
      userId: `user-${at % 7}`,
      disconnect: () => {},
      authorizeAgain: () => {},
      sayGoodbye: ms => {
        // As writing to a socket takes time.
        if (at % 100 === 0) vi.advanceTimersByTime(3)
        returns.push(performance.now() - begunAt + ms)
      },
      leave: () => {
        ends.push(performance.now() - begunAt)
        goes()
      },
      cut: () => {},
    }
    const goes = clients.enter(client)
  }
  return { clients, returns, ends }
}

const mostIn100Ms = (times: readonly number[]): number => {
  const counts = new Map<number, number>()
  for (const ms of times) counts.set(Math.floor(ms / 100), (counts.get(Math.floor(ms / 100)) ?? 0) + 1)
  return Math.max(...counts.values())
}

test.each([200, 2_000])(
  '%i clients are told to come back, and are ended, so that no 100 ms has 1.5 times the mean',
  async count => {
    const { clients, returns, ends } = crowd(count)
    const left = clients.leave(10_000, 10_000)
    await vi.runAllTimersAsync()
    await left
    expect([returns.length, ends.length, clients.count]).toEqual([count, count, 0])
    for (const times of [returns, ends]) {
      expect(Math.max(...times)).toBeGreaterThan(9_900)
      expect(mostIn100Ms(times)).toBeLessThanOrEqual((1.5 * count) / 100)
    }
  },
)

test('Between telling one part of a crowd and the next, others are served', async () => {
  const { clients, returns } = crowd(2_000)
  const toldBefore: number[] = []
  const look = () => {
    toldBefore.push(returns.length)
    if (returns.length < 2_000) setImmediate(look)
  }
  setImmediate(look)
  const left = clients.leave(10_000, 10_000)
  await vi.runAllTimersAsync()
  await left
  const steps = toldBefore.map((told, at) => told - (toldBefore[at - 1] ?? 0))
  expect(Math.max(...steps)).toBeLessThanOrEqual(250)
})
