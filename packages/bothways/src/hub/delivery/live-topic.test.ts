import { expect, test } from 'vitest'
import type { BrokerEvents, StoredPublication, TopicSubscription } from '../broker/broker.ts'
import { MemoryBroker } from '../broker/memory-broker.ts'
import { createHub } from '../create-hub.ts'
import type { Hub } from '../hub.ts'

/** Tells publications made while somebody subscribes later than the newest value is read, as between two connections. */
class LateBroker extends MemoryBroker {
  readonly #late: (() => void)[] = []

  override async subscribe(topic: string, events: BrokerEvents): Promise<TopicSubscription> {
    const subscribed = await super.subscribe(topic, {
      onPublication: (publication: StoredPublication) => {
        this.#late.push(() => events.onPublication(publication))
      },
      onJoined: (...joined) => events.onJoined(...joined),
      onLeft: (...left) => events.onLeft(...left),
      onRestored: () => events.onRestored(),
    })
    for (const data of ['2', '3']) {
      await this.publish({
        topic,
        data,
        user: undefined,
        history: undefined,
        isState: true,
        key: undefined,
        ifPosition: undefined,
      })
    }
    return subscribed
  }

  tell(): void {
    for (const tell of this.#late.splice(0)) tell()
  }
}

test('A state never goes back, and comes once, when it changes while somebody subscribes', async () => {
  const broker = new LateBroker()
  const hub: Hub = createHub({ topics: { load: { state: true } }, broker })
  await hub.topic('load').set(1)
  const seen: unknown[] = []
  await hub.topic('load').subscribe(({ data }) => seen.push(data))
  broker.tell()
  await hub.topic('load').set(4)
  broker.tell()
  await expect.poll(() => seen).toEqual([3, 4])
  await hub.close({ spreadMs: 0 })
})

test('Who comes and goes while the broker is asked who is there is known as it is, however old its answer', async () => {
  let asked = (): void => {}
  let answer = (): void => {}
  class SlowBroker extends MemoryBroker {
    override async members(topic: string) {
      const found = await super.members(topic)
      asked()
      await new Promise<void>(resolve => {
        answer = resolve
      })
      return found
    }
  }
  const broker = new SlowBroker()
  const hub: Hub = createHub({ topics: { t: { presence: true } }, broker })
  const member = (client: string) => ({ client, data: null })
  for (const client of ['stays', 'goes']) await broker.join('t', member(client))
  const wasAsked = new Promise<void>(resolve => {
    asked = resolve
  })
  const subscribing = hub.subscribeAs(undefined, 't', { sendShared: () => 'sent' })
  await wasAsked
  await broker.leave('t', 'goes')
  await broker.join('t', member('comes'))
  answer()
  expect((await subscribing).members).toEqual([member('stays'), member('comes')])
  await hub.close({ spreadMs: 0 })
})
