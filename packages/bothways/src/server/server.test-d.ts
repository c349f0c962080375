import { expectTypeOf, test } from 'vitest'
import {
  createHub,
  createServer,
  type Route,
  type Server,
  type ServerOptions,
  type ServerSocket,
  TopicsHttp,
} from '../index.ts'

test('The user is what authenticate returns, without its ways to say nobody', () => {
  const server = createServer({
    authenticate: async request => (request.origin === undefined ? null : { id: 7, name: '张三' }),
  })
  server.route('/', {
    open(socket) {
      expectTypeOf(socket.user).toEqualTypeOf<{ id: number; name: string }>()
      const anyRoutes: ServerSocket<{ id: number; name: string }> = socket
      expectTypeOf(anyRoutes.user.id).toBeNumber()
    },
    message(socket, message) {
      expectTypeOf(socket.user.name).toBeString()
      expectTypeOf(message).toEqualTypeOf<string | Buffer>()
    },
    close(_, code, reason) {
      expectTypeOf(code).toBeNumber()
      expectTypeOf(reason).toBeString()
    },
  })
})

test('The user is the same whatever stands beside authenticate, also before it', () => {
  createServer({
    authenticate: request => {
      const name = request.url.searchParams.get('name')
      return name === null ? undefined : { name }
    },
    onError: (error, socket) => console.error(error, socket?.user.name),
  }).route('/', { open: socket => expectTypeOf(socket.user).toEqualTypeOf<{ name: string }>() })
  createServer({
    onError: (error, socket) => console.error(error, socket?.id),
    authenticate: request => request.headers.cookie !== undefined && { name: request.headers.cookie },
  }).route('/', { open: socket => expectTypeOf(socket.user).toEqualTypeOf<{ name: string }>() })
  interface User {
    readonly name: string
  }
  const options: ServerOptions | undefined = undefined
  const handlers: Route<User> = { open: socket => socket.send(socket.user.name) }
  const server: Server<User> = createServer<User>({ authenticate: async () => undefined })
  server.route('/', handlers)
  expectTypeOf(createServer(options)).toEqualTypeOf<Server>()
})

test('Without authenticate there is no user', () => {
  createServer().route('/', {
    open(socket) {
      expectTypeOf(socket.user).toBeUndefined()
    },
  })
})

test('A handler may return anything', () => {
  const server = createServer()
  server.route('/', {
    open: socket => socket.send('hello'),
    message: async (socket, message) => [socket.publish('topic', message)],
    drain: () => 7,
    close: socket => socket,
  })
  for (const socket of server.sockets) server.publish('topic', 'text', { except: socket })
})

test('A pattern types the parameters of its requests', () => {
  createServer().route('/rooms/:id/messages/:message', {
    open(socket) {
      expectTypeOf(socket.request.params).toEqualTypeOf<{ readonly id: string; readonly message: string }>()
      // @ts-expect-error the pattern has no such parameter
      socket.request.params.room
    },
  })
  createServer().route(String('/rooms/:id'), {
    open(socket) {
      expectTypeOf(socket.request.params.id).toEqualTypeOf<string | undefined>()
    },
  })
  createServer({
    authenticate({ params }) {
      expectTypeOf(params.id).toEqualTypeOf<string | undefined>()
      return 'somebody'
    },
  })
})

test('The data of a route types that of its sockets', () => {
  createServer().route('/rooms/:id', {
    data: request => ({ room: request.params.id, count: 0 }),
    message(socket) {
      expectTypeOf(socket.data).toEqualTypeOf<{ room: string; count: number }>()
      socket.data.count++
      // @ts-expect-error there is no such thing
      socket.data.cuont++
      socket.data = { room: 'other', count: 0 }
      const anyRoutes: ServerSocket = socket
      expectTypeOf(anyRoutes.data.room).toBeUnknown()
    },
    close: socket => socket.data.room,
  })
  createServer().route('/', {
    open(socket) {
      socket.data.name = 'anything'
      expectTypeOf(socket.data.name).toBeUnknown()
    },
  })
})

test('Headers are those of node:http', () => {
  createServer({
    authenticate({ headers }) {
      expectTypeOf(headers['set-cookie']).toEqualTypeOf<string[] | undefined>()
      return { name: headers.cookie?.toUpperCase() }
    },
  })
})

test('A wrong use does not compile', () => {
  // @ts-expect-error a user has to come from somewhere: authenticate
  createServer<{ name: string }>()
  // @ts-expect-error the same
  createServer<{ name: string }>({ maxConnections: 1 })
  // @ts-expect-error an option that does not exist
  createServer({ maxMesageBytes: 1 })
  // @ts-expect-error origins are a list, or every origin
  createServer({ origins: 'https://example.com' })
  // @ts-expect-error what to do at the bound has two answers
  createServer({ whenBufferFull: 'wait' })
  // @ts-expect-error a handler that does not exist
  createServer().route('/', { massage() {} })
  // @ts-expect-error who asks over HTTP has to be said somewhere as well: authenticate
  new TopicsHttp(createHub<{ name: string }>({ topics: {} }))
  // @ts-expect-error a port is a number
  void createServer().listen({ port: '8080' })
  createServer().route('/', {
    open(socket) {
      // @ts-expect-error an object is no message: JSON.stringify(it)
      socket.send({ type: 'hello' })
      // @ts-expect-error a Blob has to be read first, and a publish goes out at once
      socket.publish('topic', new Blob([]))
      // @ts-expect-error who somebody is does not change
      socket.user = undefined
    },
  })
})
