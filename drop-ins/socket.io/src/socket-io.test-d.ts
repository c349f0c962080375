import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { Server as OriginalEngine } from 'engine.io'
import type { Server as Original } from 'socket.io'
import type { Adapter as OriginalAdapter } from 'socket.io-adapter'
import { expectTypeOf, test } from 'vitest'
import {
  type BroadcastOperator,
  type DefaultEventsMap,
  type DisconnectReason,
  type Event,
  type ExtendedError,
  type Namespace,
  type RemoteSocket,
  Server,
  type ServerOptions,
  type Socket,
} from './index.ts'
import type { socketIo } from './socket-io.ts'

interface ClientToServer {
  text: (text: string, at: number) => void
  ask: (question: string, answer: (text: string) => void) => void
}

interface ServerToClient {
  told: (from: string) => void
  bytes: (bytes: Uint8Array) => void
  confirm: (n: number, ack: (isOk: boolean) => void) => void
  silent: () => void
}

interface BetweenServers {
  ping: (n: number) => void
  count: (ack: (count: number) => void) => void
}

interface Data {
  name: string
}

type Typed = Server<ClientToServer, ServerToClient, BetweenServers, Data>
type TypedSocket = Socket<ClientToServer, ServerToClient, BetweenServers, Data>

/** A program with types, as the documentation of Socket.IO has it. */
export async function program(): Promise<void> {
  const io: Typed = new Server<ClientToServer, ServerToClient, BetweenServers, Data>()
  io.on('connection', socket => {
    expectTypeOf(socket).toEqualTypeOf<TypedSocket>()
    expectTypeOf(socket.data).toEqualTypeOf<Data>()
    socket.on('text', (text, at) => {
      expectTypeOf(text).toBeString()
      expectTypeOf(at).toBeNumber()
    })
    socket.on('ask', (question, answer) => {
      expectTypeOf(question).toBeString()
      answer('yes')
      // @ts-expect-error the answer is a text
      answer(1)
    })
    // @ts-expect-error no client sends this
    socket.on('other', () => {})
    socket.on('disconnect', (reason, description) => {
      expectTypeOf(reason).toEqualTypeOf<DisconnectReason>()
      expectTypeOf(description).toBeAny()
    })
    socket.on('disconnecting', reason => expectTypeOf(reason).toEqualTypeOf<DisconnectReason>())
    socket.on('error', error => expectTypeOf(error).toEqualTypeOf<Error>())
    socket.emit('told', 'x')
    socket.emit('confirm', 1, isOk => expectTypeOf(isOk).toBeBoolean())
    // @ts-expect-error a text is expected
    socket.emit('told', 1)
    // @ts-expect-error there is no such event
    socket.emit('text', 'x', 1)
    socket.timeout(1).emit('confirm', 1, (error, isOk) => {
      expectTypeOf(error).toEqualTypeOf<Error>()
      expectTypeOf(isOk).toBeBoolean()
    })
    expectTypeOf(socket.emitWithAck('confirm', 1)).resolves.toBeBoolean()
    expectTypeOf(socket.timeout(1).emitWithAck('confirm', 1)).resolves.toBeBoolean()
    // @ts-expect-error it is not acknowledged
    void socket.emitWithAck('told', 'x')
    socket.to('room').emit('told', 'x')
    socket.broadcast.emit('silent')
    socket
      .to('room')
      .timeout(1)
      .emit('confirm', 1, (error, answers) => {
        expectTypeOf(error).toEqualTypeOf<Error>()
        expectTypeOf(answers).toEqualTypeOf<boolean[]>()
      })
    socket.volatile.emit('told', 'x')
    socket.compress(false).emit('told', 'x')
    socket.use((event, next) => {
      expectTypeOf(event).toEqualTypeOf<Event>()
      next(new Error('no'))
    })
    socket.onAny((event, ...args) => void [event, args])
    expectTypeOf(socket.rooms).toEqualTypeOf<Set<string>>()
    expectTypeOf(socket.recovered).toBeBoolean()
  })
  io.emit('told', 'x')
  // @ts-expect-error who acknowledges to everybody? use timeout()
  io.emit('confirm', 1, () => {})
  io.timeout(1).emit('confirm', 1, (error, answers) => {
    expectTypeOf(error).toEqualTypeOf<Error>()
    expectTypeOf(answers).toEqualTypeOf<boolean[]>()
  })
  expectTypeOf(io.timeout(1).emitWithAck('confirm', 1)).resolves.toEqualTypeOf<boolean[]>()
  io.serverSideEmit('ping', 1)
  io.serverSideEmit('count', (error, counts) => {
    expectTypeOf(error).toEqualTypeOf<Error>()
    expectTypeOf(counts).toEqualTypeOf<number[]>()
  })
  expectTypeOf(io.serverSideEmitWithAck('count')).resolves.toEqualTypeOf<number[]>()
  io.on('ping', n => expectTypeOf(n).toBeNumber())
  io.on('count', ack => ack(1))
  io.on('new_namespace', namespace =>
    expectTypeOf(namespace).toEqualTypeOf<Namespace<ClientToServer, ServerToClient, BetweenServers, Data>>(),
  )
  io.use((socket, next) => {
    expectTypeOf(socket).toEqualTypeOf<TypedSocket>()
    const error: ExtendedError = new Error('no')
    error.data = { any: 'thing' }
    next(error)
  })
  const [remote] = await io.in('room').fetchSockets()
  expectTypeOf(remote!.data).toEqualTypeOf<Data>()
  remote!.emit('told', 'x')
  expectTypeOf(io.of('/x')).toEqualTypeOf<Namespace<ClientToServer, ServerToClient, BetweenServers, Data>>()
  io.of(/^\/x/).on('connection', socket => expectTypeOf(socket.nsp.name).toBeString())
}

/** A program without types. */
export function untyped(options: Partial<ServerOptions>): void {
  const io = new Server(createServer(), options)
  new Server(3000, { cors: { origin: '*' }, connectionStateRecovery: { maxDisconnectionDuration: 1 } })
  new Server({ allowEIO3: true, serveClient: false }).attach(createHttpsServer()).listen(80)
  io.on('connection', (socket: Socket) => {
    socket.on('anything', (a, b, ack) => ack(a + b))
    socket.emit('anything', 1, (answer: string) => answer)
    socket.emit('anything')
    expectTypeOf(socket.data).toBeAny()
    expectTypeOf(socket.emitWithAck('x')).resolves.toBeAny()
  })
  io.emit('anything', 1, 'two', { three: 3 })
  io.to('room').emit('anything', 1)
  io.send('x')
  const operator: BroadcastOperator<DefaultEventsMap, unknown> = io.in('room') as never
  const remote: RemoteSocket<DefaultEventsMap, unknown> = undefined as never
  void [operator, remote]
}

test('The methods are those of npm socket.io', () => {
  type OwnNames<T> = Exclude<keyof T, `_${string}`>
  // It wants a server of uWebSockets.js.
  type Missing = Exclude<OwnNames<Original>, OwnNames<Server> | 'attachApp'>
  expectTypeOf<Missing>().toBeNever()
})

test('What require gives has the same names', () => {
  type Missing = Exclude<keyof typeof import('./index.ts'), keyof typeof socketIo | 'module.exports'>
  expectTypeOf<Missing>().toBeNever()
  expectTypeOf<typeof socketIo.Server>().toEqualTypeOf<typeof Server>()
})

/** Adapters, engines and transports of npm's. */
export function foreign(Custom: typeof OriginalAdapter): void {
  const options: Partial<ServerOptions> = { transports: ['websocket', 'webtransport'], wsEngine: Custom }
  const io = new Server({ ...options, adapter: nsp => new Custom(nsp) })
  io.adapter(Custom)
  // @ts-expect-error no adapter
  io.adapter(() => 'none')
  io.bind(new OriginalEngine())
}

/** A middleware of a library: its requests and responses are more than those of Node. */
interface RequestWithSession extends IncomingMessage {
  session: { userId: string }
}

export function middlewares(
  session: (request: RequestWithSession, response: ServerResponse & { more: true }, next: () => void) => void,
): void {
  const io = new Server()
  io.engine.use(session)
  io.engine.use((request, response, next) => {
    expectTypeOf(request).toEqualTypeOf<IncomingMessage>()
    expectTypeOf(response).toEqualTypeOf<ServerResponse>()
    next(new Error('no'))
  })
  // @ts-expect-error no function
  io.engine.use('session')
  io.on('connection', socket => expectTypeOf(socket.conn.remoteAddress).toBeString())
}
