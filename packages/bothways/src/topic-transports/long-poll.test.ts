import { expect, test } from 'vitest'
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
  expect(next.length).toBe(100)
  expect(JSON.parse(next.at(-1) as string)).toEqual({ type: 'gap', topic: 'short' })
  poll.end()
  await hub.close({ spreadMs: 0 })
})
