import { expect, test } from 'vitest'
import { LongHeads } from './long-heads.ts'

const KiB = 1024

function stage(headByteLength: number) {
  const forgotten: number[] = []
  const heads = new LongHeads()
  const requests = Array.from({ length: 1_000 }, (_, at) => ({
    headByteLength,
    forgetLongHead: () => void forgotten.push(at),
  }))
  return { heads, requests, forgotten }
}

test('Heads of 4 KiB are kept, however many there are', () => {
  const { heads, requests, forgotten } = stage(4 * KiB)
  for (const request of requests) heads.enter(request)
  expect([heads.byteLength, forgotten]).toEqual([0, []])
})

test('Longer heads are kept up to 8 MiB; then the oldest go', () => {
  const { heads, requests, forgotten } = stage(16 * KiB)
  for (const request of requests.slice(0, 512)) heads.enter(request)
  expect(forgotten).toEqual([])
  for (const request of requests.slice(512, 515)) heads.enter(request)
  expect(forgotten).toEqual([0, 1, 2])
  expect(heads.byteLength).toBe(8 * KiB * KiB)
})

test('A head that leaves makes room; one that was forgotten has none to give back', () => {
  const { heads, requests, forgotten } = stage(16 * KiB)
  for (const request of requests.slice(0, 513)) heads.enter(request)
  for (const request of requests.slice(0, 2)) heads.leave(request)
  heads.enter(requests[513]!)
  expect(forgotten).toEqual([0])
  expect(heads.byteLength).toBe(8 * KiB * KiB)
})
