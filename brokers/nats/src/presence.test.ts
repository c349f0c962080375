import { expect, test, vi } from 'vitest'
import type { JetStream, StoredMessage } from './jetstream.ts'
import { Presence } from './presence.ts'

/** A stream in memory that keeps the newest message of each subject, with a clock of its own. */
class FakeStream {
  readonly #messages = new Map<string, StoredMessage>()
  #seq = 0
  now = 0

  async publish(subject: string, data: string, header: string) {
    const seq = ++this.#seq
    this.#messages.set(subject, { subject, seq, header, data, storedMs: this.now })
    if (this.isAway) throw new Error('It has happened, and the answer does not come.')
    return { seq, isDuplicate: false }
  }

  isAway = false
  isSilent = false

  async last(_: string, subject: string): Promise<StoredMessage | undefined> {
    return this.#messages.get(subject)
  }

  async remove(_: string, seq: number): Promise<void> {
    if (this.isAway) throw new Error('NATS is away.')
    for (const [subject, message] of this.#messages) if (message.seq === seq) this.#messages.delete(subject)
  }

  async purge(_: string, filter: string): Promise<void> {
    if (this.isAway) throw new Error('NATS is away.')
    for (const { subject } of this.#matching(filter)) this.#messages.delete(subject)
  }

  async read<Result>(
    _: string,
    filter: string,
    _from: unknown,
    work: (pending: number, next: (count: number) => Promise<StoredMessage[]>) => Promise<Result>,
  ): Promise<Result> {
    if (this.isSilent) throw new Error('NATS has not answered in time.')
    const found = this.#matching(filter)
    return await work(found.length, async count => found.slice(0, count))
  }

  #matching(filter: string): StoredMessage[] {
    const words = filter.split('.')
    return [...this.#messages.values()].filter(({ subject }) =>
      subject.split('.').every((word, at) => words[at] === '*' || words[at] === word),
    )
  }
}

const over = (stream: FakeStream) =>
  new Presence(stream as unknown as JetStream, { prefix: 'p', replicas: 1 })
const clientsOf = async (presence: Presence) =>
  (await presence.members('a')).map(({ member }) => member.client)

test('Who has not renewed its lease for longer than 35 s is dead, by the clock of the server, and its members go', async () => {
  const stream = new FakeStream()
  const [living, dead] = [over(stream), over(stream)]
  for (const presence of [living, dead]) await presence.renew()
  await living.join('a', { client: 'c1', data: 1 })
  await dead.join('a', { client: 'c2', data: 2 })
  stream.now = 34_999
  expect((await living.renew()).living).toEqual(new Set([living.process, dead.process]))
  expect(await clientsOf(living)).toEqual(['c1', 'c2'])
  stream.now = 35_000
  expect((await living.renew()).living).toEqual(new Set([living.process]))
  expect(await clientsOf(living)).toEqual(['c1'])
})

test('A process that was believed dead stores its members again, and says so', async () => {
  const stream = new FakeStream()
  const [living, stopped] = [over(stream), over(stream)]
  for (const presence of [living, stopped]) await presence.renew()
  await stopped.join('a', { client: 'c2', data: 2 })
  expect((await stopped.renew()).again).toEqual([])
  stream.now = 40_000
  await living.renew()
  expect(await clientsOf(living)).toEqual([])
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 40_000)
  const { again } = await stopped.renew()
  vi.restoreAllMocks()
  expect(again.map(([topic, { member }]) => [topic, member.client])).toEqual([['a', 'c2']])
  expect(await clientsOf(living)).toEqual(['c2'])
})

test('A process that was believed dead stores its members again also when NATS has not answered it at first', async () => {
  const stream = new FakeStream()
  const [living, stopped] = [over(stream), over(stream)]
  for (const presence of [living, stopped]) await presence.renew()
  await stopped.join('a', { client: 'c2', data: 2 })
  stream.now = 40_000
  await living.renew()
  stream.isSilent = true
  await expect(stopped.renew()).rejects.toThrow('NATS has not answered in time.')
  stream.isSilent = false
  expect((await stopped.renew()).again).toHaveLength(1)
  expect(await clientsOf(living)).toEqual(['c2'])
  expect((await stopped.renew()).again).toEqual([])
})

test('A member that leaves while it joins is gone, and one that joins again keeps its place', async () => {
  const presence = over(new FakeStream())
  const joining = presence.join('a', { client: 'c1', data: 1 })
  expect(await presence.leave('a', 'c1')).toBe(true)
  await joining
  expect(await clientsOf(presence)).toEqual([])
  for (const client of ['c1', 'c2', 'c1']) await presence.join('a', { client, data: 1 })
  expect(await clientsOf(presence)).toEqual(['c1', 'c2'])
  await presence.close()
  expect(await clientsOf(presence)).toEqual([])
})

test('Who leaves while NATS is away leaves when it is back, unless it has come again', async () => {
  const stream = new FakeStream()
  const presence = over(stream)
  await presence.renew()
  for (const client of ['stored', 'again']) await presence.join('a', { client, data: 1 })
  stream.isAway = true
  await expect(presence.join('a', { client: 'unanswered', data: 1 })).rejects.toThrow()
  for (const client of ['stored', 'unanswered', 'again'])
    await expect(presence.leave('a', client)).rejects.toThrow('NATS is away.')
  stream.isAway = false
  await presence.join('a', { client: 'again', data: 2 })
  expect((await presence.renew()).gone).toEqual([
    ['a', 'stored'],
    ['a', 'unanswered'],
  ])
  expect(await clientsOf(presence)).toEqual(['again'])
  expect((await presence.renew()).gone).toEqual([])
})
