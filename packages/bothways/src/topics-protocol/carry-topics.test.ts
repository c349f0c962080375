import { afterEach, expect, test } from 'vitest'
import { createHub } from '../hub/create-hub.ts'
import type { Hub } from '../hub/hub.ts'
import { carryTopics } from './topics-route.ts'

let hub: Hub
afterEach(() => hub.close({ spreadMs: 0 }))

/** A client over nothing but two functions. */
function connect(id: string, takes: () => boolean | undefined = () => undefined) {
  const told: { type: string; [field: string]: unknown }[] = []
  const ends: (readonly [code: number, reason: string])[] = []
  const carrier = {
    id,
    user: undefined,
    send(text: string) {
      told.push(JSON.parse(text))
      return takes()
    },
    close: (code: number, reason: string) => void ends.push([code, reason]),
  }
  const topics = carryTopics(hub, carrier)
  return {
    told,
    ends,
    topics,
    say: (message: object) => topics.receive(JSON.stringify(message)),
    toldOf: (type: string) => told.filter(it => it.type === type),
  }
}

test('A client by any carrier is a member, publishes and hears; its end is told to the others', async () => {
  hub = createHub({ topics: { 'room/*': { presence: true, history: { count: 10, ageMs: 60_000 } } } })
  const [one, other] = [connect('a'), connect('b')]
  expect(one.told).toMatchObject([{ type: 'welcome', client: 'a' }])
  void one.say({ type: 'subscribe', id: 1, topic: 'room/1', presence: 1 })
  await expect.poll(() => one.toldOf('subscribed').length).toBe(1)
  void other.say({ type: 'subscribe', id: 1, topic: 'room/1', presence: 2 })
  await expect.poll(() => one.toldOf('joined')).toMatchObject([{ member: { client: 'b', data: 2 } }])
  void other.say({ type: 'publish', topic: 'room/1', data: '你好' })
  await expect.poll(() => one.toldOf('publication')).toMatchObject([{ data: '你好' }])
  other.topics.end()
  await expect.poll(() => one.toldOf('left')).toMatchObject([{ client: 'b' }])
  void one.topics.receive('no JSON')
  expect(one.ends).toEqual([[4400, 'Each message is one JSON object with a type.']])
})

test('A carrier that takes no more is fed from history when it does again', async () => {
  hub = createHub({ topics: { t: { history: { count: 1_000, ageMs: 60_000 } } } })
  let isFull = false
  const client = connect('a', () => !isFull)
  void client.say({ type: 'subscribe', id: 1, topic: 't' })
  await expect.poll(() => client.toldOf('subscribed').length).toBe(1)
  isFull = true
  for (let count = 0; count < 300; count++) await hub.topic('t').publish(count)
  const before = client.toldOf('publication').length
  expect(before).toBeLessThan(300)
  isFull = false
  client.topics.goOn()
  await expect.poll(() => client.toldOf('publication').length).toBe(300)
  expect(client.toldOf('publication').map(it => it.data)).toEqual(Array.from({ length: 300 }, (_, at) => at))
})

test('How many subscribe in this process is known', async () => {
  hub = createHub({ topics: { t: {} } })
  const topic = hub.topic('t')
  expect(topic.subscriberCount).toBe(0)
  const end = await topic.subscribe(() => {})
  const client = connect('a')
  void client.say({ type: 'subscribe', id: 1, topic: 't' })
  await expect.poll(() => topic.subscriberCount).toBe(2)
  end()
  client.topics.end()
  expect(topic.subscriberCount).toBe(0)
})

test('A carrier that throws loses its own messages, and nobody else’s', async () => {
  const errors: unknown[] = []
  hub = createHub({ topics: { t: {} }, onError: error => errors.push(error) })
  let fails = false
  const failing = connect('a', () => {
    if (fails) throw new Error('no carrier')
    return undefined
  })
  const other = connect('b')
  for (const client of [failing, other]) void client.say({ type: 'subscribe', id: 1, topic: 't' })
  await expect.poll(() => hub.topic('t').subscriberCount).toBe(2)
  fails = true
  await hub.topic('t').publish(1)
  expect(other.toldOf('publication')).toMatchObject([{ data: 1 }])
  expect(errors).toEqual([new Error('no carrier')])
})

test('Of who comes and goes a carrier that takes no more is told the last state, once it does again', async () => {
  hub = createHub({ topics: { t: { presence: true } } })
  let isFull = false
  const slow = connect('slow', () => !isFull)
  void slow.say({ type: 'subscribe', id: 1, topic: 't' })
  await expect.poll(() => slow.toldOf('subscribed').length).toBe(1)
  isFull = true
  const others = Array.from({ length: 50 }, (_, at) => connect(`${at}`))
  for (const other of others) void other.say({ type: 'subscribe', id: 1, topic: 't', presence: {} })
  await expect.poll(() => others.at(-1)?.toldOf('subscribed').length).toBe(1)
  for (const other of others.slice(1)) other.topics.end()
  expect(slow.toldOf('joined').length).toBeLessThan(2)
  isFull = false
  slow.topics.goOn()
  await expect.poll(() => slow.toldOf('members')).toMatchObject([{ members: [{ client: '0' }] }])
  others[0]?.topics.end()
  expect(slow.toldOf('left')).toMatchObject([{ client: '0' }])
})

test('A second hello is an error, with the id that it may have, and ends nothing', () => {
  hub = createHub()
  const { say, told, ends } = connect('a')
  for (const id of [undefined, 1, undefined]) void say({ type: 'hello', id })
  const again = { type: 'error', code: 'bad_request', retryable: false, message: 'Hello is said once.' }
  expect(told.slice(2)).toEqual([{ ...again, id: 1 }, again])
  expect(ends).toEqual([])
})
