import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createHub,
  createServer,
  type HubOptions,
  MemoryBroker,
  TopicsHttp,
  topicsRoute,
  WebSocket,
} from 'bothways'
import { io as connectIo, type Socket as IoClient } from 'socket.io-client'
import { afterEach, expect, test } from 'vitest'
import { meetTopics, Server, type ServerOptions } from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** One process with one port: plain sockets at `/raw`, `bothways.v1` and HTTP at `/bothways`, Socket.IO. */
async function startProcess(
  broker = new MemoryBroker(),
  topics: HubOptions<string>['topics'] = {
    'room/:id': { raw: true, socketio: { event: 'message' }, history: { count: 100, ageMs: 60_000 } },
    'own/:user': { socketio: true, authorize: (user, _action, topic) => topic === `own/${user}` },
    'closed/:id': {},
  },
  options: Partial<ServerOptions> = {},
) {
  const refusals: string[] = []
  const hub = createHub<string>({ topics, broker, userId: user => user })
  const http = createHttpServer()
  const over = new TopicsHttp(hub, { authenticate: () => ({ user: 'http' }) })
  const server = createServer<string>({ authenticate: () => 'raw' }).meet(hub)
  server.route('/bothways', topicsRoute(hub))
  server.route('/raw', {
    open: socket => socket.subscribe('room/1'),
    message: (socket, message) => void socket.publish('room/1', message),
  })
  server.attach(http)
  const io = new Server(http, options)
  meetTopics(io, hub, {
    userOf: ({ handshake }) => String(handshake.auth.user),
    onRefused: ({ client, action, topic, error }) =>
      refusals.push(`${client?.user} ${action} ${topic} ${error.code}`),
  })
  http.prependListener('request', (request, response) => {
    if (request.url?.startsWith('/bothways/')) over.handle(request, response)
  })
  io.on('connection', socket => {
    socket.on('join', async (room: string, done: () => void) => {
      await socket.join(room)
      done()
    })
    socket.on('leave', (room: string, done: () => void) => {
      void socket.leave(room)
      done()
    })
    socket.on('say', (room: string, ...args: [string]) => void socket.to(room).emit(...args))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  cleanups.push(
    () => http.closeAllConnections(),
    () => server.close({ timeoutMs: 0 }),
    () => io.close(),
    () => hub.close({ spreadMs: 0 }),
  )
  const base = `127.0.0.1:${port}`
  return {
    hub,
    io,
    refusals,
    base,
    async client(user: string, room?: string) {
      const socket = connectIo(`http://${base}`, {
        auth: { user },
        forceNew: true,
        reconnection: false,
        transports: ['websocket'],
      })
      cleanups.push(() => socket.close())
      const events: unknown[][] = []
      socket.onAny((...args: unknown[]) => events.push(args))
      await once(socket as unknown as NodeJS.EventEmitter, 'connect')
      if (room !== undefined) await ask(socket, 'join', room)
      return { socket, events, got: (expected: unknown[][]) => expect.poll(() => events).toEqual(expected) }
    },
    async plain(path: string, protocols: string[] = []) {
      const socket = new WebSocket(`ws://${base}/${path}`, protocols)
      cleanups.push(() => socket.close())
      const messages: string[] = []
      socket.addEventListener('message', ({ data }) => messages.push(String(data)))
      await once(socket, 'open')
      return { socket, messages }
    },
  }
}

const ask = (socket: IoClient, ...args: [string, ...unknown[]]) =>
  new Promise<void>(resolve => socket.emit(...args, resolve))

test('A client of Socket.IO, a raw one, an event stream and one of bothways.v1 meet in one room', async () => {
  const { hub, client, plain, base } = await startProcess()
  const modern = await plain('bothways', ['bothways.v1'])
  modern.socket.send('{"type":"subscribe","id":1,"topic":"room/1"}')
  const raw = await plain('raw')
  const stream = await fetch(`http://${base}/bothways/events?topic=room/1`)
  let streamed = ''
  const reading = (async () => {
    for await (const chunk of stream.body as ReadableStream<Uint8Array>)
      streamed += new TextDecoder().decode(chunk)
  })().catch(() => undefined)
  const one = await client('one', 'room/1')
  await expect.poll(() => hub.topic('room/1').subscriberCount).toBe(4)

  modern.socket.send('{"type":"publish","id":2,"topic":"room/1","data":"from bothways.v1"}')
  await expect.poll(() => one.events.length).toBe(1)
  raw.socket.send('{"from":"raw"}')
  await expect.poll(() => one.events.length).toBe(2)
  one.socket.emit('say', 'room/1', 'message', 'from Socket.IO')
  one.socket.emit('say', 'room/1', 'typed', 'an event', 2)
  await expect.poll(() => raw.messages.length).toBe(3)
  await fetch(`http://${base}/bothways/publish`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"topic":"room/1","data":"over HTTP"}',
  })
  const all = [
    'from bothways.v1',
    { from: 'raw' },
    'from Socket.IO',
    { event: 'typed', args: ['an event', 2] },
    'over HTTP',
  ]
  await one.got([
    ['message', all[0]],
    ['message', all[1]],
    ['message', all[4]],
  ])
  await expect.poll(() => raw.messages.map(text => JSON.parse(text))).toEqual([all[0], ...all.slice(2)])
  const published = (texts: string[]) =>
    texts.map(text => JSON.parse(text)).flatMap(({ type, data }) => (type === 'publication' ? [data] : []))
  await expect.poll(() => published(modern.messages)).toEqual(all)
  const lines = () => Array.from(streamed.matchAll(/^data: ?(.*)$/gm), ([, text = '']) => text)
  await expect.poll(() => published(lines())).toEqual(all)
  expect((await hub.topic('room/1').history()).map(({ data }) => data)).toEqual(all)
  await stream.body?.cancel().catch(() => undefined)
  void reading
})

test('What a room says reaches those of other servers once, and not who is left out', async () => {
  const broker = new MemoryBroker()
  const [first, second] = [await startProcess(broker), await startProcess(broker)]
  const [a, b] = [await first.client('a', 'room/1'), await first.client('b', 'room/1')]
  const c = await second.client('c', 'room/1')
  a.socket.emit('say', 'room/1', 'greeting', 'from a')
  await b.got([['greeting', 'from a']])
  await c.got([['greeting', 'from a']])
  first.io
    .to('room/1')
    .except(c.socket.id as string)
    .emit('news', 1)
  first.io.to(['room/1', 'plain']).emit('message', 'last')
  await c.got([
    ['greeting', 'from a'],
    ['message', 'last'],
  ])
  await b.got([
    ['greeting', 'from a'],
    ['news', 1],
    ['message', 'last'],
  ])
  await a.got([
    ['news', 1],
    ['message', 'last'],
  ])
})

test('join(userInput) reaches nothing that was not opened, and authorize is asked for what was', async () => {
  const { hub, client, refusals, io } = await startProcess()
  const a = await client('a', 'closed/1')
  await client('b', 'closed/1')
  await ask(a.socket, 'join', 'own/b')
  expect(refusals).toEqual(['a subscribe own/b forbidden'])
  expect([...(io.sockets.adapter.rooms.keys() as Iterable<string>)]).not.toContain('own/b')
  a.socket.emit('say', 'own/b', 'x', 1)
  await expect.poll(() => refusals).toEqual(['a subscribe own/b forbidden', 'a publish own/b forbidden'])
  await hub.topic('closed/1').publish({ event: 'secret', args: [] })
  await hub.topic('own/b').publish({ event: 'secret', args: [] })
  await ask(a.socket, 'join', 'own/a')
  await hub.topic('own/a').publish('no event, and none is declared for it')
  await hub.topic('own/a').publish({ event: 'mine', args: [1] })
  await a.got([['mine', 1]])
  io.to('room/1').emit('bytes', new Uint8Array(1))
  await expect.poll(() => refusals.at(-1)).toBe('undefined publish room/1 invalid_data')
})

test('Who leaves, disconnects or loses a right is in the topic no longer', async () => {
  let may = true
  const { hub, client } = await startProcess(new MemoryBroker(), {
    'room/:id': { socketio: true, authorize: () => may },
  })
  const count = () => hub.topic('room/1').subscriberCount
  const a = await client('a', 'room/1')
  expect(count()).toBe(1)
  await ask(a.socket, 'leave', 'room/1')
  expect(count()).toBe(0)
  await ask(a.socket, 'join', 'room/1')
  may = false
  await hub.revoke('a')
  await expect.poll(count).toBe(0)
  may = true
  await ask(a.socket, 'join', 'room/1')
  expect(count()).toBe(1)
  const gone = once(a.socket as unknown as NodeJS.EventEmitter, 'disconnect')
  await hub.disconnect({ user: 'a' })
  await gone
  await expect.poll(count).toBe(0)
  expect(hub.clients.count).toBe(0)
})

test('Who has gone still speaks as the user that it was, and the program as nobody, whomever it leaves out', async () => {
  const { hub, io, client, refusals } = await startProcess(new MemoryBroker(), {
    'own/:user': {
      socketio: { event: 'message' },
      history: { count: 10, ageMs: 60_000 },
      authorize: (user, action, topic) => action !== 'publish' || topic === `own/${user}`,
    },
  })
  io.on('connection', socket => {
    socket.on('disconnect', () => void socket.to('own/b').emit('message', 'I am gone'))
  })
  const [a, b] = [await client('a', 'own/b'), await client('b', 'own/b')]
  io.to('own/b')
    .except(a.socket.id as string)
    .emit('message', 'not for a')
  await b.got([['message', 'not for a']])
  a.socket.close()
  await expect.poll(() => refusals).toEqual(['a publish own/b forbidden'])
  b.socket.close()
  await expect
    .poll(async () => (await hub.topic('own/b').history()).map(({ data }) => data))
    .toEqual(['not for a', 'I am gone'])
  expect(hub.clients.count).toBe(0)
})

test('A room that a client joins before it is let in is its own once it is', async () => {
  const { hub, io, client } = await startProcess()
  io.use((socket, next) => {
    void socket.join(['room/1', 'plain'])
    if (socket.handshake.auth.user === 'refused') next(new Error('no'))
    else next()
  })
  const a = await client('a')
  await expect.poll(() => hub.topic('room/1').subscriberCount).toBe(1)
  const refused = client('refused')
  refused.catch(() => undefined)
  await hub.topic('room/1').publish('for a')
  io.to('plain').emit('plain')
  await a.got([['message', 'for a'], ['plain']])
  a.socket.close()
  await expect.poll(() => hub.topic('room/1').subscriberCount).toBe(0)
})

test('What looks like an event that only the library sends is data like any other', async () => {
  const { hub, client } = await startProcess()
  const a = await client('a', 'room/1')
  const forged = ['disconnect', 'connect_error'].map(event => ({ event, args: ['forged'] }))
  for (const data of forged) await hub.topic('room/1').publish(data)
  await a.got(forged.map(data => ['message', data]))
})

test('Who was in a room of the hub begins anew after a break, since nobody has kept for it what it may see', async () => {
  const { hub, io, client } = await startProcess(new MemoryBroker(), undefined, {
    connectionStateRecovery: {},
  })
  const [a, plain] = [await client('a', 'room/1'), await client('plain', 'other')]
  for (const { socket } of [a, plain]) {
    const gone = once(io.sockets.sockets.get(socket.id as string) as NodeJS.EventEmitter, 'disconnect')
    socket.io.engine.close()
    await gone
  }
  await hub.topic('room/1').publish('missed')
  for (const { socket } of [a, plain]) {
    const connected = once(socket as unknown as NodeJS.EventEmitter, 'connect')
    socket.connect()
    await connected
  }
  expect([a.socket.recovered, plain.socket.recovered]).toEqual([false, true])
})
