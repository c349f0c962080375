import { nextEvent as next } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { type Server as BothwaysServer, createServer, type Message, WebSocket } from 'bothways'
import { afterEach, describe, expect, test } from 'vitest'
import { argumentsTextOf } from './encoded-parts.ts'
import type { Server, ServerOptions } from './index.ts'

const stage = new SocketIoStage()
const servers: BothwaysServer[] = []
const plain: WebSocket[] = []

afterEach(async () => {
  for (const socket of plain.splice(0)) socket.close()
  await stage.clear()
  await Promise.all(servers.splice(0).map(it => it.close()))
})

interface Bridge {
  readonly topics: BothwaysServer
  readonly io: Server
  readonly url: string
  readonly heard: unknown[]
  /** Waits until the plain subscriber has heard so much. */
  hear(count: number): Promise<unknown[]>
  say(text: string): void
}

/** A Socket.IO server whose rooms are the topics of a plain one, with a plain client that hears and talks. */
async function bridge(topic: string, options: Partial<ServerOptions> = {}): Promise<Bridge> {
  const topics = createServer()
  servers.push(topics)
  topics.route('/', {
    open: socket => {
      socket.subscribe(topic)
      socket.send('ready')
    },
    message: (socket, message: Message) => {
      socket.publish(topic, message)
    },
  })
  const { url: plainUrl } = await topics.listen()
  const socket = new WebSocket(plainUrl)
  plain.push(socket)
  socket.binaryType = 'arraybuffer'
  const heard: unknown[] = []
  const waiting = new Set<() => void>()
  const hear = async (count: number): Promise<unknown[]> => {
    while (heard.length < count) await new Promise<void>(resolve => waiting.add(resolve))
    return heard
  }
  const ready = new Promise<void>(resolve => {
    socket.addEventListener('message', event => {
      const { data } = event as MessageEvent
      if (data === 'ready') {
        resolve()
        return
      }
      heard.push(typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer))
      for (const wake of waiting) wake()
      waiting.clear()
    })
  })
  await ready
  const { io, url } = await stage.listen({ topics, ...options })
  return { topics, io, url, heard, hear, say: text => socket.send(text) }
}

describe('Rooms as topics', () => {
  test('What a plain client publishes reaches the clients in the room, as the event message', async () => {
    const { topics, io, url, say } = await bridge('news')
    io.on('connection', socket => {
      if (socket.handshake.auth.joins) void socket.join('news')
    })
    const inside = stage.connect(url, { auth: { joins: true } })
    const outside = stage.connect(url)
    outside.on('message', () => expect.unreachable('it is not in the room'))
    await Promise.all([next(inside, 'connect'), next(outside, 'connect')])
    const heard = next(inside, 'message')
    say('text ✓')
    expect(await heard).toEqual(['text ✓'])
    const bytes = next(inside, 'message')
    topics.publish('news', new Uint8Array([1, 2]))
    expect(await bytes).toEqual([Buffer.from([1, 2])])
    const over = next(outside, 'over')
    io.emit('over')
    await over
  })

  test('An event to the room reaches plain subscribers as JSON, and clients once', async () => {
    const { io, url, heard, hear } = await bridge('news')
    const got: unknown[] = []
    io.on('connection', socket => void socket.join('news'))
    const client = stage.connect(url)
    client.on('e', ((...args: unknown[]) => got.push(args)) as never)
    client.on('message', ((...args: unknown[]) => got.push(args)) as never)
    await next(client, 'connect')
    io.to('news').emit('e', 1, { two: ['[', '"'] })
    io.to(['news', 'other']).emit('e', Buffer.from([3]))
    io.to(client.id).emit('e', 'private')
    io.emit('e', 'to all')
    io.sockets.sockets.get(client.id)!.to('news').emit('e', 'others')
    await hear(4)
    const over = next(client, 'over')
    io.emit('over')
    await over
    expect(heard).toEqual([
      '["e",1,{"two":["[","\\""]}]',
      '["e",{"_placeholder":true,"num":0}]',
      Buffer.from([3]),
      '["e","others"]',
    ])
    expect(got).toEqual([[1, { two: ['[', '"'] }], [Buffer.from([3])], ['private'], ['to all']])
  })

  test('Rooms of another namespace are topics with its name', async () => {
    const { io, url, hear, say } = await bridge('/chat#room')
    io.of('/chat').on('connection', socket => void socket.join('room'))
    const client = stage.connect(`${url}/chat`)
    await next(client, 'connect')
    io.of('/chat').to('room').emit('e', [1])
    expect(await hear(1)).toEqual(['["e",[1]]'])
    const heard = next(client, 'message')
    say('x')
    expect(await heard).toEqual(['x'])
  })

  test.each([
    ['2["e",1]', '/', undefined, '["e",1]'],
    ['2/a[b],["e","["]', '/a[b]', undefined, '["e","["]'],
    ['51-/2,["e","x","id"]', '/2', 'id', '["e","x"]'],
    ['2["e","id"]', '/', 'id', '["e"]'],
  ])('The JSON of %s of %s is taken as it is', (encoded, namespace, offset, text) => {
    expect(argumentsTextOf(encoded, namespace, offset)).toBe(text)
  })

  test('What is for recovery is not for plain subscribers, and their messages are recovered', async () => {
    const { topics, io, url, hear } = await bridge('news', { connectionStateRecovery: {} })
    io.on('connection', socket => void socket.join('news'))
    const client = stage.connect(url)
    await next(client, 'connect')
    io.to('news').emit('e', 'x')
    expect(await hear(1)).toEqual(['["e","x"]'])
    const gone = new Promise(resolve => io.sockets.sockets.get(client.id)!.on('disconnect', resolve))
    client.io.engine.close()
    await gone
    // The room is empty meanwhile.
    topics.publish('news', 'missed')
    const missed = next(client, 'message')
    client.connect()
    expect((await missed)[0]).toBe('missed')
    while (!client.connected) await next(client, 'connect')
    expect(client.recovered).toBe(true)
  })

  test('An empty room listens to nothing', async () => {
    const { topics, io, url } = await bridge('other')
    const client = stage.connect(url)
    await next(client, 'connect')
    const socket = io.sockets.sockets.get(client.id)!
    void socket.join('news')
    expect(topics.publish('news', 'x')).toBe(1)
    expect(topics.publish(client.id, 'x')).toBe(0)
    void socket.leave('news')
    expect(topics.publish('news', 'x')).toBe(0)
    void socket.join('news')
    const gone = new Promise(resolve => socket.on('disconnect', resolve))
    client.disconnect()
    await gone
    expect(topics.publish('news', 'x')).toBe(0)
  })
})
