import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leastGrowthBytes, MessageProgress } from './message-progress.ts'

describe('MessageProgress', () => {
  test('A message that gets a byte now and then stands still', () => {
    const progress = new MessageProgress()
    for (let second = 0; second <= 60; second++) {
      const message = { unfinishedCount: 1, unfinishedBytes: 1 + second }
      expect(progress.stalledMs(second * 1_000, message)).toBe(second * 1_000)
    }
  })

  test('64 KiB more, another message, or none at all begin the time anew', () => {
    const progress = new MessageProgress()
    expect(progress.stalledMs(0, { unfinishedCount: 1, unfinishedBytes: 0 })).toBe(0)
    expect(progress.stalledMs(10, { unfinishedCount: 1, unfinishedBytes: leastGrowthBytes - 1 })).toBe(10)
    expect(progress.stalledMs(20, { unfinishedCount: 1, unfinishedBytes: leastGrowthBytes })).toBe(0)
    expect(progress.stalledMs(30, { unfinishedCount: 2, unfinishedBytes: 5 })).toBe(0)
    expect(progress.stalledMs(40, { unfinishedCount: 2, unfinishedBytes: undefined })).toBeUndefined()
    expect(progress.stalledMs(50, { unfinishedCount: 3, unfinishedBytes: 5 })).toBe(0)
    progress.excuse(20)
    expect(progress.stalledMs(80, { unfinishedCount: 3, unfinishedBytes: 5 })).toBe(10)
  })

  test('A client that sends faster than 64 KiB for each look is never late, however long the message', () => {
    const growths = fc.array(fc.integer({ min: leastGrowthBytes, max: 10 * leastGrowthBytes }))
    checkLaw(
      fc.property(growths, list => {
        const progress = new MessageProgress()
        let unfinishedBytes = 0
        list.forEach((growth, at) => {
          unfinishedBytes += growth
          expect(progress.stalledMs(at * 1_000, { unfinishedCount: 1, unfinishedBytes })).toBe(0)
        })
      }),
    )
  })
})
