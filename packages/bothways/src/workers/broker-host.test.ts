import { heldMemory } from '@bothways/test-support/held-memory'
import { expect, test } from 'vitest'
import { MemoryBroker } from '../hub/broker/memory-broker.ts'
import { BrokerHost } from './broker-host.ts'
import type { Answer } from './messages.ts'

test('Of members that have left a worker nothing is kept', async () => {
  const broker = new MemoryBroker()
  let answered = 0
  const channel = { send: (_: Answer) => ++answered > 0, release: () => {} }
  const host = new BrokerHost(broker, channel, error => expect.unreachable(String(error)))
  const call = (method: 'join' | 'leave', ...args: unknown[]) =>
    host.receive({ type: 'call', id: 0, method, args })
  const comeAndGo = async (from: number, to: number) => {
    for (let client = from; client < to; client++) {
      call('join', 'room', { client: `client ${client}`, data: null })
      call('leave', 'room', `client ${client}`)
    }
    await expect.poll(() => answered).toBe(to * 2)
  }
  await comeAndGo(0, 1000)
  const before = await heldMemory()
  await comeAndGo(1000, 21_000)
  expect((await heldMemory()) - before).toBeLessThan(1_000_000)
  await host.end()
})
