import { FaultyBroker } from '@bothways/test-support/faulty-broker'
import { MemoryBroker } from 'bothways'
import { brokerContract } from './contract.ts'

// One process holds it, and it dies with that: there is no other process, and nothing that could be set back.
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

brokerContract('A broker that goes away', async ({ maxKeys }) => {
  const broker = new FaultyBroker(new MemoryBroker(maxKeys === undefined ? {} : { maxKeys }))
  broker.delayTurns = () => 1
  return {
    broker,
    outage: async () => {
      broker.goAway()
      return async () => broker.comeBack()
    },
    end: () => broker.close(),
  }
})
