import type { Socket as NetSocket } from 'node:net'
import { nextEvent as next, socketIoWays } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterEach, describe, expect, test } from 'vitest'
import { Adapter, Server, type Socket } from './index.ts'

// Undocumented names and behaviour that the tests of npm's socket.io look at, and some programs too.
const stage = new SocketIoStage()

afterEach(() => stage.clear())

async function joined(options: object = {}): Promise<{ io: Server; socket: Socket }> {
  const { io, url } = await stage.listen(options)
  const connected = new Promise<Socket>(resolve => io.on('connection', resolve))
  stage.connect(url)
  return { io, socket: await connected }
}

describe('Inner names', () => {
  test('eio is the engine', async () => {
    const { io } = await stage.listen({ pingTimeout: 6_000 })
    expect(io.eio).toBe(io.engine)
    expect(io.eio.opts.pingTimeout).toBe(6_000)
  })

  test('A broadcast knows its rooms and flags', () => {
    const operator = new Server().local.compress(false).to(['a', 'b']).except('c')
    operator.volatile.to('d').except('e')
    expect(operator).toMatchObject({
      rooms: new Set(['a', 'b']),
      exceptRooms: new Set(['c']),
      flags: { local: true, compress: false },
    })
  })

  test('A parent namespace knows its children', () => {
    const io = new Server()
    const parent = io.of(/^\/dynamic-\d+$/)
    const child = io.of('/dynamic-1')
    expect((parent as unknown as { children: Set<unknown> }).children).toEqual(new Set([child]))
  })

  test('adapter() is what makes the adapters, also if the program has not said', () => {
    class Custom extends Adapter {}
    expect(new Server().adapter()).toBe(Adapter)
    expect(new Server({ adapter: Custom }).adapter()).toBe(Custom)
  })

  test('A socket has its server and its adapter', async () => {
    const { io, socket } = await joined()
    expect(socket.server).toBe(io)
    expect(socket.adapter).toBe(io.sockets.adapter)
  })

  test('A transport tells of its headers and of its end', async () => {
    const { io, url } = await stage.listen()
    const told = new Promise<unknown>(resolve => {
      io.engine.on('connection', conn => {
        if (conn.transport.name === 'polling') conn.transport.once('headers', resolve)
      })
    })
    const polling = stage.connect(url, { transports: ['polling'] })
    expect(await told).toMatchObject({ 'cache-control': 'no-store' })
    const websocket = stage.connect(url, { transports: ['websocket'] })
    for (const client of [polling, websocket]) {
      if (!client.connected) await next(client, 'connect')
      const { transport } = io.sockets.sockets.get(client.id)!.conn
      const closed = new Promise<void>(resolve => transport.once('close', resolve))
      client.disconnect()
      await closed
    }
  })

  test('leaveAll leaves the rooms', async () => {
    const { socket } = await joined()
    void socket.join(['a', 'b'])
    socket.leaveAll()
    expect(socket.rooms.size).toBe(0)
  })

  test('What is no packet for client.ondata ends the connection', async () => {
    const { socket } = await joined()
    const failed = new Promise(resolve => socket.on('error', resolve))
    const closed = new Promise(resolve => socket.on('disconnect', resolve))
    socket.client.ondata(null)
    expect(await failed).toBeInstanceOf(Error)
    expect(await closed).toBe('forced close')
  })

  test('The packet of a broadcast has its frame', async () => {
    const { io, socket } = await joined()
    type Created = { options: { compress: boolean; wsPreEncodedFrame: Uint8Array[] } }
    const created = new Promise<Created>(resolve => socket.conn.once('packetCreate', resolve))
    io.compress(false).emit('a')
    const { compress, wsPreEncodedFrame } = (await created).options
    expect(compress).toBe(false)
    expect(Buffer.concat(wsPreEncodedFrame)).toEqual(Buffer.from('\x81\x0742["a"]', 'latin1'))
  })

  test('Without a request there is a handshake all the same', async () => {
    const { io, url } = await stage.listen()
    io.engine.on('connection', conn => {
      delete conn.request
    })
    const connected = new Promise<Socket>(resolve => io.on('connection', resolve))
    stage.connect(url)
    expect((await connected).handshake).toMatchObject({ secure: true, headers: {}, query: {} })
  })
})

for (const [way, options] of Object.entries(socketIoWays)) {
  test(`An event right before the client's disconnection is not delivered, by ${way}`, async () => {
    const { io, url } = await stage.listen()
    /** The events that the server hears of an event and a disconnection sent in one piece. */
    const heardOfBoth = async (): Promise<unknown[]> => {
      const heard: unknown[] = []
      const gone = new Promise(resolve => {
        io.once('connection', socket => {
          socket.onAny(event => heard.push(event))
          socket.on('test', () => heard.push('delivered'))
          socket.on('disconnect', resolve)
        })
      })
      const client = stage.connect(url, options)
      await next(client, 'connect')
      const { ws } = client.io.engine.transport as { readonly ws?: { readonly _socket: NetSocket } }
      ws?._socket.cork()
      client.emit('test', Buffer.alloc(10))
      client.disconnect()
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
      ws?._socket.uncork()
      expect(await gone).toBe('client namespace disconnect')
      return heard
    }
    // A client that has had its share of a turn, as on a loaded machine, is heard further in the next: then it is delivered.
    await expect.poll(heardOfBoth).not.toContain('delivered')
  })
}
