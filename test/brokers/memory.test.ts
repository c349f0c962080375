import { MemoryBroker } from 'bothways'
import { brokerContract } from './contract.ts'

brokerContract('The memory broker', async ({ maxKeys }) => {
  let now = 1_800_000_000_000
  const broker = new MemoryBroker({ now: () => now, ...(maxKeys !== undefined && { maxKeys }) })
  return {
    broker,
    advance(ms) {
      now += ms
    },
    ...(maxKeys !== undefined && { maxKeys }),
    end: () => broker.close(),
  }
})
