import { ModelServer } from '@bothways/test-support/model-server'
import { FakeOrigin, type FakeTab } from '@bothways/test-support/tab-origin'
import { settled, VirtualEnvironment } from '@bothways/test-support/virtual-environment'
import { expect, test, vi } from 'vitest'
import { type Client, startClient } from '../core/client.ts'
import type { SubscribeOptions } from '../core/index.ts'
import type { OpenLine } from '../core/line.ts'
import { lineOf } from '../core/session.ts'
import { webSocketTransport } from '../core/web-socket-transport.ts'
import { shareLine } from './tabs.ts'

const url = 'http://server/bothways'

/** Tabs of one origin, each with a clock of its own, at one server. */
function stage() {
  const origin = new FakeOrigin()
  const server = new ModelServer()
  const tabs: Tab[] = []
  const open = () => {
    const tab = new Tab(server, origin.tab())
    tabs.push(tab)
    return tab
  }
  /** Lets time pass in all tabs that run. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      for (const tab of tabs) if (!tab.stands) await tab.environment.pass(100)
    }
    for (let n = 0; n < 10; n++) await settled()
  }
  return { origin, server, tabs, open, pass }
}

class Tab {
  readonly environment = new VirtualEnvironment()
  readonly fake: FakeTab
  readonly client: Client
  stands = false

  constructor(server: ModelServer, fake: FakeTab) {
    this.fake = fake
    const options = { environment: this.environment, WebSocket: server.webSocketOf(fake) }
    this.client = startClient(url, options, shareLine(lineOf(webSocketTransport), url, fake))
  }

  listen(topic: string, options?: SubscribeOptions) {
    const heard = { log: [] as unknown[], gapCount: 0 }
    const room = this.client.topic(topic, options)
    room.on('publication', ({ data }) => heard.log.push(data))
    room.on('gap', () => heard.gapCount++)
    return heard
  }

  freeze() {
    this.stands = true
    this.fake.freeze()
  }

  thaw() {
    this.stands = false
    this.fake.thaw()
  }

  crash(server: ModelServer) {
    this.stands = true
    this.fake.crash()
    // The browser ends what the tab had; the tab does nothing any more.
    for (const socket of server.open) if (socket.owner === this.fake) server.open.delete(socket)
  }
}

test('Tabs have one connection, and each hears what it asked for and no more', async () => {
  const { server, open, pass } = stage()
  for (let n = 0; n < 3; n++) server.publish('room/1', `k${n}`, n)
  const tabs = [open(), open(), open()] as const
  const heard = [
    tabs[0].listen('room/1'),
    tabs[1].listen('room/1', { last: 2 }),
    tabs[2].listen('room/1', { since: 'p0' }),
  ]
  await pass(3_000)
  expect(tabs.map(({ client }) => client.connection)).toEqual(
    tabs.map(() => ({ status: 'open', transport: 'websocket', reason: undefined, nextTryAt: undefined })),
  )
  expect(server.open.size).toBe(1)
  server.publish('room/1', 'k3', 3)
  await pass(100)
  expect(heard.map(({ log }) => log)).toEqual([[3], [1, 2, 3], [0, 1, 2, 3]])
  expect(heard.map(({ gapCount }) => gapCount)).toEqual([0, 0, 0])
})

test('Publications and requests are answered to the tab that made them, in its order', async () => {
  const { server, open, pass } = stage()
  const tabs = [open(), open(), open()]
  const answers = tabs.flatMap(({ client }, who) => [
    client.topic('room/1').publish([who, 1]),
    client.topic('room/1').publish([who, 2]),
    client.request('echo', who),
  ])
  await pass(1_000)
  expect((await Promise.all(answers)).filter(answer => Array.isArray(answer))).toEqual([
    ['echo', 0],
    ['echo', 1],
    ['echo', 2],
  ])
  const stored = server.list('room/1').map(({ data }) => data as [number, number])
  for (const who of [0, 1, 2]) expect(stored.filter(([by]) => by === who).map(([, n]) => n)).toEqual([1, 2])
})

test('A publication that is refused for now is not overtaken by later ones of its tab, whatever other tabs send', async () => {
  const { server, open, pass } = stage()
  const [one, other] = [open(), open()]
  await pass(500)
  server.isBusy = true
  const work = [1, 2, 3].map(n => one.client.topic('room/1').publish(['one', n]))
  const others = [1, 2, 3].map(n => other.client.topic('room/1').publish(['other', n]))
  await pass(3_000)
  await Promise.all([...work, ...others])
  const stored = server.list('room/1').map(({ data }) => data as [string, number])
  for (const who of ['one', 'other']) {
    expect(stored.filter(([by]) => by === who).map(([, n]) => n)).toEqual([1, 2, 3])
  }
})

test.each([
  ['closes its client', (tab: Tab) => tab.client.close()],
  ['crashes', (tab: Tab, server: ModelServer) => tab.crash(server)],
  [
    'is frozen, and is told so',
    (tab: Tab) => {
      tab.fake.fire('freeze')
      tab.freeze()
    },
  ],
  ['is kept for the way back', (tab: Tab) => tab.fake.fire('pagehide')],
  ['stands still without a word', (tab: Tab) => tab.freeze()],
] as const)('When the leader %s, another tab leads within 15 s, and nothing is missing', async (_, leave) => {
  const { server, open, pass } = stage()
  const [leader, ...others] = [open(), open(), open()] as const
  await pass(500)
  const heard = others.map(tab => tab.listen('room/1'))
  await pass(500)
  server.publish('room/1', 'a', 'before')
  await pass(200)
  leave(leader, server)
  const answer = others[0].client.topic('room/1').publish('meanwhile')
  await pass(15_000)
  await answer
  expect(others.map(({ client }) => client.status)).toEqual(['open', 'open'])
  for (const { log, gapCount } of heard) expect([log, gapCount]).toEqual([['before', 'meanwhile'], 0])
  expect(server.list('room/1')).toHaveLength(2)
})

test.each(['thaw', 'resume', 'pageshow'])(
  'A leader that comes back by %s follows the one that leads now',
  async how => {
    const { server, open, pass } = stage()
    const [leader, other] = [open(), open()]
    await pass(500)
    const heard = leader.listen('room/1')
    await pass(500)
    if (how === 'thaw') leader.freeze()
    else leader.fake.fire(how === 'resume' ? 'freeze' : 'pagehide')
    await pass(15_000)
    server.publish('room/1', 'a', 'meanwhile')
    if (how === 'thaw') leader.thaw()
    else leader.fake.fire(how)
    await pass(2_000)
    expect([heard.log, heard.gapCount]).toEqual([['meanwhile'], 0])
    expect([leader.client.status, other.client.status]).toEqual(['open', 'open'])
    expect(server.open.size).toBe(1)
  },
)

test('Two clients on one page with one URL share the connection as two tabs do', async () => {
  const { origin, server, tabs, pass } = stage()
  const page = origin.tab()
  const clients = [new Tab(server, page), new Tab(server, page)] as const
  tabs.push(...clients)
  const heard = clients.map(one => one.listen('room/1'))
  await pass(3_000)
  const answers = Promise.all(clients.map(({ client }, who) => client.topic('room/1').publish(who)))
  await pass(500)
  await answers
  expect(heard.map(({ log }) => (log as number[]).toSorted())).toEqual([
    [0, 1],
    [0, 1],
  ])
  expect(server.open.size).toBe(1)
  // One of them goes: the other one has the connection then.
  clients[0].client.close()
  await pass(3_000)
  server.publish('room/1', 'k', 2)
  await pass(500)
  expect(clients[1].client.status).toBe('open')
  expect([heard[0]?.log.length, heard[1]?.log.at(-1)]).toEqual([2, 2])
  expect(server.open.size).toBe(1)
})

test('When the connection is cut, all tabs resume on the next one', async () => {
  const { server, open, pass } = stage()
  const tabs = [open(), open(), open()]
  const heard = tabs.map(tab => tab.listen('room/1'))
  await pass(1_000)
  for (let n = 0; n < 5; n++) {
    for (const socket of server.open) socket.cut()
    server.publish('room/1', `k${n}`, n)
    await pass(12_000)
    expect(server.open.size).toBe(1)
  }
  for (const { log, gapCount } of heard) expect([log, gapCount]).toEqual([[0, 1, 2, 3, 4], 0])
})

test('Where history has moved past the place of one tab, only that one is told of a gap', async () => {
  const { server, open, pass } = stage()
  const first = open()
  const heard = first.listen('room/1')
  await pass(500)
  for (let n = 1; n <= 5; n++) server.publish('room/1', `k${n}`, n)
  await pass(500)
  server.oldest = 4
  const late = open().listen('room/1', { since: 'p1', last: 1 })
  await pass(3_000)
  server.publish('room/1', 'k6', 6)
  await pass(1_000)
  expect([heard.log, heard.gapCount]).toEqual([[1, 2, 3, 4, 5, 6], 0])
  // The first tab still has it.
  expect([late.log, late.gapCount]).toEqual([[2, 3, 4, 5, 6], 0])
  const foreign = open().listen('room/1', { since: 'p0', last: 1 })
  const stranger = open().listen('room/1', { since: 'p-1', last: 1 })
  await pass(5_000)
  server.publish('room/1', 'k7', 7)
  await pass(1_000)
  expect(foreign.gapCount).toBe(0)
  expect([stranger.log, stranger.gapCount]).toEqual([[6, 7], 1])
  expect([heard.log, heard.gapCount]).toEqual([[1, 2, 3, 4, 5, 6, 7], 0])
})

test('The leader keeps a bounded piece of each topic: a listener at an earlier position is served by the server', async () => {
  const { server, open, pass } = stage()
  const heard = open().listen('room/1')
  await pass(500)
  const long = 'x'.repeat(100_000)
  for (let n = 1; n <= 5; n++) server.publish('room/1', `k${n}`, [n, long])
  await pass(500)
  const subscribed = server.subscribedCount
  const late = open().listen('room/1', { since: 'p1' })
  const recent = open().listen('room/1', { since: 'p4' })
  await pass(3_000)
  expect(late.log.map(data => (data as [number])[0])).toEqual([2, 3, 4, 5])
  expect(recent.log).toHaveLength(1)
  expect(server.subscribedCount).toBe(subscribed + 1)
  server.publish('room/1', 'k6', [6])
  await pass(100)
  expect([heard.log.length, late.log.length, recent.log.length]).toEqual([6, 5, 2])
})

test('Where a topic is subscribed to anew for one tab and refused, all that listened are told that it has ended', async () => {
  const { server, open, pass } = stage()
  for (let n = 0; n < 2; n++) server.publish('room/1', `k${n}`, n)
  const tabs = [open(), open()] as const
  const ends: string[] = []
  const listen = (tab: Tab, since?: string) => {
    const room = tab.client.topic('room/1', since === undefined ? {} : { since })
    room.on('end', ({ code }) => ends.push(code))
  }
  listen(tabs[0])
  await pass(3_000)
  server.isForbidden = true
  listen(tabs[1], 'p0')
  await pass(3_000)
  expect(ends).toEqual(['forbidden', 'forbidden'])
})

test('The tabs are one member as long as one of them wants to be', async () => {
  const { server, open, pass } = stage()
  const plain = open()
  const heard = plain.listen('room/1')
  await pass(500)
  const present = open()
  const room = present.client.topic('room/1', { presence: { name: 'Ann' } })
  await pass(2_000)
  expect(room.presence).toBe('joined')
  expect(server.presence('room/1')).toEqual([{ name: 'Ann' }])
  server.publish('room/1', 'a', 1)
  await pass(100)
  room.close()
  await pass(2_000)
  expect(server.presence('room/1')).toEqual([])
  server.publish('room/1', 'b', 2)
  await pass(2_000)
  expect([heard.log, heard.gapCount]).toEqual([[1, 2], 0])
})

test.each(['state/load', 'room/1'])(
  'A tab that takes %s for what it is not is told, whoever subscribed first',
  async name => {
    const { open, pass } = stage()
    const tabs = [open(), open(), open(), open()]
    const told = tabs.map(({ client }) => {
      const errors: string[] = []
      client.on('error', ({ message }) => errors.push(message))
      return errors
    })
    for (const [at, { client }] of tabs.entries()) {
      if (at % 2 === 0) client.topic(name).on('publication', () => {})
      else client.state(name).subscribe(() => {})
      await pass(500)
    }
    const wrong = name === 'room/1' ? [1, 3] : [0, 2]
    expect(told.map(({ length }) => length)).toEqual(tabs.map((_, at) => (wrong.includes(at) ? 1 : 0)))
    expect(told[wrong[0] as number]?.[0]).toMatch(/has no (states|publications): use client/)
  },
)

test('A tab that waits for the answer to another one, which leaves meanwhile, is subscribed by itself', async () => {
  const { server, open, pass } = stage()
  const [one, other] = [open(), open()]
  for (let n = 0; n < 3; n++) server.publish('room/1', `k${n}`, n)
  await pass(1_000)
  const member = one.client.topic('room/1', { presence: 'me' })
  const { log } = other.listen('room/1', { last: 2 })
  await settled()
  member.close()
  await pass(5_000)
  expect(log).toEqual([1, 2])
})

test('A leader of many tabs has no more listeners on one signal than runtimes take for a leak', async () => {
  const { open, pass } = stage()
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  for (let n = 0; n < 12; n++) open()
  await pass(1_000)
  await new Promise(resolve => setImmediate(resolve))
  process.off('warning', warn)
  expect(warnings).toEqual([])
})

test('Where locks or channels are forbidden each tab has its own connection', async () => {
  const { origin, server, open, pass } = stage()
  origin.isForbidden = true
  const tabs = [open(), open()]
  await pass(1_000)
  expect(tabs.map(({ client }) => client.status)).toEqual(['open', 'open'])
  expect(server.open.size).toBe(2)
})

test('Where a page forbids WebSockets, its tabs come back after the server was away', async () => {
  const server = new ModelServer()
  const origin = new FakeOrigin()
  let isAway = true
  const clients = [origin.tab(), origin.tab()].map(fake => {
    const environment = new VirtualEnvironment()
    // The transport that the page may open in place of WebSockets is a socket of the model, too.
    const open: OpenLine = (context, handler) => {
      context.blocked.add(true)
      if (!isAway) return lineOf({ ...webSocketTransport, kind: 'event-stream' })(context, handler)
      const cancel = environment.setTimer(() => handler.onEnd({ code: 'not_opened' }, 0), 50)
      return { send() {}, probe() {}, end: cancel }
    }
    const options = { environment, WebSocket: server.webSocketOf(fake) }
    return { environment, client: startClient(url, options, shareLine(open, url, fake)) }
  })
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      for (const { environment } of clients) await environment.pass(100)
    }
  }
  await pass(3_000)
  expect(clients.map(({ client }) => client.connection.reason?.code)).toEqual(['not_opened', 'not_opened'])
  isAway = false
  await pass(60_000)
  expect(clients.map(({ client }) => client.status)).toEqual(['open', 'open'])
})

test.each([1, 2, 3, 4, 5, 6, 397, 398])(
  'Whatever happens to five tabs, each log is a piece of the topic without a hole (seed %i)',
  async seed => {
    const { server, open, pass } = stage()
    let state = seed
    const chance = (count: number) => {
      state = (state * 48_271) % 2_147_483_647
      return state % count
    }
    const begin = () => {
      const tab = open()
      const last = chance(3)
      const presence = chance(4) === 0 ? { presence: chance(100) } : {}
      return { tab, heard: tab.listen('room/1', { ...(last > 0 && { last }), ...presence }) }
    }
    let here = Array.from({ length: 5 }, begin)
    const all = [...here]
    let published = 0
    for (let step = 0; step < 60; step++) {
      const it = here[chance(here.length)] as (typeof here)[number]
      const what = chance(12)
      if (what < 5) server.publish('room/1', `s${published}`, published++)
      else if (what < 7 && !it.tab.stands)
        it.tab.client
          .topic('room/1')
          .publish(`t${published++}`)
          .catch(() => {})
      else if (what === 7) for (const socket of server.open) socket.cut()
      else if (what === 8 && here.length > 2) {
        it.tab.crash(server)
        here = here.filter(other => other !== it)
      } else if (what === 9) {
        if (it.tab.stands) it.tab.thaw()
        else it.tab.freeze()
      } else if (what === 10) {
        it.tab.client.close()
        here = here.filter(other => other !== it)
      }
      if (here.length < 5) {
        const begun = begin()
        here.push(begun)
        all.push(begun)
      }
      await pass(chance(2) === 0 ? 100 : 4_000)
    }
    for (const { tab } of here) if (tab.stands) tab.thaw()
    await pass(60_000)
    server.publish('room/1', 'end', 'end')
    await pass(5_000)
    const stored = server.list('room/1').map(({ data }) => data)
    expect(server.open.size).toBe(1)
    for (const { tab, heard } of all) {
      const { log, gapCount } = heard
      expect(gapCount).toBe(0)
      if (here.some(it => it.tab === tab)) expect(log.at(-1)).toBe('end')
      if (log.length > 0) {
        const from = stored.indexOf(log[0])
        expect(log).toEqual(stored.slice(from, from + log.length))
      }
    }
  },
  30_000,
)

test('What other code says on the channel ends nothing', async () => {
  const told = vi.spyOn(console, 'error').mockReturnValue()
  const { server, open, pass, origin } = stage()
  const tabs = [open(), open()]
  const heard = tabs.map(tab => tab.listen('room/1'))
  await pass(1_000)
  const other = new (origin.tab().BroadcastChannel)(`bothways ${url}`)
  const by = { by: 'nobody', to: null }
  const parts = [
    {},
    { message: null },
    { message: { type: 7 } },
    { message: { type: 'subscribe', id: 1, topic: 7 } },
  ]
  const garbage = [null, 'hello', 7, [], {}, by, ...parts.map(part => ({ from: 'nobody', ...part }))]
  for (const said of garbage) other.postMessage(said as never)
  await pass(1_000)
  await tabs[1]?.client.topic('room/1').publish('hi')
  await pass(1_000)
  expect(heard.map(({ log }) => log)).toEqual([['hi'], ['hi']])
  expect(server.open.size).toBe(1)
  told.mockRestore()
})
