import {
  type Broker,
  type BrokerEvents,
  HubError,
  type Member,
  type StoredPublication,
  type Withdrawal,
} from 'bothways'
import { expect, test } from 'vitest'
import { requestOf } from './request.ts'

/** A broker that is made for one test, with a clock that the test moves. */
export interface BrokerUnderTest {
  readonly broker: Broker
  /** Moves its clock on, in ms; undefined where it has the world's. */
  readonly advance?: (ms: number) => void
  /** Room for so many keys. */
  readonly maxKeys?: number
  /** Another broker on the same store, as another process has it; `kill` ends it without leaving. */
  readonly another?: () => Promise<{ readonly broker: Broker; kill(): Promise<void> }>
  /** Copies the store; the function sets it back to that, as a fail-over or an old backup does. */
  readonly snapshot?: () => Promise<() => Promise<void>>
  /** Takes the store away; the function brings it back. */
  readonly outage?: () => Promise<() => Promise<void>>
  end(): Promise<void>
}

const key = (name: string) => ({ name: name.padEnd(22, '.'), scope: 'me' })

/** Keeps what a broker tells. */
class Listener implements BrokerEvents {
  readonly publications: StoredPublication[] = []
  readonly presence: string[] = []
  onPublication(publication: StoredPublication): void {
    this.publications.push(publication)
  }
  onJoined(topic: string, member: Member): void {
    this.presence.push(`${topic} +${member.client}`)
  }
  onLeft(topic: string, client: string): void {
    this.presence.push(`${topic} -${client}`)
  }
  restoredCount = 0
  onRestored(): void {
    this.restoredCount++
  }
}

/** The contract of every broker: each promise of the interface as a test. */
export function brokerContract(
  name: string,
  make: (options: { maxKeys?: number }) => Promise<BrokerUnderTest>,
): void {
  const with_ = (
    title: string,
    work: (under: BrokerUnderTest & { publish: Publish }) => Promise<void>,
    options = {},
  ) =>
    test(`${name}: ${title}`, async () => {
      const under = await make(options)
      const publish: Publish = (data, rest = {}) => under.broker.publish(requestOf(data, rest))
      try {
        await work({ ...under, publish })
      } finally {
        await under.end()
      }
    })

  with_(
    'Publications have one order, for subscribers and in the history, each with the position before it',
    async ({ broker, publish }) => {
      const listener = new Listener()
      const { head } = await broker.subscribe('a', listener)
      const published = await Promise.all(Array.from({ length: 50 }, (_, at) => publish(at)))
      await until(() => listener.publications.length === 50)
      expect(listener.publications.map(({ data }) => JSON.parse(data))).toEqual(
        Array.from({ length: 50 }, (_, at) => at),
      )
      expect(listener.publications.map(({ position }) => position)).toEqual(
        published.map(({ position }) => position),
      )
      expect(listener.publications.map(({ previous }) => previous)).toEqual([
        head,
        ...published.slice(0, -1).map(({ position }) => position),
      ])
      const kept = await broker.history({ topic: 'a', last: 100, limit: 100 })
      expect(kept.publications.map(({ position }) => position)).toEqual(
        published.map(({ position }) => position),
      )
      expect([kept.start, kept.head]).toEqual([head, published.at(-1)?.position])
    },
  )

  with_(
    'What is behind a position is found exactly, page by page, and at the head nothing',
    async ({ broker, publish }) => {
      const { head } = await broker.subscribe('a', new Listener())
      const published = await Promise.all([0, 1, 2, 3, 4].map(at => publish(at)))
      const read = async (since: string | undefined, limit = 100) => {
        const found = await broker.history({ topic: 'a', since, last: 0, limit })
        return {
          data: found.publications.map(({ data }) => JSON.parse(data)),
          recovered: found.recovered,
          hasMore: found.hasMore,
        }
      }
      expect(await read(head)).toEqual({ data: [0, 1, 2, 3, 4], recovered: true, hasMore: false })
      expect(await read(head, 2)).toEqual({ data: [0, 1], recovered: true, hasMore: true })
      expect(await read(published[2]?.position)).toEqual({ data: [3, 4], recovered: true, hasMore: false })
      expect(await read(published[4]?.position)).toEqual({ data: [], recovered: true, hasMore: false })
    },
  )

  with_(
    'A position that is none, of another epoch, beyond the head or with a false check is not recovered',
    async ({ broker, publish }) => {
      const positions = (await Promise.all([0, 1, 2].map(at => publish(at)))).map(
        ({ position }) => position as string,
      )
      const at = positions[1] as string
      const [epoch, offset, check] = at.split('.')
      for (const since of [
        '',
        'x',
        'x.y.z',
        `other.${offset}.${check}`,
        `${epoch}.zz.${check}`,
        `${epoch}.${offset}.AAAAAA`,
        `${at}x`,
      ]) {
        const { recovered, publications } = await broker.history({ topic: 'a', since, last: 1, limit: 10 })
        expect([since, recovered, publications.length]).toEqual([since, false, 1])
      }
    },
  )

  with_('A topic that was never published to has a position that stays good', async ({ broker, publish }) => {
    const [before] = await broker.heads(['a'])
    expect(await broker.history({ topic: 'a', since: before, last: 0, limit: 10 })).toMatchObject({
      recovered: true,
      publications: [],
    })
    await publish(1)
    const { recovered, publications } = await broker.history({
      topic: 'a',
      since: before,
      last: 0,
      limit: 10,
    })
    expect([recovered, publications.length]).toEqual([true, 1])
  })

  with_(
    'The history keeps no more than its count, and what has gone is said',
    async ({ broker, publish }) => {
      const positions: (string | undefined)[] = []
      for (let at = 0; at < 10; at++)
        positions.push((await publish(at, { history: { count: 3, ageMs: 600_000 } })).position)
      const kept = await broker.history({ topic: 'a', last: 100, limit: 100 })
      expect(kept.publications.map(({ data }) => JSON.parse(data))).toEqual([7, 8, 9])
      expect((await broker.history({ topic: 'a', since: positions[5], last: 0, limit: 10 })).recovered).toBe(
        false,
      )
      const edge = await broker.history({ topic: 'a', since: positions[6], last: 0, limit: 10 })
      expect([edge.recovered, edge.publications.length]).toEqual([true, 3])
    },
  )

  with_(
    'The history keeps nothing beyond its age, and the head stays',
    async ({ broker, publish, advance }) => {
      if (advance === undefined) return
      const { position } = await publish(1, { history: { count: 10, ageMs: 1000 } })
      advance(1001)
      expect((await broker.history({ topic: 'a', last: 10, limit: 10 })).publications).toEqual([])
      expect(await broker.history({ topic: 'a', since: position, last: 0, limit: 10 })).toMatchObject({
        recovered: true,
        head: position,
      })
      advance(23 * 60 * 60 * 1000)
      expect(await broker.heads(['a'])).toEqual([position])
    },
  )

  with_(
    'A key is published once within its window, for one topic and one publisher',
    async ({ broker, publish }) => {
      const listener = new Listener()
      await broker.subscribe('a', listener)
      const one = await publish(1, { key: key('k') })
      const two = await publish(1, { key: key('k') })
      expect(two).toEqual({ position: one.position, isRepeated: true })
      await expect(publish(2, { key: key('k') })).rejects.toMatchObject({ code: 'key_reused' })
      expect((await publish(1, { key: key('k'), topic: 'b' })).isRepeated).toBe(false)
      expect((await publish(1, { key: { name: key('k').name, scope: 'other' } })).isRepeated).toBe(false)
      await until(() => listener.publications.length === 2)
      expect(listener.publications).toHaveLength(2)
    },
  )

  with_(
    'A key is remembered for its whole window of at least five minutes, and not longer than needed',
    async ({ broker, publish, advance }) => {
      expect(broker.keyWindowMs).toBeGreaterThanOrEqual(300_000)
      if (advance === undefined) return
      await publish(1, { key: key('k') })
      advance(broker.keyWindowMs - 1)
      expect((await publish(1, { key: key('k') })).isRepeated).toBe(true)
      advance(2)
      expect((await publish(1, { key: key('k') })).isRepeated).toBe(false)
    },
  )

  with_(
    'Where keys have no room, publications with one are busy, and none is forgotten early',
    async ({ publish, maxKeys }) => {
      if (maxKeys === undefined) return
      for (let at = 0; at < maxKeys; at++) await publish(at, { key: key(`k${at}`) })
      await expect(publish(0, { key: key('more') })).rejects.toMatchObject({ code: 'busy', retryable: true })
      expect((await publish(0, { key: key('k0') })).isRepeated).toBe(true)
      expect((await publish(0)).isRepeated).toBe(false)
    },
    { maxKeys: 5 },
  )

  with_(
    'A conflict is found by comparing with the head, and nothing of it is stored',
    async ({ broker, publish }) => {
      const { position } = await publish(1)
      expect((await publish(2, { ifPosition: position })).position).not.toBe(position)
      await expect(publish(3, { ifPosition: position })).rejects.toThrow(HubError)
      const { publications } = await broker.history({ topic: 'a', last: 10, limit: 10 })
      expect(publications.map(({ data }) => data)).toEqual(['1', '2'])
    },
  )

  with_(
    'A state topic has one value, however long it is left alone',
    async ({ broker, publish, advance }) => {
      await publish(1, { history: undefined, isState: true })
      await publish(2, { history: undefined, isState: true })
      advance?.(12 * 60 * 60 * 1000)
      const { publications } = await broker.history({ topic: 'a', last: 10, limit: 10 })
      expect(publications.map(({ data }) => data)).toEqual(['2'])
    },
  )

  with_('Without history publications are carried, and have no position', async ({ broker, publish }) => {
    const listener = new Listener()
    await broker.subscribe('a', listener)
    expect(await publish(1, { history: undefined })).toEqual({ position: undefined, isRepeated: false })
    await until(() => listener.publications.length === 1)
    const [{ data, position, previous }] = listener.publications as [StoredPublication]
    expect({ data, position, previous }).toEqual({ data: '1', position: undefined, previous: undefined })
  })

  with_(
    'A process that has unsubscribed hears nothing more, and the others do',
    async ({ broker, publish }) => {
      const [one, other] = [new Listener(), new Listener()]
      const { unsubscribe } = await broker.subscribe('a', one)
      await broker.subscribe('a', other)
      unsubscribe()
      await publish(1)
      await until(() => other.publications.length === 1)
      expect(one.publications).toEqual([])
    },
  )

  with_('Members join, replace themselves and leave, and subscribers hear of it', async ({ broker }) => {
    const listener = new Listener()
    await broker.subscribe('a', listener)
    await broker.join('a', { client: 'c1', data: 1 })
    await broker.join('a', { client: 'c2', user: 'Li Si', data: 2 })
    await broker.join('a', { client: 'c1', data: 3 })
    expect(await broker.members('a')).toEqual([
      { client: 'c1', data: 3 },
      { client: 'c2', user: 'Li Si', data: 2 },
    ])
    await broker.leave('a', 'c1')
    await broker.leave('a', 'nobody')
    expect((await broker.members('a')).map(({ client }) => client)).toEqual(['c2'])
    await until(() => listener.presence.length === 4)
    expect(listener.presence).toEqual(['a +c1', 'a +c2', 'a +c1', 'a -c1'])
  })

  with_(
    'A reading is bounded, also where the position has gone: the oldest come, and that there is more is said',
    async ({ broker, publish }) => {
      for (let at = 0; at < 10; at++) await publish(at)
      for (const since of [undefined, 'gone']) {
        const found = await broker.history({ topic: 'a', since, last: 6, limit: 2 })
        expect([found.publications.map(({ data }) => data), found.hasMore]).toEqual([['4', '5'], true])
        const rest = await broker.history({ topic: 'a', since: found.start, last: 0, limit: 100 })
        expect(rest.publications.map(({ data }) => data)).toEqual(['4', '5', '6', '7', '8', '9'])
      }
    },
  )

  with_(
    'A process that subscribes while others publish hears everything behind the head, without a hole',
    async ({ broker, publish }) => {
      const publishing = Array.from({ length: 200 }, (_, at) => publish(at))
      const listener = new Listener()
      const { head } = await broker.subscribe('a', listener)
      await Promise.all(publishing)
      const { position: last } = await publish('last')
      await until(() => listener.publications.at(-1)?.position === last)
      const { publications } = await broker.history({ topic: 'a', since: head, last: 0, limit: 1000 })
      const positions = new Set(publications.map(({ position }) => position))
      const heard = listener.publications.filter(({ position }) => positions.has(position))
      expect(heard.map(({ data }) => data)).toEqual(publications.map(({ data }) => data))
    },
  )

  with_('A comparison of heads finds a last message that was lost', async ({ broker, publish }) => {
    const { head } = await broker.subscribe('a', new Listener())
    expect(await broker.heads(['a'])).toEqual([head])
    const { position } = await publish(1)
    expect(await broker.heads(['a'])).toEqual([position])
    const lost = await broker.history({ topic: 'a', since: head, last: 0, limit: 10 })
    expect(lost.publications.map(({ data }) => data)).toEqual(['1'])
  })

  with_('What is withdrawn is told to all who listen, until they stop', async ({ broker }) => {
    const told: Withdrawal[] = []
    const stop = broker.onWithdrawal(withdrawal => told.push(withdrawal))
    await broker.withdraw({ kind: 'revoke', user: 'Li Si' })
    await broker.withdraw({ kind: 'disconnect', user: '' })
    await until(() => told.length >= 2)
    expect(told).toEqual([
      { kind: 'revoke', user: 'Li Si' },
      { kind: 'disconnect', user: '' },
    ])
    stop()
    await broker.withdraw({ kind: 'revoke', user: 'nobody' })
    expect(told).toHaveLength(2)
  })

  with_(
    'Two processes have one order, one history, the same keys, members and withdrawals',
    async ({ publish, broker, another }) => {
      if (another === undefined) return
      const { broker: other } = await another()
      const [here, there] = [new Listener(), new Listener()]
      await broker.subscribe('a', here)
      await other.subscribe('a', there)
      const told: Withdrawal[] = []
      other.onWithdrawal(withdrawal => told.push(withdrawal))
      const publishThere: Publish = (data, rest = {}) => other.publish(requestOf(data, rest))
      await Promise.all(
        Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? publish(at) : publishThere(at))),
      )
      const { position } = await publish('keyed', { key: key('k') })
      expect(await publishThere('keyed', { key: key('k') })).toEqual({ position, isRepeated: true })
      await until(() => here.publications.length >= 21 && there.publications.length >= 21)
      expect(there.publications).toEqual(here.publications)
      expect((await other.history({ topic: 'a', last: 100, limit: 100 })).publications).toEqual(
        here.publications,
      )
      await broker.join('a', { client: 'c', data: 1 })
      await broker.withdraw({ kind: 'disconnect', user: 'u' })
      await until(() => there.presence.length > 0 && told.length > 0)
      expect([there.presence, told]).toEqual([['a +c'], [{ kind: 'disconnect', user: 'u' }]])
      expect(await other.members('a')).toEqual([{ client: 'c', data: 1 }])
    },
  )

  with_(
    'A member whose process has died leaves within a minute; one whose process lives stays',
    async ({ broker, another, advance }) => {
      if (another === undefined || advance === undefined) return
      const listener = new Listener()
      await broker.subscribe('a', listener)
      await broker.join('a', { client: 'alive', data: 1 })
      const dying = await another()
      await dying.broker.join('a', { client: 'dead', data: 2 })
      await dying.kill()
      for (let second = 0; second < 60; second++) {
        advance(1000)
        await new Promise(resolve => setTimeout(resolve, 1))
      }
      await until(() => listener.presence.includes('a -dead'))
      expect(listener.presence).toContain('a -dead')
      expect((await broker.members('a')).map(({ client }) => client)).toEqual(['alive'])
    },
  )

  with_(
    'A store that was set back and published past its old head recovers no position from before',
    async ({ broker, publish, snapshot }) => {
      if (snapshot === undefined) return
      const { position: kept } = await publish('kept')
      const setBack = await snapshot()
      const { position: lost } = await publish('lost')
      await setBack()
      await publish('other')
      await publish('and more')
      const found = await broker.history({ topic: 'a', since: lost, last: 0, limit: 10 })
      expect(found.recovered).toBe(false)
      const still = await broker.history({ topic: 'a', since: kept, last: 0, limit: 10 })
      if (still.recovered) {
        expect(still.publications.map(({ data }) => data)).toEqual(['"other"', '"and more"'])
      }
    },
  )

  with_(
    'While the store is away calls fail as unavailable; when it is back, subscribers are told, and everything comes',
    async ({ broker, publish, outage }) => {
      if (outage === undefined) return
      const listener = new Listener()
      await broker.subscribe('a', listener)
      await publish('before')
      const bringBack = await outage()
      await expect(publish('away')).rejects.toMatchObject({ code: 'unavailable', retryable: true })
      await bringBack()
      await until(() => listener.restoredCount > 0)
      expect(listener.restoredCount).toBeGreaterThan(0)
      const { position } = await publish('after')
      await until(() => listener.publications.at(-1)?.position === position)
      expect(listener.publications.at(-1)?.position).toBe(position)
    },
  )

  with_('The heads of many topics come in their order', async ({ broker, publish }) => {
    const { position } = await publish(1, { topic: 'b' })
    const [a, b, a2] = await broker.heads(['a', 'b', 'a'])
    expect([b, a2]).toEqual([position, a])
  })
}

type Publish = (
  data: unknown,
  rest?: Partial<Parameters<Broker['publish']>[0]>,
) => ReturnType<Broker['publish']>

/** Waits for the events that a broker tells, which may take a turn or two. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition() && turn < 2000; turn++) await new Promise(resolve => setTimeout(resolve, 1))
}
