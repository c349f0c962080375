import { MemoryBroker } from 'bothways'
import { BrokerHost } from '../../packages/bothways/src/workers/broker-host.ts'
import { ChannelBroker } from '../../packages/bothways/src/workers/channel-broker.ts'
import type { Answer, Call } from '../../packages/bothways/src/workers/messages.ts'
import { brokerContract } from './contract.ts'

brokerContract('The broker of the primary, in a worker', async ({ maxKeys }) => {
  let now = 1_800_000_000_000
  const broker = new MemoryBroker({ now: () => now, ...(maxKeys !== undefined && { maxKeys }) })
  const later = <Message>(receive: (message: Message) => void, message: Message): true => {
    const text = JSON.stringify(message)
    setImmediate(() => receive(JSON.parse(text) as Message))
    return true
  }
  const host: BrokerHost = new BrokerHost(
    broker,
    { send: (answer: Answer) => later(it => worker.receive(it), answer), release() {} },
    error => {
      throw error
    },
  )
  const worker = new ChannelBroker(
    { send: (call: Call) => later(it => host.receive(it), call), release() {} },
    broker.keyWindowMs,
  )
  return {
    broker: worker,
    advance(ms) {
      now += ms
    },
    ...(maxKeys !== undefined && { maxKeys }),
    async end() {
      await worker.close()
      await host.end()
      await broker.close()
    },
  }
})
