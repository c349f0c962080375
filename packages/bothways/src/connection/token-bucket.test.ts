import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenBucket, TokenBuckets } from './token-bucket.ts'

describe('A token bucket', () => {
  test('gives the tokens of one second at once, then as many in each second', () => {
    const bucket = new TokenBucket(10, 0)
    bucket.take(10, 0)
    expect(bucket.waitMs(0)).toBe(0)
    bucket.take(1, 0)
    expect(bucket.waitMs(0)).toBe(100)
    expect(bucket.waitMs(99)).toBeCloseTo(1)
    expect(bucket.waitMs(100)).toBe(0)
    bucket.take(5, 100)
    expect(bucket.waitMs(600)).toBe(0)
  })

  test('saves no more than one second', () => {
    const bucket = new TokenBucket(10, 0)
    bucket.take(11, 60_000)
    expect(bucket.waitMs(60_000)).toBe(100)
  })

  test('lets through at most a burst and the rate, when callers wait as long as it says', () => {
    checkLaw(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(fc.record({ amount: fc.integer({ min: 1, max: 500 }), pauseMs: fc.nat(300) })),
        (perSecond, steps) => {
          const bucket = new TokenBucket(perSecond, 0)
          let nowMs = 0
          let taken = 0
          for (const { amount, pauseMs } of steps) {
            nowMs += pauseMs + bucket.waitMs(nowMs + pauseMs)
            expect(taken).toBeLessThanOrEqual(perSecond + (nowMs * perSecond) / 1_000 + 1e-6)
            bucket.take(amount, nowMs)
            taken += amount
          }
        },
      ),
    )
  })

  test('holds as many as it is told, and gives one at a time to a caller that asks for one that is there', () => {
    const bucket = new TokenBucket(2, 0, 20)
    let taken = 0
    while (bucket.tryTake(0)) taken++
    expect(taken).toBe(20)
    expect(bucket.waitMs(100, 1)).toBe(400)
    expect(bucket.tryTake(499)).toBe(false)
    expect(bucket.tryTake(500)).toBe(true)
    expect(bucket.waitMs(500, 1)).toBe(500)
    expect(bucket.waitMs(60_000, 20)).toBe(0)
  })
})

test('The buckets of very many are bounded: the one asked for longest ago is forgotten', () => {
  const buckets = new TokenBuckets(1)
  const [first, second] = ['first', 'second'].map(key => buckets.of(key, 0))
  for (let at = 0; at < 9_998; at++) buckets.of(`other ${at}`, 0)
  expect(buckets.of('first', 0)).toBe(first)
  buckets.of('one more', 0)
  expect(buckets.size).toBe(10_000)
  expect(buckets.of('first', 0)).toBe(first)
  expect(buckets.of('second', 0)).not.toBe(second)
})
