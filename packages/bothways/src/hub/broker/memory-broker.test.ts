import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { MemoryBroker } from './memory-broker.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('MemoryBroker remembers a fingerprint of the data with a key, not the data', async () => {
  const broker = new MemoryBroker()
  const request = { topic: 'a', user: undefined, history: { count: 1, ageMs: 60_000 }, isState: false }
  const dataOf = (at: number) => JSON.stringify(`${'x'.repeat(65_000)}${at}`)
  const publish = (at: number, data = dataOf(at)) =>
    broker.publish({ ...request, data, key: { name: `key ${at}`, scope: '' }, ifPosition: undefined })
  collect()
  const before = process.memoryUsage().heapUsed
  const first = await publish(0)
  for (let at = 1; at < 1000; at++) await publish(at)
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * 1024 * 1024)
  expect(await publish(0)).toEqual({ ...first, isRepeated: true })
  await expect(publish(0, dataOf(1))).rejects.toMatchObject({ code: 'key_reused' })
})
