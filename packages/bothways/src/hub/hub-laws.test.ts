import { type Fault, FaultyBroker } from '@bothways/test-support/faulty-broker'
import { checkLawLater } from '@bothways/test-support/law'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Sink } from '../connection/channel.ts'
import type { Publication } from '../connection/sending/publication.ts'
import type { SendOutcome } from '../connection/sending/send-outcome.ts'
import { MemoryBroker } from './broker/memory-broker.ts'
import { createHub } from './create-hub.ts'
import type { Subscription } from './delivery/subscription.ts'
import type { Hub } from './hub.ts'

const history = { count: 10_000, ageMs: 600_000 }

/** A client that takes so many messages and then no more, until it is given room. */
class Reader implements Sink {
  readonly log: number[] = []
  readonly gaps: (string | undefined)[] = []
  position: string | undefined
  room: number
  subscription: Subscription | undefined

  constructor(room: number) {
    this.room = room
  }

  sendShared(message: Publication): SendOutcome {
    if (this.room <= 0) return 'refused'
    this.room--
    const { type, data, position } = JSON.parse(message.data as string)
    if (type === 'publication') {
      this.log.push(data)
      this.position = position
    } else if (type === 'gap') this.gaps.push(position)
    return this.room > 0 ? 'sent' : 'queued'
  }

  read(count: number): void {
    this.room += count
    this.subscription?.goOn()
  }
}

type Step =
  | { readonly do: 'publish'; readonly count: number }
  | { readonly do: 'read'; readonly reader: number; readonly count: number }
  | { readonly do: 'reconnect'; readonly reader: number }
  | { readonly do: 'wait' }

const reader = fc.integer({ min: 0, max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('publish' as const), count: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ do: fc.constant('read' as const), reader, count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ do: fc.constant('reconnect' as const), reader }),
  fc.constant({ do: 'wait' as const }),
)

const turn = () => new Promise(resolve => setImmediate(resolve))

async function connect(hub: Hub, known: Reader, room: number): Promise<Reader> {
  const next = new Reader(room)
  next.log.push(...known.log)
  const { subscription, recovered, position } = await hub.subscribeAs(undefined, 't', next, {
    since: known.position,
  })
  if (known.position !== undefined) expect(recovered).toBe(true)
  next.position = position
  next.subscription = subscription
  subscription.start()
  return next
}

/** Plays a schedule, then gives everybody room, and returns what each has and what was published. */
async function play(
  hub: Hub,
  steps: readonly Step[],
  publish: (data: number) => unknown,
  atEnd: () => unknown = () => undefined,
) {
  let count = 0
  const readers: Reader[] = []
  for (let at = 0; at < 3; at++) readers.push(await connect(hub, new Reader(0), 5))
  for (const one of steps) {
    if (one.do === 'publish') for (let at = 0; at < one.count; at++) publish(count++)
    else if (one.do === 'read') readers[one.reader]?.read(one.count)
    else if (one.do === 'reconnect') {
      const old = readers[one.reader] as Reader
      hub.unsubscribe(old.subscription as Subscription, undefined)
      readers[one.reader] = await connect(hub, old, 3)
    } else await turn()
  }
  await atEnd()
  for (const one of readers) one.read(100_000)
  for (let at = 0; at < 400 && readers.some(({ log }) => log.length < count); at++) await turn()
  return { readers, published: Array.from({ length: count }, (_, at) => at) }
}

test('Every subscriber has the topic’s log, in order and once, however slowly it reads and however often it comes back', async () => {
  await checkLawLater(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const hub: Hub = createHub({ topics: { t: { history } } })
      const topic = hub.topic('t')
      const { readers, published } = await play(hub, steps, data => topic.publish(data))
      for (const { log, gaps } of readers) {
        expect(log).toEqual(published)
        expect(gaps).toEqual([])
      }
      await hub.close({ spreadMs: 0 })
    }),
  )
})

const fault = fc.constantFrom<Fault>('carry', 'lose', 'repeat', 'keep')

test('What the broker loses, repeats, delays and reorders on the way comes once, in order, and without a gap', async () => {
  await checkLawLater(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.array(fault, { minLength: 1, maxLength: 8 }),
      async (steps, faults) => {
        const broker = new FaultyBroker(new MemoryBroker(), faults)
        const hub: Hub = createHub({ topics: { t: { history } }, broker })
        const topic = hub.topic('t')
        // The last publication, if lost, has none behind it that would show the hole: heads are compared.
        const found = (): void => broker.comeBack()
        const { readers, published } = await play(hub, steps, data => topic.publish(data), found)
        for (const { log, gaps } of readers) {
          expect(log).toEqual(published)
          expect(gaps).toEqual([])
        }
        await hub.close({ spreadMs: 0 })
      },
    ),
  )
})

test('A last publication that was lost is found within 30 s, also of a state topic', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const broker = new FaultyBroker(new MemoryBroker(), ['lose'])
    const hub: Hub = createHub({ topics: { t: { history }, s: { state: true } }, broker })
    const got: unknown[] = []
    await hub.topic('t').subscribe(({ data }) => got.push(data))
    await hub.topic('s').subscribe(({ data }) => got.push(data))
    await hub.topic('t').publish(1)
    await hub.topic('s').set(2)
    await turn()
    expect(got).toEqual([])
    vi.advanceTimersByTime(30_000)
    for (let at = 0; at < 10; at++) await turn()
    expect(got.sort()).toEqual([1, 2])
    await hub.close({ spreadMs: 0 })
  } finally {
    vi.useRealTimers()
  }
})

test('A state topic never goes back to an older value that comes late', async () => {
  await checkLawLater(
    fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 8 }), async faults => {
      const broker = new FaultyBroker(new MemoryBroker(), faults)
      const hub: Hub = createHub({ topics: { s: { state: true } }, broker })
      const got: number[] = []
      await hub.topic('s').subscribe(({ data }) => got.push(data as number))
      for (let at = 0; at < 20; at++) await hub.topic('s').set(at)
      broker.comeBack()
      for (let at = 0; at < 10; at++) await turn()
      expect(got).toEqual([...new Set(got)].sort((a, b) => a - b))
      expect(got.at(-1)).toBe(19)
      await hub.close({ spreadMs: 0 })
    }),
  )
})

test('While the broker is away subscribers stay; when it is back nothing is missing, and who is there is told anew', async () => {
  const broker = new FaultyBroker(new MemoryBroker())
  const hub: Hub = createHub({ topics: { t: { history, presence: true } }, broker })
  const messages: { type: string; data?: unknown; members?: { client: string }[] }[] = []
  const sink: Sink = {
    sendShared(message) {
      messages.push(JSON.parse(message.data as string))
      return 'sent'
    },
  }
  const { subscription } = await hub.subscribeAs(undefined, 't', sink)
  subscription.start()
  await hub.topic('t').publish(1)
  broker.goAway()
  await expect(hub.topic('t').publish(2)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  broker.comeBack()
  await hub.topic('t').publish(3)
  for (let at = 0; at < 5; at++) await turn()
  expect(messages.filter(({ type }) => type === 'publication').map(({ data }) => data)).toEqual([1, 3])
  expect(messages.filter(({ type }) => type === 'members')).toEqual([
    { type: 'members', topic: 't', members: [] },
  ])
  await hub.close({ spreadMs: 0 })
})

test('What is acknowledged is in the broker: a publication that was answered is in its history at that position', async () => {
  const broker = new FaultyBroker(new MemoryBroker(), ['lose', 'keep'])
  const hub: Hub = createHub({ topics: { t: { history } }, broker })
  for (let at = 0; at < 20; at++) {
    const position = await hub.topic('t').publish(at)
    expect((await hub.topic('t').history({ last: 1 }))[0]).toMatchObject({ data: at, position })
  }
  await hub.close({ spreadMs: 0 })
})

test('However often publications are sent again with their keys, each is there once, and all its answers are one position', async () => {
  const sending = fc.record({ key: fc.integer({ min: 0, max: 5 }), delay: fc.integer({ min: 0, max: 3 }) })
  await checkLawLater(
    fc.asyncProperty(fc.array(sending, { maxLength: 40 }), async sendings => {
      const broker = new FaultyBroker(new MemoryBroker())
      const delays = sendings.map(({ delay }) => delay)
      broker.delayTurns = () => delays.shift() ?? 0
      const hub: Hub = createHub({ topics: { t: { history } }, broker })
      const positions = new Map<number, Set<string | undefined>>()
      await Promise.all(
        sendings.map(async ({ key }) => {
          const position = await hub.topic('t').publish({ key }, { key: `key ${key}`.padEnd(22, '.') })
          positions.set(key, (positions.get(key) ?? new Set()).add(position))
        }),
      )
      for (const all of positions.values()) expect(all.size).toBe(1)
      const kept = await hub.topic('t').history({ last: 100 })
      expect(kept.map(({ data }) => (data as { key: number }).key).sort()).toEqual(
        [...positions.keys()].sort(),
      )
      await hub.close({ spreadMs: 0 })
    }),
  )
})

test('Where history has moved past a reader, it is told of the gap, and goes on in order', async () => {
  await checkLawLater(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const hub: Hub = createHub({ topics: { t: { history: { count: 10, ageMs: 600_000 } } } })
      const topic = hub.topic('t')
      const slow = await connect(hub, new Reader(0), 1)
      let next = 0
      for (const one of steps) {
        if (one.do === 'publish') {
          for (let at = 0; at < one.count; at++) await topic.publish(next++)
        } else if (one.do === 'read') slow.read(one.count)
        else await turn()
      }
      slow.read(100_000)
      for (let at = 0; at < 20; at++) await turn()
      const sorted = [...slow.log].sort((a, b) => a - b)
      expect(slow.log).toEqual(sorted)
      expect(new Set(slow.log).size).toBe(slow.log.length)
      const holes = slow.log.filter((data, at) => at > 0 && data !== (slow.log[at - 1] as number) + 1).length
      expect(holes).toBeLessThanOrEqual(slow.gaps.length)
      await hub.close({ spreadMs: 0 })
    }),
  )
})

test('A state topic skips what a reader has no time for, and ends with the newest value', async () => {
  const hub: Hub = createHub({ topics: { s: { state: true } } })
  const seen: number[] = []
  let room = 1
  const sink: Sink = {
    sendShared(message) {
      if (room === 0) return 'refused'
      room--
      seen.push(JSON.parse(message.data as string).data)
      return room > 0 ? 'sent' : 'queued'
    },
  }
  const { subscription } = await hub.subscribeAs(undefined, 's', sink)
  subscription.start()
  for (let value = 1; value <= 1000; value++) await hub.topic('s').set(value)
  expect(seen).toEqual([1])
  room = 5
  subscription.goOn()
  await turn()
  expect(seen).toEqual([1, 1000])
  await hub.close({ spreadMs: 0 })
})

test('A topic without history tells a slow reader that it has lost something', async () => {
  const hub: Hub = createHub({ topics: { n: {} } })
  const slow = new Reader(1)
  const { subscription } = await hub.subscribeAs(undefined, 'n', slow)
  slow.subscription = subscription
  subscription.start()
  for (let value = 1; value <= 10; value++) await hub.topic('n').publish(value)
  expect(slow.log).toEqual([1])
  slow.read(10)
  await turn()
  await hub.topic('n').publish(11)
  expect([slow.log, slow.gaps]).toEqual([[1, 11], [undefined]])
  await hub.close({ spreadMs: 0 })
})

test('A program iterates over a topic, and leaves', async () => {
  const hub: Hub = createHub({ topics: { t: { history } } })
  const got: unknown[] = []
  const reading = (async () => {
    for await (const { data } of hub.topic('t')) if (got.push(data) === 300) return
  })()
  await turn()
  for (let at = 0; at < 300; at++) await hub.topic('t').publish(at)
  await reading
  expect(got).toEqual(Array.from({ length: 300 }, (_, at) => at))
  await hub.close({ spreadMs: 0 })
})
