import {
  nextEvent as next,
  type SocketIoClient,
  socketIoWays,
} from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterEach, describe, expect, test } from 'vitest'

const stage = new SocketIoStage()

afterEach(() => stage.clear())

for (const version of [4, 3, 2] as const) {
  const isOld = version === 2
  for (const [way, wayOptions] of Object.entries(socketIoWays)) {
    const connect = (url: string, options: object = {}): SocketIoClient =>
      stage.connect(url, { ...wayOptions, ...options }, version)
    describe(`socket.io-client ${version} by ${way}`, () => {
      test('Events go both ways, with bytes and in order', async () => {
        const { io, url } = await stage.listen()
        const heard: unknown[] = []
        const done = new Promise<void>(resolve => {
          io.on('connection', socket => {
            socket.emit('welcome', 1, 'two', { three: [3] }, null)
            socket.emit('bytes', Buffer.from([1, 2, 3]), { deep: [new Uint8Array([4])] })
            socket.on('text', (...args) => heard.push(args))
            socket.on('bytes', (...args) => heard.push(args))
            socket.on('end', () => resolve())
          })
        })
        const client = connect(url)
        const [welcome, bytes] = await Promise.all([next(client, 'welcome'), next(client, 'bytes')])
        expect(welcome).toEqual([1, 'two', { three: [3] }, null])
        expect(bytes).toEqual([Buffer.from([1, 2, 3]), { deep: [Buffer.from([4])] }])
        client.emit('text', 'äöü ✓', { a: 1 })
        client.emit('bytes', Buffer.from([9, 8]), [Buffer.from([7])])
        client.emit('end')
        await done
        expect(heard).toEqual([
          ['äöü ✓', { a: 1 }],
          [Buffer.from([9, 8]), [Buffer.from([7])]],
        ])
      })

      test('Acknowledgements go both ways, with bytes', async () => {
        const { io, url } = await stage.listen()
        const answered = new Promise<unknown>(resolve => {
          io.on('connection', socket => {
            socket.on('sum', (a, b, ack) => ack(a + b, Buffer.from([a])))
            socket.on('ready', () => {
              void socket
                .timeout(10_000)
                .emitWithAck('question', Buffer.from([5]))
                .then(resolve)
            })
          })
        })
        const client = connect(url)
        const sum = await new Promise(resolve =>
          client.emit('sum', 1, 2, (...args: unknown[]) => resolve(args)),
        )
        expect(sum).toEqual([3, Buffer.from([1])])
        client.on('question', ((bytes: unknown, ack: (answer: unknown) => void) => ack([bytes])) as never)
        client.emit('ready')
        expect(await answered).toEqual([Buffer.from([5])])
      })

      test('Namespaces and rooms reach those who are meant', async () => {
        const { io, url } = await stage.listen()
        io.of('/chat').on('connection', async socket => {
          await socket.join('all')
          socket.on('join', (room, ack) => {
            void socket.join(room)
            ack()
          })
          socket.on('tell', (room, text) => socket.to(room).emit('told', text))
        })
        const a = connect(`${url}/chat`)
        const b = connect(`${url}/chat`)
        const c = connect(`${url}/chat`)
        const told: string[] = []
        for (const [name, client] of Object.entries({ a, b, c })) {
          client.on('told', ((text: string) => told.push(`${name} ${text}`)) as never)
        }
        await Promise.all([next(a, 'connect'), next(b, 'connect'), next(c, 'connect')])
        for (const client of [a, b]) await new Promise<void>(resolve => client.emit('join', 'two', resolve))
        const over = Promise.all([next(a, 'over'), next(b, 'over'), next(c, 'over')])
        const untilB = next(b, 'told')
        a.emit('tell', 'two', 'from a')
        await untilB
        io.of('/chat').to(['two', 'all']).except(c.id).emit('told', 'from io')
        io.of('/chat').in('nobody').emit('told', 'never')
        io.emit('told', 'never')
        io.of('/chat').emit('over')
        await over
        expect(told.sort()).toEqual(['a from io', 'b from a', 'b from io'])
        const sockets = await io.of('/chat').in('two').fetchSockets()
        expect(sockets.map(it => it.id).sort()).toEqual([a.id, b.id].sort())
      })

      test('Middlewares see who comes, and what they refuse reaches the client', async () => {
        const { io, url } = await stage.listen()
        io.of('/closed').use((socket, accept) => {
          const { token } = isOld ? socket.handshake.query : socket.handshake.auth
          if (token === 'right') return accept()
          return accept(Object.assign(new Error('who are you?'), { data: { token } }))
        })
        const options = (token: string): object => (isOld ? { query: { token } } : { auth: { token } })
        const refused = connect(`${url}/closed`, options('wrong'))
        const [error] = await next<{ message?: string; data?: unknown }>(
          refused,
          isOld ? 'error' : 'connect_error',
        )
        if (isOld) expect(error).toEqual({ token: 'wrong' })
        else expect(error).toMatchObject({ message: 'who are you?', data: { token: 'wrong' } })
        const accepted = connect(`${url}/closed`, options('right'))
        await next(accepted, 'connect')
        expect(io.of('/closed').sockets.size).toBe(1)
      })

      test('A namespace that there is not is refused', async () => {
        const { url } = await stage.listen()
        const client = connect(`${url}/none`)
        const [error] = await next<{ message: string }>(client, isOld ? 'error' : 'connect_error')
        expect(error).toMatchObject({ message: 'Invalid namespace' })
      })

      test('Either side says why it goes', async () => {
        const { io, url } = await stage.listen()
        const reasons: string[] = []
        const gone = new Promise<void>(resolve => {
          io.on('connection', socket => {
            socket.on('disconnecting', reason =>
              reasons.push(`disconnecting: ${reason} ${socket.rooms.size}`),
            )
            socket.on('disconnect', reason => {
              reasons.push(`disconnect: ${reason} ${socket.rooms.size}`)
              if (reasons.length === 6) resolve()
            })
            socket.on('throw me out', how => socket.disconnect(how))
          })
        })
        const first = connect(url)
        await next(first, 'connect')
        first.disconnect()
        const second = connect(url)
        await next(second, 'connect')
        const secondGone = next(second, 'disconnect')
        second.emit('throw me out', false)
        expect((await secondGone)[0]).toBe('io server disconnect')
        const third = connect(url)
        await next(third, 'connect')
        const thirdGone = next(third, 'disconnect')
        third.emit('throw me out', true)
        expect((await thirdGone)[0]).toBe('io server disconnect')
        await gone
        expect(reasons.filter(it => it.startsWith('disconnect:'))).toEqual([
          'disconnect: client namespace disconnect 0',
          'disconnect: server namespace disconnect 0',
          'disconnect: server namespace disconnect 0',
        ])
        expect(reasons.filter(it => it.startsWith('disconnecting:'))).toEqual([
          'disconnecting: client namespace disconnect 1',
          'disconnecting: server namespace disconnect 1',
          'disconnecting: server namespace disconnect 1',
        ])
      })

      test('The way to the other transport loses nothing', async () => {
        const { io, url } = await stage.listen()
        const count = 200
        const heard: number[] = []
        const done = new Promise<void>(resolve => {
          io.on('connection', socket => {
            for (let i = 0; i < count; i++) socket.emit('n', i)
            socket.on('n', (i: number) => {
              heard.push(i)
              if (heard.length === count) resolve()
            })
          })
        })
        const client = connect(url)
        const received: number[] = []
        const all = new Promise<void>(resolve => {
          client.on('n', ((i: number) => {
            received.push(i)
            client.emit('n', i)
            if (received.length === count) resolve()
          }) as never)
        })
        await Promise.all([all, done])
        const expected = Array.from({ length: count }, (_, i) => i)
        expect(received).toEqual(expected)
        expect(heard).toEqual(expected)
      })
    })
  }
}
