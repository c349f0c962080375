import { expect, test } from 'vitest'
import { RedisServer } from '../support/redis.ts'
import { runDeploy } from './deploy/run-deploy.mjs'

// Needs the built packages, as npm test makes them. As large as a deploy, where also how many come back at once is judged, on a
// quiet machine: DEPLOY_CLIENTS=2000 DEPLOY_SPREAD_MS=20000 npx vitest run test/client/deploy.test.ts

const clientCount = Number(process.env.DEPLOY_CLIENTS ?? 200)
const spreadMs = Number(process.env.DEPLOY_SPREAD_MS ?? 2_000)
const isTimed = process.env.DEPLOY_CLIENTS !== undefined

/** The most of some times, in ms from 0, that are in one tenth of a second, by the mean. */
function peakOf(times: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const ms of times) counts.set(Math.floor(ms / 100), (counts.get(Math.floor(ms / 100)) ?? 0) + 1)
  return Math.max(...counts.values()) / (times.length / (spreadMs / 100))
}

test(`${clientCount} clients whose server is drained and replaced come back at their times, and miss nothing`, async () => {
  const redis = await RedisServer.start()
  try {
    const { tries, arrivalsMs, wrong, gapCount, publicationCount, longestTurnMs } = await runDeploy({
      broker: redis.url,
      clientCount,
      processCount: 2,
      spreadMs,
      pauseMs: 200,
    })
    expect(wrong).toEqual([])
    expect(gapCount).toBe(0)
    expect(publicationCount).toBeGreaterThan(5)
    const times = tries.filter(({ code }) => code === 'leaving').map(({ atMs }) => atMs)
    expect(times).toHaveLength(clientCount)
    // The one that publishes comes back as well.
    expect(arrivalsMs.length).toBeGreaterThan(clientCount)
    if (isTimed) {
      console.log({ tried: peakOf(times), arrived: peakOf(arrivalsMs), longestTurnMs, publicationCount })
      expect(peakOf(times)).toBeLessThanOrEqual(1.5)
      expect(peakOf(arrivalsMs)).toBeLessThanOrEqual(1.5)
    }
    // Nobody is early, whatever the machine does: of each tenth of the clients the last one has its time.
    const sorted = times.toSorted((one, other) => one - other)
    for (let tenth = 1; tenth <= 10; tenth++) {
      const place = Math.ceil((clientCount * tenth) / 10)
      expect(sorted[place - 1]).toBeGreaterThanOrEqual(((place - 1) / clientCount) * spreadMs - 50)
    }
  } finally {
    await redis.end()
  }
}, 300_000)
