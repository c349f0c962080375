import { FaultyBroker } from '@bothways/test-support/faulty-broker'
import { expect, test } from 'vitest'
import { MemoryBroker } from '../broker/memory-broker.ts'
import { createHub } from '../create-hub.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

test('An iteration that falls behind in a topic without history says so with the first one behind the loss', async () => {
  const hub = createHub({ topics: { t: {} } })
  const iterator = hub.topic('t')[Symbol.asyncIterator]()
  const first = iterator.next()
  await turn()
  for (let at = 0; at < 300; at++) await hub.topic('t').publish(at)
  expect((await first).value).toMatchObject({ data: 0, isAfterGap: false })
  const told: unknown[] = []
  for (let at = 1; at <= 100; at++) told.push((await iterator.next()).value?.isAfterGap)
  expect(new Set(told)).toEqual(new Set([false]))
  const next = iterator.next()
  await turn()
  await hub.topic('t').publish('after')
  expect((await next).value).toMatchObject({ data: 'after', isAfterGap: true })
  await hub.topic('t').publish('then')
  expect((await iterator.next()).value).toMatchObject({ data: 'then', isAfterGap: false })
  await iterator.return?.()
  await hub.close({ spreadMs: 0 })
})

test('An iteration that falls behind further than history reaches says so, and goes on behind that', async () => {
  const hub = createHub({ topics: { t: { history: { count: 10, ageMs: 60_000 } } } })
  const iterator = hub.topic('t')[Symbol.asyncIterator]()
  const first = iterator.next()
  await turn()
  for (let at = 0; at < 300; at++) await hub.topic('t').publish(at)
  await first
  const got: [data: unknown, isAfterGap: boolean | undefined][] = []
  while (got.at(-1)?.[0] !== 299) {
    const { value } = await iterator.next()
    got.push([value?.data, value?.isAfterGap])
  }
  expect(got.map(([data]) => data)).toEqual([
    ...Array.from({ length: 100 }, (_, at) => at + 1),
    ...Array.from({ length: 10 }, (_, at) => at + 290),
  ])
  expect(got.filter(([, isAfterGap]) => isAfterGap)).toEqual([[290, true]])
  await iterator.return?.()
  await hub.close({ spreadMs: 0 })
})

test('What the broker lost while an iteration was behind is told, too', async () => {
  const broker = new MemoryBroker()
  let restore: (() => void) | undefined
  const subscribe = broker.subscribe.bind(broker)
  broker.subscribe = (topic, events) => {
    restore = () => events.onRestored?.()
    return subscribe(topic, events)
  }
  const hub = createHub({ topics: { t: {} }, broker })
  const iterator = hub.topic('t')[Symbol.asyncIterator]()
  await turn()
  for (let at = 0; at < 100; at++) await hub.topic('t').publish(at)
  restore?.()
  await turn()
  for (let at = 0; at < 100; at++) await iterator.next()
  await turn()
  await hub.topic('t').publish('after')
  expect((await iterator.next()).value).toMatchObject({ data: 'after', isAfterGap: true })
  await hub.close({ spreadMs: 0 })
})

test('Many iterations at a time are nothing to be warned of', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  const hub = createHub({ topics: { t: {} } })
  const iterators = Array.from({ length: 20 }, () => hub.topic('t')[Symbol.asyncIterator]())
  await turn()
  expect(hub.topic('t').subscriberCount).toBe(20)
  await hub.close({ spreadMs: 0 })
  for (const iterator of iterators) expect((await iterator.next()).done).toBe(true)
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

test('Leaving an iteration ends it at once, also while the next one is awaited, and the topic is let go', async () => {
  const hub = createHub({ topics: { t: {} } })
  const iterator = hub.topic('t')[Symbol.asyncIterator]()
  const next = iterator.next()
  await turn()
  expect(hub.topic('t').subscriberCount).toBe(1)
  expect(await iterator.return?.()).toEqual({ value: undefined, done: true })
  expect(await next).toEqual({ value: undefined, done: true })
  expect(hub.topic('t').subscriberCount).toBe(0)
  await hub.close({ spreadMs: 0 })
})

test('A hub that closes ends every iteration; one that begins later is over', async () => {
  const hub = createHub({ topics: { t: {} } })
  const topic = hub.topic('t')
  const reading = (async () => {
    for await (const _ of topic);
    return 'over'
  })()
  await turn()
  await hub.close({ spreadMs: 0 })
  expect(await reading).toBe('over')
  for await (const publication of topic) expect(publication).toBe('nothing')
})

test('An iteration that cannot subscribe throws what the broker says', async () => {
  const broker = new FaultyBroker(new MemoryBroker())
  broker.goAway()
  const hub = createHub({ topics: { t: {} }, broker })
  const iterator = hub.topic('t')[Symbol.asyncIterator]()
  await expect(iterator.next()).rejects.toMatchObject({ code: 'unavailable' })
  expect(await iterator.next()).toEqual({ value: undefined, done: true })
  await hub.close({ spreadMs: 0 })
})

test('A listener hears of a gap at once, and the next publication says that it is behind one', async () => {
  const broker = new FaultyBroker(new MemoryBroker())
  const hub = createHub({ topics: { t: {} }, broker })
  const heard: unknown[] = []
  await hub.topic('t').subscribe(({ data, isAfterGap }) => heard.push([data, isAfterGap]), {
    onGap: position => heard.push(['gap', position]),
  })
  await hub.topic('t').publish(1)
  broker.goAway()
  broker.comeBack()
  await expect.poll(() => heard.length).toBe(2)
  await hub.topic('t').publish(2)
  await hub.topic('t').publish(3)
  expect(heard).toEqual([
    [1, false],
    ['gap', undefined],
    [2, true],
    [3, false],
  ])
  await hub.close({ spreadMs: 0 })
})

test('A listener that begins behind a position that history has moved past hears of the gap first', async () => {
  const hub = createHub({ topics: { t: { history: { count: 2, ageMs: 60_000 } } } })
  const since = (await hub.topic('t').publish(0)) as string
  for (const data of [1, 2, 3, 4]) await hub.topic('t').publish(data)
  const heard: unknown[] = []
  const onGap = () => heard.push('gap')
  await hub.topic('t').subscribe(({ data }) => heard.push(data), { since, last: 2, onGap })
  await expect.poll(() => heard).toEqual(['gap', 3, 4])
  await hub.close({ spreadMs: 0 })
})
