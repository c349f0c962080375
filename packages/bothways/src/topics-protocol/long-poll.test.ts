import { FaultyBroker } from '@bothways/test-support/faulty-broker'
import { expect, test } from 'vitest'
import { MemoryBroker } from '../hub/broker/memory-broker.ts'
import { createHub } from '../hub/create-hub.ts'
import { LongPoll } from './long-poll.ts'

test('What comes at once in a topic without history is as much as an answer may have, and of the rest it is told', async () => {
  const hub = createHub({ topics: { long: {}, short: {} } })
  const poll = new LongPoll(hub, undefined, ['long', 'short'])
  await poll.listen()
  for (let count = 0; count < 10; count++) await hub.topic('long').publish('x'.repeat(60_000))
  await poll.news
  const { messages } = await poll.read(undefined, () => 0)
  expect(messages.map(text => JSON.parse(text).type)).toEqual([...Array(4).fill('publication'), 'gap'])
  expect(Buffer.byteLength(messages.join())).toBeLessThan(256 * 1024)
  for (let count = 0; count < 200; count++) await hub.topic('short').publish(count)
  const next = (await poll.read(undefined, () => 0)).messages
  expect(next.length).toBe(99)
  expect(JSON.parse(next.at(-1) as string)).toEqual({ type: 'gap', topic: 'short' })
  poll.end()
  await hub.close({ spreadMs: 0 })
})

const topics = { kept: { history: { count: 500, ageMs: 600_000 } }, once: {} }

test('What a topic without history brings while histories fill the answer is in it; the histories go on in the next one', async () => {
  const hub = createHub({ topics })
  for (let count = 0; count < 100; count++) await hub.topic('kept').publish(count)
  const poll = new LongPoll(hub, undefined, ['kept', 'once'])
  await poll.listen()
  for (let count = 0; count < 3; count++) await hub.topic('once').publish(`once ${count}`)
  const dataOf = (messages: readonly string[]) => messages.map(text => JSON.parse(text).data)
  const first = await poll.read(undefined, () => 100)
  const once = ['once 0', 'once 1', 'once 2']
  expect(dataOf(first.messages)).toEqual([...once, ...Array.from({ length: 97 }, (_, at) => at)])
  const second = await poll.read(first.since, () => 0)
  expect(dataOf(second.messages)).toEqual([97, 98, 99])
  expect(second.recovered).toBe(true)
  poll.end()
  await hub.close({ spreadMs: 0 })
})

test('Each topic without history of which something is left out has a gap', async () => {
  const hub = createHub({ topics: { 'once/*': {} } })
  const poll = new LongPoll(hub, undefined, ['once/a', 'once/b'])
  await poll.listen()
  for (let count = 0; count < 60; count++) {
    await hub.topic('once/a').publish(count)
    await hub.topic('once/b').publish(count)
  }
  const { messages } = await poll.read(undefined, () => 0)
  const told = messages.map(text => JSON.parse(text) as { type: string; topic: string })
  for (const topic of ['once/a', 'once/b']) {
    expect(told.filter(message => message.topic === topic).at(-1)).toEqual({ type: 'gap', topic })
  }
  poll.end()
  await hub.close({ spreadMs: 0 })
})

test('What is lost between the brokers, in a topic without history, is a gap in the answer', async () => {
  const broker = new FaultyBroker(new MemoryBroker())
  const hub = createHub({ topics, broker })
  const poll = new LongPoll(hub, undefined, ['once'])
  await poll.listen()
  broker.goAway()
  broker.comeBack()
  await poll.news
  const { messages } = await poll.read(undefined, () => 0)
  expect(messages).toEqual(['{"type":"gap","topic":"once"}'])
  poll.end()
  await hub.close({ spreadMs: 0 })
})
