import {
  nextEvent as next,
  type SocketIoClient,
  socketIoWays,
} from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterEach, describe, expect, test } from 'vitest'
import type { Server, ServerOptions } from '../index.ts'

const stage = new SocketIoStage()

afterEach(() => stage.clear())

function disconnected(io: Server, client: SocketIoClient): Promise<unknown> {
  return new Promise(resolve => io.sockets.sockets.get(client.id)!.on('disconnect', resolve))
}

/** The connection breaks, as far as either side knows. */
async function lose(io: Server, client: SocketIoClient): Promise<void> {
  const gone = disconnected(io, client)
  client.io.engine.close()
  await gone
}

for (const [way, wayOptions] of Object.entries(socketIoWays)) {
  const start = async (options: Partial<ServerOptions> = {}) => {
    const { io, url } = await stage.listen({ connectionStateRecovery: {}, ...options })
    const client = stage.connect(url, wayOptions)
    const heard: unknown[] = []
    client.on('e', ((n: unknown) => heard.push(n)) as never)
    return { io, client, heard }
  }
  const back = async (client: SocketIoClient): Promise<void> => {
    const connected = next(client, 'connect')
    client.connect()
    await connected
  }

  describe(`Recovery by ${way}`, () => {
    test('What was missed comes in order, with rooms, data and id, several times', async () => {
      const { io, client, heard } = await start()
      io.on('connection', socket => {
        if (socket.recovered) return
        socket.data.name = 'x'
        void socket.join('room')
      })
      await next(client, 'connect')
      const { id } = client
      const expected: unknown[] = []
      for (let round = 0; round < 3; round++) {
        const live = next(client, 'live')
        io.emit('live')
        await live
        const socket = io.sockets.sockets.get(id)!
        await lose(io, client)
        socket.emit('e', `${round} to it`)
        io.emit('e', `${round} to all`)
        io.to('room').emit('e', Buffer.from([round]))
        io.to('other').emit('e', 'never')
        io.except('room').emit('e', 'never')
        expected.push(`${round} to it`, `${round} to all`, Buffer.from([round]))
        const connection = next(client, 'connect')
        client.connect()
        await connection
        expect(client.recovered).toBe(true)
        expect(client.id).toBe(id)
        const found = io.sockets.sockets.get(id)!
        expect(found.recovered).toBe(true)
        expect(found.data).toEqual({ name: 'x' })
        expect(found.rooms).toEqual(new Set([id, 'room']))
        expect(heard).toEqual(expected)
      }
    })

    test('It works before anything was received', async () => {
      const { io, client, heard } = await start()
      await next(client, 'connect')
      await lose(io, client)
      io.emit('e', 1)
      await back(client)
      expect(client.recovered).toBe(true)
      expect(heard).toEqual([1])
    })

    test('Middlewares are not asked again, unless the program wants that', async () => {
      for (const skipMiddlewares of [true, false]) {
        let count = 0
        const { io, client } = await start({ connectionStateRecovery: { skipMiddlewares } })
        io.use((_socket, accept) => {
          count++
          accept()
        })
        await next(client, 'connect')
        await lose(io, client)
        await back(client)
        expect(client.recovered).toBe(true)
        expect(count).toBe(skipMiddlewares ? 1 : 2)
      }
    })

    test('What is sent while a middleware decides is not lost', async () => {
      const { io, client, heard } = await start({ connectionStateRecovery: { skipMiddlewares: false } })
      await next(client, 'connect')
      await lose(io, client)
      io.emit('e', 1)
      io.use((_socket, accept) => {
        io.emit('e', 2)
        setImmediate(accept)
      })
      await back(client)
      io.emit('e', 3)
      const over = next(client, 'over')
      io.emit('over')
      await over
      expect(heard).toEqual([1, 2, 3])
    })

    test('A client that is away too long, or has missed too much, is new', async () => {
      const late = await start({ connectionStateRecovery: { maxDisconnectionDuration: 1 } })
      await next(late.client, 'connect')
      const { id } = late.client
      await lose(late.io, late.client)
      const then = Date.now()
      while (Date.now() < then + 3) await new Promise(resolve => setImmediate(resolve))
      await back(late.client)
      expect(late.client.recovered).toBe(false)
      expect(late.client.id).not.toBe(id)

      const full = await start({ connectionStateRecovery: { maxPackets: 10 } })
      await next(full.client, 'connect')
      await lose(full.io, full.client)
      for (let i = 0; i < 20; i++) full.io.emit('e', i)
      await back(full.client)
      expect(full.client.recovered).toBe(false)
      expect(full.heard).toEqual([])

      const heavy = await start({ connectionStateRecovery: { maxBytes: 100_000 } })
      await next(heavy.client, 'connect')
      await lose(heavy.io, heavy.client)
      for (let i = 0; i < 20; i++) heavy.io.emit('e', 'x'.repeat(10_000))
      await back(heavy.client)
      expect(heavy.client.recovered).toBe(false)
      expect(heavy.heard).toEqual([])
    })

    test('A client that says nonsense about its packets is new', async () => {
      const { io, client } = await start()
      await next(client, 'connect')
      await lose(io, client)
      ;(client as unknown as { _lastOffset: unknown })._lastOffset = 123
      await back(client)
      expect(client.recovered).toBe(false)
    })

    test('A client that left by itself is new', async () => {
      const { io, client } = await start()
      await next(client, 'connect')
      const gone = disconnected(io, client)
      client.disconnect()
      expect(await gone).toBe('client namespace disconnect')
      await back(client)
      expect(client.recovered).toBe(false)
    })
  })
}
