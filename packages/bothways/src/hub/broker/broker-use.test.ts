import { expect, test } from 'vitest'
import { createServer } from '../../index.ts'
import { createHub } from '../create-hub.ts'
import { MemoryBroker } from './memory-broker.ts'

class Closing extends MemoryBroker {
  closeCount = 0
  override async close(): Promise<void> {
    this.closeCount++
    await super.close()
  }
}

const topics = { t: { history: { count: 10, ageMs: 60_000 } } }
const now = { spreadMs: 0 }

test('A hub that closes leaves its broker to another hub that uses it; the last one closes it', async () => {
  const broker = new Closing()
  const [one, other] = [createHub({ topics, broker }), createHub({ topics, broker })]
  await one.topic('t').publish(1)
  await one.close(now)
  expect(broker.closeCount).toBe(0)
  expect((await other.topic('t').history()).map(({ data }) => data)).toEqual([1])
  await other.close(now)
  await other.close(now)
  expect(broker.closeCount).toBe(1)
})

test('A server that uses the broker of a closed hub closes it at its own end; without a hub the program does', async () => {
  const broker = new Closing()
  const hub = createHub({ topics, broker })
  const server = createServer({ broker })
  await hub.close(now)
  expect(broker.closeCount).toBe(0)
  await server.close()
  expect(broker.closeCount).toBe(1)
  const alone = new Closing()
  await createServer({ broker: alone }).close()
  expect(alone.closeCount).toBe(0)
})
