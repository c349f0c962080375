import { FaultyBroker } from '@bothways/test-support/faulty-broker'
import { expect, test } from 'vitest'
import type { Sink } from '../../connection/channel.ts'
import { MemoryBroker } from '../broker/memory-broker.ts'
import { createHub } from '../create-hub.ts'
import { HubError } from '../hub-error.ts'

const history = { count: 10, ageMs: 60_000 }

test.each([
  ['with history', { history }],
  ['without', {}],
  ['of a state', { state: true }],
])(
  'What a listener of a topic %s throws goes to onError; the publisher and all others go on',
  async (_, topic) => {
    const errors: unknown[] = []
    const hub = createHub({ topics: { t: topic }, onError: error => errors.push(error) })
    const heard: unknown[] = []
    await hub.topic('t').subscribe(() => {
      throw new Error('a listener')
    })
    await hub.topic('t').subscribe(({ data }) => heard.push(data))
    for (const data of [1, 2, 3]) await hub.topic('t').publish(data)
    expect(heard).toEqual([1, 2, 3])
    expect(errors).toEqual([1, 2, 3].map(() => new Error('a listener')))
    await hub.close({ spreadMs: 0 })
  },
)

test('What onError throws goes to the console, and no further', async () => {
  const hub = createHub({
    topics: { t: {} },
    onError() {
      throw new Error('of onError')
    },
  })
  const said: unknown[] = []
  const { error } = console
  console.error = (...args: unknown[]) => said.push(...args)
  try {
    hub.onError(new Error('of somebody'))
    await expect.poll(() => said).toEqual([new Error('of onError')])
  } finally {
    console.error = error
  }
  await hub.close({ spreadMs: 0 })
})

test('A member whose joining was not answered is no member', async () => {
  const inner = new MemoryBroker()
  class Unanswered extends FaultyBroker {
    override async join(...args: Parameters<FaultyBroker['join']>): Promise<void> {
      await super.join(...args)
      throw new HubError('unavailable', 'It may have happened.')
    }
  }
  const hub = createHub({ topics: { t: { presence: true } }, broker: new Unanswered(inner) })
  const sink: Sink = { sendShared: () => 'sent' }
  const presence = { client: 'a', data: {} }
  await expect(hub.subscribeAs(undefined, 't', sink, { presence })).rejects.toThrow('It may have happened.')
  await expect.poll(() => hub.topic('t').members()).toEqual([])
  await hub.close({ spreadMs: 0 })
})
