import { scriptedSockets } from '@bothways/test-support/scripted-server'
import { settled, VirtualEnvironment } from '@bothways/test-support/virtual-environment'
import { afterEach, expect, test, vi } from 'vitest'
import { type ClientOptions, createClient } from '../index.ts'

afterEach(() => vi.unstubAllGlobals())

type Answer = {
  status?: number
  body?: string | ReadableStream<Uint8Array>
  headers?: Record<string, string>
}

const wanted = JSON.stringify({ code: 'bad_request', message: 'Name at least one topic.', retryable: false })
const refused = (status: number, body: object): Answer => ({ status, body: JSON.stringify(body) })

/** A stream of which the test says what comes when. */
function stream() {
  let feed!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({
    start: controller => {
      feed = controller
    },
  })
  const encoder = new TextEncoder()
  return {
    body,
    say: (text: string) => feed.enqueue(encoder.encode(text)),
    bytes: (bytes: Uint8Array) => feed.enqueue(bytes),
    end: () => feed.close(),
  }
}

/** A client without WebSocket, and a server that answers as the test says. A request for no topic is welcome. */
function stage(
  answer: (url: URL, body?: string) => Answer | Promise<Answer>,
  options: ClientOptions = {},
  checkMs = 0,
) {
  const environment = new VirtualEnvironment()
  const asked: URL[] = []
  const fetch = async (text: string, { signal, body: posted }: { signal: AbortSignal; body?: string }) => {
    const url = new URL(text)
    const isCheck = url.pathname.endsWith('/poll') && !url.searchParams.has('topic')
    if (!isCheck) asked.push(url)
    else if (checkMs > 0) await new Promise<void>(resolve => environment.setTimer(resolve, checkMs))
    const {
      status = 200,
      body = '',
      headers,
    } = isCheck ? ({ status: 400, body: wanted } as Answer) : await answer(url, posted)
    signal.throwIfAborted()
    return new Response(body, { status, ...(headers && { headers }) })
  }
  // A WebSocket that is blocked, as by a Content Security Policy, throws or fires an `error` and no `close`.
  class Blocked {
    constructor() {
      throw new Error('blocked')
    }
  }
  const client = createClient('http://server/bothways', {
    environment,
    fetch: fetch as never,
    WebSocket: Blocked as never,
    ...options,
  })
  /** Time goes on until it is so; a step is long enough for what the runtime does by itself. */
  const until = async (isSo: () => boolean) => {
    for (let n = 0; n < 2_000 && !isSo(); n++) {
      await environment.pass(20)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(isSo()).toBe(true)
  }
  return { client, environment, asked, until }
}

const hanging = () => new Promise<Answer>(() => {})
const publication = (topic: string, n: number) =>
  `id: x\nevent: publication\ndata: ${JSON.stringify({ type: 'publication', topic, position: `a.${n}.x`, data: n, at: 1 })}\n\n`
const subscribed = (topic: string, position = 'a.0.x') =>
  `event: subscribed\ndata: ${JSON.stringify({ type: 'subscribed', topic, position })}\n\n`

test('Where a Content Security Policy lets a WebSocket fire `error` and nothing else, an event stream carries the topics', async () => {
  const { sockets, WebSocket } = scriptedSockets()
  const live = stream()
  const { client, until } = stage(() => ({ body: live.body }), { WebSocket })
  const log: unknown[] = []
  client.topic('room').on('publication', ({ data }) => log.push(data))
  live.say(`: welcome\n\n${subscribed('room')}${publication('room', 1)}`)
  await until(() => {
    const socket = sockets.at(-1)
    if (socket?.readyState === 0 && client.status === 'connecting') socket.emit('error', {})
    return log.length > 0
  })
  expect([log, client.connection.transport]).toEqual([[1], 'event-stream'])
  client.close()
})

test('A stream that is cut in the middle of an event gives nothing of it, and goes on behind the last whole one', async () => {
  const bodies = [stream(), stream()] as const
  let count = 0
  const { client, asked, until } = stage(() => ({ body: bodies[count++]?.body ?? stream().body }))
  const log: unknown[] = []
  const room = client.topic('房间')
  room.on('publication', ({ data }) => log.push(data))
  room.on('gap', () => log.push('gap'))
  const whole = new TextEncoder().encode(
    `: welcome\n\n${subscribed('房间')}${publication('房间', 1)}${publication('房间', 2)}`,
  )
  // Byte by byte, also within a character, up to the last but one.
  for (let at = 0; at < whole.length - 1; at++) bodies[0].bytes(whole.subarray(at, at + 1))
  await until(() => log.length === 1)
  bodies[0].end()
  bodies[1].say(`: welcome\n\n${subscribed('房间', 'a.1.x')}${publication('房间', 2)}`)
  await until(() => log.length === 2)
  expect(log).toEqual([1, 2])
  expect(asked.map(url => url.searchParams.get('position'))).toEqual(['', 'a.1.x'])
  client.close()
})

test.each([
  'data: {\n\n',
  'data: null\n\n',
  'data: 7\n\n',
  'data: {"type":"publication","topic":"room","position":7}\n\n',
  'data: {"type":"members","topic":"room","members":[null]}\n\n',
  'data: {"type":"joined","topic":"room","member":7}\n\n',
  '\u0000\uffff'.repeat(2 ** 23 + 1),
])(
  'Garbage in an event stream ends the connection, is given to nobody, and is no tight loop (%#)',
  async text => {
    let count = 0
    const { client, asked, environment, until } = stage(() => {
      const live = stream()
      live.say(`: welcome\n\n${subscribed('room')}`)
      // The long one once.
      if (text.length < 1_000 || count++ === 0) live.say(text)
      return { body: live.body }
    })
    const room = client.topic('room')
    const told: unknown[] = []
    room.on('publication', it => told.push(it))
    room.on('members', it => told.push(it))
    await until(() => client.connection.reason?.code === 'lost')
    await environment.pass(20_000)
    expect([told, asked.length < 20]).toEqual([[], true])
    client.close()
    expect(environment.timerCount).toBe(0)
  },
)

test.each([
  '',
  '<h1>Welcome to our hotel</h1>',
  'null',
  '[]',
  '{"messages":7}',
  '{"messages":[null],"positions":{}}',
])('Garbage in place of a poll ends the connection, and is no tight loop: %s', async body => {
  const { client, asked, environment, until } = stage(url =>
    url.pathname.endsWith('/events') ? { body: new ReadableStream() } : { body },
  )
  client.topic('room').on('publication', () => {})
  await until(() => asked.some(({ pathname }) => pathname.endsWith('/poll')))
  const before = asked.length
  await until(() => client.status === 'waiting')
  await environment.pass(20_000)
  expect(asked.length - before).toBeLessThan(20)
  client.close()
  expect(environment.timerCount).toBe(0)
})

test.each([
  ['LF', '\n'],
  ['CR', '\r'],
  ['CR LF', '\r\n'],
])(
  'Events are read as HTML says, from whichever server: lines that end with %s, data in pieces, no space',
  async (_, end) => {
    const live = stream()
    const { client, until } = stage(() => ({ body: live.body }))
    const log: unknown[] = []
    client.topic('room').on('publication', ({ data }) => log.push(data))
    const event =
      'data:{"type":"publication","topic":"room",\ndata: "position":"a.1.x",\ndata\ndata:"data":"a\u2028b","at":1}\n\n'
    live.say(`: welcome\n\n${subscribed('room')}`.replaceAll('\n', end))
    for (const byte of new TextEncoder().encode(event.replaceAll('\n', end))) live.bytes(Uint8Array.of(byte))
    live.say(`:${end}`)
    await until(() => log.length > 0)
    expect(log).toEqual(['a\u2028b'])
    client.close()
  },
)

test.each(['soon', '', '-1', '1e3', '0x10'])('A time to come back of %j is none', async time => {
  const live = stream()
  const { client, until } = stage(() => ({ body: live.body }))
  const log: unknown[] = []
  client.topic('room').on('publication', ({ data }) => log.push(data))
  live.say(`: welcome\n\n${subscribed('room')}retry: ${time}\n\n${publication('room', 1)}`)
  await until(() => log.length > 0)
  expect(client.status).toBe('open')
  client.close()
})

test.each(['constructor', '__proto__'])(
  'A topic without history may be called %s, also in polls',
  async name => {
    const { client, environment, until } = stage(url =>
      url.pathname.endsWith('/events')
        ? { body: new ReadableStream() }
        : { body: '{"messages":[],"positions":{}}' },
    )
    const topic = client.topic(name)
    topic.on('publication', () => {})
    await until(() => client.connection.transport === 'long-poll')
    await environment.pass(3_000)
    expect([client.status, topic.status]).toEqual(['open', 'subscribed'])
    client.close()
  },
)

test.each([
  ['7', 7_000],
  ['86400', 300_000],
])(
  'A proxy that is busy and says `Retry-After: %s` is come back to after that, not by all at once',
  async (seconds, leastMs) => {
    const { client, environment, until } = stage(() => ({
      status: 503,
      body: '<h1>Busy</h1>',
      headers: { 'Retry-After': seconds },
    }))
    client.topic('room').on('publication', () => {})
    environment.chance = 0.5
    await until(() => client.status === 'waiting' && client.connection.reason?.code === 'busy')
    expect(client.connection.reason).toMatchObject({ code: 'busy', retry: leastMs * 1.5 })
    client.close()
  },
)

test.each([
  [429, 'rate_limited', 'busy'],
  [503, 'unavailable', 'busy'],
  [403, 'forbidden', 'forbidden'],
  [404, 'unknown_topic', 'not_opened'],
])('A server that refuses to open with %i %s is told as %s', async (status, code, told) => {
  const answer = { status, body: JSON.stringify({ code, message: 'Because.', retryable: false }) }
  const fetch = async () => new Response(answer.body, { status })
  const { client, until } = stage(hanging, { fetch: fetch as never })
  client.on('status', () => {})
  await until(() => client.connection.reason?.help.includes('Because.') === true)
  expect(client.connection.reason?.code).toBe(told)
  client.close()
})

test('A publication that is refused for now waits as long as the header of the answer says', async () => {
  let count = 0
  const { client, environment, until } = stage(url => {
    if (!url.pathname.endsWith('/publish')) return hanging()
    if (++count > 1) return { body: '{"position":"a.1.x"}' }
    return {
      ...refused(429, { code: 'busy', message: '', retryable: true }),
      headers: { 'Retry-After': '7' },
    }
  })
  environment.chance = 0
  const published = client.topic('room').publish(1)
  await until(() => count === 1)
  await environment.pass(6_900)
  expect(count).toBe(1)
  await until(() => count === 2)
  expect(await published).toBe('a.1.x')
  client.close()
})

test('Behind a publication that is refused for now none of its topic overtakes it', async () => {
  const taken: string[] = []
  const { client, until } = stage((url, body = '') => {
    if (!url.pathname.endsWith('/publish')) return hanging()
    const { topic, data } = JSON.parse(body)
    taken.push(`${topic} ${data}`)
    if (taken.length === 1) return refused(429, { code: 'rate_limited', message: '', retryable: true })
    return { body: '{"position":"a.1.x"}' }
  })
  const room = client.topic('room')
  const published = Promise.all([1, 2, 3].map(data => room.publish(data)))
  const elsewhere = client.topic('hall').publish(1)
  await until(() => taken.length === 5)
  await Promise.all([published, elsewhere])
  expect(taken).toEqual(['room 1', 'hall 1', 'room 1', 'room 2', 'room 3'])
  client.close()
})

test('Closed by a listener that hears that a fallback opened, it tries no WebSocket beside it', async () => {
  const { sockets, WebSocket } = scriptedSockets()
  const { client, environment, until } = stage(hanging, { WebSocket })
  client.on('status', ({ status }) => status === 'open' && client.close())
  await until(() => {
    const socket = sockets.at(-1)
    if (socket?.readyState === 0 && client.status === 'connecting') socket.emit('error', {})
    return client.status === 'closed'
  })
  const { length } = sockets
  expect(environment.timerCount).toBe(0)
  await environment.pass(60_000)
  expect(sockets.length).toBe(length)
})

test.each(['event-stream', 'long-poll'])(
  'A listener that subscribes anew from where it is misses nothing of what came with it (%s)',
  async kind => {
    const news = [1, 2].map(n => ({
      type: 'publication',
      topic: 'room',
      position: `a.${n}.x`,
      data: n,
      at: 1,
    }))
    const live = stream()
    live.say(`: welcome\n\n${subscribed('room')}${publication('room', 1)}${publication('room', 2)}`)
    const bodies = [live.body, JSON.stringify({ messages: news, positions: { room: 'a.2.x' } })]
    const { client, asked, until } = stage(url => {
      if (!url.pathname.endsWith(kind === 'long-poll' ? '/poll' : '/events')) return { body: stream().body }
      if (url.searchParams.get('position') !== '') return hanging()
      return { body: bodies[kind === 'long-poll' ? 1 : 0] as string }
    })
    const room = client.topic('room')
    room.on('publication', ({ position }) => {
      room.close()
      client.topic('room', { since: position as string }).on('publication', () => {})
    })
    await until(() => asked.some(url => url.searchParams.get('position') !== ''))
    expect(asked.at(-1)?.searchParams.get('position')).toBe('a.1.x')
    client.close()
  },
)

test('A listener that subscribes again as a topic is refused is answered', async () => {
  let count = 0
  const live = stream()
  live.say(`: welcome\n\n${subscribed('room')}`)
  const { client, until } = stage(() =>
    ++count === 1 ? refused(403, { code: 'forbidden', message: '', retryable: false }) : { body: live.body },
  )
  const room = client.topic('room')
  room.on('end', () => {})
  room.on('status', status => status === 'ended' && room.on('publication', () => {}))
  await until(() => room.status === 'subscribed')
  client.close()
})

test('A refusal that names a topic is of that one alone', async () => {
  const live = stream()
  live.say(`: welcome\n\n${subscribed('room')}${publication('room', 1)}`)
  const { client, asked, until } = stage(url =>
    url.searchParams.getAll('topic').includes('secret')
      ? refused(403, { code: 'forbidden', message: 'No.', retryable: false, topic: 'secret' })
      : { body: live.body },
  )
  const log: unknown[] = []
  client.topic('room').on('publication', ({ data }) => log.push(data))
  client.topic('secret').on('end', ({ code }) => log.push(code))
  await until(() => log.length === 2)
  expect(log).toEqual(['forbidden', 1])
  expect(asked).toHaveLength(2)
  client.close()
})

test('A refusal for now ends no subscription: it is asked again, with waits that grow, and nothing is lost', async () => {
  let isBusy = false
  const opened: ReturnType<typeof stream>[] = []
  const { client, asked, environment, until } = stage(() => {
    if (isBusy) return refused(503, { code: 'unavailable', message: 'The broker is away.', retryable: true })
    const live = stream()
    opened.push(live)
    return { body: live.body }
  })
  const log: unknown[] = []
  const room = client.topic('room')
  room.on('publication', ({ data }) => log.push(data))
  room.on('end', () => log.push('end'))
  room.on('gap', () => log.push('gap'))
  await until(() => opened.length === 1)
  opened[0]?.say(`: welcome\n\n${subscribed('room')}${publication('room', 1)}`)
  await until(() => log.length === 1)
  // Another topic makes the request anew.
  isBusy = true
  client.topic('other').on('publication', () => {})
  await until(() => asked.length === 3)
  await environment.pass(4_000)
  expect(asked.length).toBeLessThan(10)
  isBusy = false
  await until(() => opened.length === 2)
  opened[1]?.say(`: welcome\n\n${subscribed('room', 'a.1.x')}${publication('room', 2)}`)
  await until(() => log.length === 2)
  expect(log).toEqual([1, 2])
  expect(asked.at(-1)?.searchParams.getAll('position')).toEqual(['a.1.x', ''])
  client.close()
})

test('Topics beyond fifty go by further requests, at most four; one more ends as queue_full', async () => {
  const { client, asked, until } = stage(hanging)
  const ended: string[] = []
  for (let n = 0; n < 203; n++) {
    client.topic(`room/${n}`).on('end', ({ code }) => ended.push(`${n} ${code}`))
  }
  await until(() => asked.length === 4)
  expect(asked.map(({ searchParams }) => searchParams.getAll('topic').length)).toEqual([50, 50, 50, 50])
  expect(ended).toEqual(['200 queue_full', '201 queue_full', '202 queue_full'])
  client.close()
})

test('Long names go by further requests before there are fifty', async () => {
  const { client, asked, until } = stage(hanging)
  for (let n = 0; n < 20; n++) client.topic(`${n}${'长'.repeat(80)}`).on('publication', () => {})
  await until(() => asked.length === 3)
  for (const { searchParams } of asked) {
    const bytes = searchParams.getAll('topic').reduce((sum, name) => sum + Buffer.byteLength(name), 0)
    expect(bytes).toBeLessThanOrEqual(2048)
  }
  client.close()
})

test('A publication on a connection that went silent goes again by its key, while other requests are answered', async () => {
  const { client, environment, asked, until } = stage(url => {
    if (!url.pathname.endsWith('/publish')) return { body: new ReadableStream() }
    const isFirst = asked.filter(({ pathname }) => pathname === url.pathname).length === 1
    return isFirst ? hanging() : { body: JSON.stringify({ position: 'a.1.x' }) }
  })
  const begunAt = environment.now()
  let outcome: unknown
  client
    .topic('room')
    .publish('one')
    .then(
      position => (outcome = position),
      error => (outcome = error),
    )
  await until(() => asked.length > 0)
  await environment.pass(30_000)
  expect(client.status).toBe('open')
  await until(() => outcome !== undefined)
  expect(outcome).toBe('a.1.x')
  // Long before its key is forgotten.
  expect(environment.now() - begunAt).toBeLessThan(60_000)
  client.close()
})

test('Each poll asks for another topic first, since one that fills each answer would keep the others waiting', async () => {
  const { client, asked, until } = stage(url =>
    url.pathname.endsWith('/events')
      ? { body: new ReadableStream() }
      : { body: JSON.stringify({ messages: [], positions: { a: 'x.0', b: 'x.0', c: 'x.0' } }) },
  )
  for (const name of ['a', 'b', 'c']) client.topic(name).on('publication', () => {})
  const polled = () => asked.filter(({ pathname }) => pathname.endsWith('/poll'))
  await until(() => polled().length > 3)
  const orders = polled().map(({ searchParams }) => searchParams.getAll('topic').join(''))
  expect(orders.slice(0, 4)).toEqual(['abc', 'bca', 'cab', 'abc'])
  client.close()
})

test('A poll that says when to come back is a goodbye', async () => {
  let isLeaving = false
  const { client, until } = stage(url => {
    if (url.pathname.endsWith('/events')) return { body: new ReadableStream() }
    if (!isLeaving && url.searchParams.get('waitMs') !== '0') return hanging()
    return {
      body: JSON.stringify({
        messages: [],
        positions: { room: 'a.0.x' },
        ...(isLeaving && { retryAfterMs: 4_321 }),
      }),
    }
  })
  const room = client.topic('room')
  await Promise.all([room.ready(), until(() => room.status === 'subscribed')])
  isLeaving = true
  client.topic('other').on('publication', () => {})
  await until(() => client.status === 'waiting')
  expect(client.connection.reason).toMatchObject({ code: 'leaving', retry: 4_321 })
  client.close()
})

test('While a fallback does not answer, a WebSocket is tried beside it, and taken', async () => {
  const { sockets, WebSocket } = scriptedSockets()
  const environment = new VirtualEnvironment()
  const never = () => new Promise<never>(() => {})
  const client = createClient('http://server/bothways', { environment, WebSocket, fetch: never })
  for (let n = 0; n < 2; n++) {
    sockets.at(-1)?.cut()
    await environment.pass(1_000)
  }
  expect(sockets).toHaveLength(2)
  await environment.pass(5_000)
  expect(sockets).toHaveLength(3)
  await sockets[2]?.welcome()
  expect(client.connection).toMatchObject({ status: 'open', transport: 'websocket' })
  client.close()
  expect(environment.timerCount).toBe(0)
})

test('A WebSocket that is tried while a fallback opens stays the one that is tried, and takes over once', async () => {
  const { sockets, WebSocket } = scriptedSockets()
  let answer = (_: Response) => {}
  const environment = new VirtualEnvironment()
  const fetch = () => new Promise<Response>(resolve => (answer = resolve))
  const client = createClient('http://server/bothways', { environment, WebSocket, fetch: fetch as never })
  for (let n = 0; n < 2; n++) {
    sockets.at(-1)?.cut()
    await environment.pass(1_000)
  }
  await environment.pass(5_000)
  expect(sockets).toHaveLength(3)
  answer(new Response(wanted, { status: 400 }))
  for (let n = 0; n < 100 && client.status !== 'open'; n++) {
    await environment.pass(1)
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(client.connection.transport).toBe('event-stream')
  await environment.pass(6_000)
  expect(sockets).toHaveLength(3)
  client.topic('room').on('publication', () => {})
  await sockets[2]?.welcome()
  expect(client.connection.transport).toBe('websocket')
  expect(sockets[2]?.taken('subscribe')).toHaveLength(1)
  client.close()
  expect(environment.timerCount).toBe(0)
})

// Storage, locks and channels that a page may lack

const forbidden = () => {
  throw new DOMException('forbidden', 'SecurityError')
}

test.each([
  ['localStorage that throws when it is looked at', { navigator: {}, document: {} }, 'look'],
  [
    'a storage that throws when it is used',
    {
      navigator: {},
      document: {},
      localStorage: { getItem: forbidden, setItem: forbidden, removeItem: forbidden },
    },
    '',
  ],
  [
    'a storage with something else in it',
    { navigator: {}, document: {}, localStorage: { getItem: () => '{"a":', setItem() {}, removeItem() {} } },
    '',
  ],
  ['no locks', { navigator: {}, BroadcastChannel }, ''],
  ['no BroadcastChannel', { navigator: { locks: {} }, BroadcastChannel: undefined }, ''],
  ['no navigator', { navigator: undefined }, ''],
  [
    'locks that throw',
    {
      navigator: { locks: { request: async () => forbidden() } },
      BroadcastChannel: class {
        postMessage() {}
        close() {}
      },
    },
    '',
  ],
  [
    'a BroadcastChannel that throws',
    { navigator: { locks: { request: async () => {} } }, BroadcastChannel: forbidden },
    '',
  ],
])('With %s each client has its own connection', async (_, globals, how) => {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
  if (how === 'look') {
    vi.stubGlobal('localStorage', undefined)
    Object.defineProperty(globalThis, 'localStorage', { get: forbidden, configurable: true })
  }
  const environment = new VirtualEnvironment()
  const { sockets, WebSocket } = scriptedSockets()
  const client = createClient('http://server/bothways', { environment, WebSocket, share: 'tabs' })
  for (let n = 0; n < 20 && sockets.length === 0; n++) await environment.pass(10)
  await sockets.at(-1)?.welcome()
  await settled()
  expect([client.status, sockets.length]).toEqual(['open', 1])
  client.close()
})

test('Node.js, which has a storage that warns whoever looks at it, is left alone', () => {
  const looked = vi.fn()
  vi.stubGlobal('localStorage', undefined)
  Object.defineProperty(globalThis, 'localStorage', { get: looked, configurable: true })
  const { WebSocket } = scriptedSockets()
  createClient('http://server/bothways', { environment: new VirtualEnvironment(), WebSocket }).close()
  expect(looked).not.toHaveBeenCalled()
})

test('Where all is slow a stream is not taken for one that is held back: it has the time that opening took, and more', async () => {
  const live = stream()
  const { client, environment, until } = stage(
    url => (url.pathname.endsWith('/events') ? { body: live.body } : hanging()),
    {},
    8_000,
  )
  client.topic('room').on('publication', () => {})
  await until(() => client.status === 'open')
  await environment.pass(12_000)
  expect(client.connection).toMatchObject({ status: 'open', transport: 'event-stream' })
  await until(() => client.connection.reason?.code === 'buffered')
  client.close()
})
