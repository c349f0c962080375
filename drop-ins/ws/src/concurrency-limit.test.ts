import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { PerMessageDeflate } from './permessage-deflate.ts'

test('concurrencyLimit bounds what is compressed and inflated at once in the process; the first one counts', async () => {
  const make = (concurrencyLimit: number): PerMessageDeflate => {
    const made = new PerMessageDeflate({ isServer: true, concurrencyLimit })
    made.accept([{}])
    return made
  }
  const [first, ...others] = [2, 5, 7, 9].map(make)
  const long = Buffer.alloc(400_000, 'text')
  const deflated = deflateRawSync(long, { finishFlush: 2 }).subarray(0, -4)
  const gate = first?._zlibGate
  const done = [first, ...others].flatMap(it => [
    new Promise(resolve => it?.compress(long, true, (_, result) => resolve(result?.length))),
    new Promise(resolve => it?.decompress(deflated, true, (_, result) => resolve(result?.length))),
  ])
  expect(gate?.runningCount).toBe(2)
  expect(others.every(it => it._zlibGate === gate)).toBe(true)
  expect(await Promise.all(done)).toEqual(others.concat(first!).flatMap(() => [deflated.length, long.length]))
  expect(gate?.runningCount).toBe(0)
})
