import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { createServer, type Server, type ServerOptions, WebSocket } from '../index.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close({ timeoutMs: 0 })
})

function make(options: ServerOptions = {}): Server {
  const server = createServer(options)
  servers.push(server)
  return server
}

async function answersOf(url: string, messages: readonly string[]): Promise<string[]> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const answers: string[] = []
  for (const message of messages) {
    const answered = once(socket, 'message')
    socket.send(message)
    answers.push((await answered)[0].data)
  }
  socket.terminate()
  return answers
}

test('Each connection has data of its own, made of its request before anything else', async () => {
  const server = make().route('/rooms/:id', {
    data: ({ params }) => ({ room: params.id, count: 0 }),
    open: socket => socket.data.count++,
    message: socket => socket.send(`${socket.data.room} ${++socket.data.count}`),
  })
  const { url } = await server.listen()
  expect(await answersOf(`${url}rooms/a%20b`, ['x', 'x'])).toEqual(['a b 2', 'a b 3'])
  expect(await answersOf(`${url}rooms/c`, ['x'])).toEqual(['c 2'])
})

test('Without a word of the route it is an empty object, and may be replaced', async () => {
  const server = make().route('/', {
    open(socket) {
      socket.data.name = '张三'
      expect(socket.data).toEqual({ name: '张三' })
      socket.data = { other: 1 }
    },
    message: socket => socket.send(JSON.stringify(socket.data)),
  })
  const { url } = await server.listen()
  expect(await answersOf(url, ['x'])).toEqual(['{"other":1}'])
})

test("With subprotocols that have handlers of their own, the data is the route's", async () => {
  const server = make().route('/', {
    data: () => ({ count: 7 }),
    protocols: { chat: { open: socket => socket.send(String(socket.data.count)) } },
  })
  const { url } = await server.listen()
  const socket = new WebSocket(url, 'chat')
  expect((await once(socket, 'message'))[0].data).toBe('7')
  socket.terminate()
})

test.each([
  [
    'throws',
    () => {
      throw new Error('no data')
    },
    'no data',
  ],
  ['is asynchronous', async () => ({}), 'await in authenticate'],
])('Data that %s ends the connection with 1011, is told, and no handler runs', async (_, data, words) => {
  const told: unknown[] = []
  const ran: string[] = []
  const server = make({ onError: error => told.push(error) }).route('/', {
    data: data as () => object,
    open: () => ran.push('open'),
    message: () => ran.push('message'),
    close: () => ran.push('close'),
  })
  const { url } = await server.listen()
  const socket = new WebSocket(url)
  socket.onopen = () => socket.send('x')
  const [close] = await once(socket, 'close')
  expect(close.code).toBe(1011)
  expect(told).toEqual([expect.objectContaining({ message: expect.stringContaining(words) })])
  await server.close()
  expect(ran).toEqual([])
})

test('Parameters are those of the route also where somebody is asked first, and over the stream transport', async () => {
  const seen: unknown[] = []
  const options = {
    transport: 'stream' as const,
    authenticate: (request: { params: unknown }) => {
      seen.push(request.params)
      return 'somebody'
    },
  }
  const server = createServer(options)
  server.route('/rooms/:id', { open: socket => socket.send(socket.request.params.id) })
  const { url } = await server.listen()
  const socket = new WebSocket(`${url}rooms/${'x'.repeat(300)}`)
  expect((await once(socket, 'message'))[0].data).toHaveLength(300)
  expect(seen).toEqual([{ id: 'x'.repeat(300) }])
  socket.terminate()
  await server.close({ timeoutMs: 0 })
})
