import { createServer } from 'node:http'
import { expectTypeOf, test } from 'vitest'
import websocket, {
  client,
  connection,
  type frame,
  type IClientConfig,
  type ICloseEvent,
  type IMessageEvent,
  type IRouterRequest,
  type IServerConfig,
  type Message,
  type request,
  router,
  server,
  w3cwebsocket,
} from './index.ts'

// As programs are written with @types/websocket.

test('A server knows the arguments of its events', () => {
  const config: IServerConfig = { httpServer: createServer(), autoAcceptConnections: false }
  const wsServer = new server(config)
  wsServer.on('request', (asked: request) => {
    const accepted: connection = asked.accept('echo', asked.origin, [{ name: 'a', value: 'b', maxage: 5 }])
    accepted.on('message', (message: Message) => {
      if (message.type === 'utf8') accepted.sendUTF(message.utf8Data)
      else
        accepted.sendBytes(message.binaryData, error =>
          expectTypeOf(error).toEqualTypeOf<Error | undefined>(),
        )
    })
    accepted.on('frame', (frame: frame) => expectTypeOf(frame.toBuffer(true)).toEqualTypeOf<Buffer>())
    accepted.on('ping', cancel => cancel())
    accepted.addListener('close', (code, description) => {
      expectTypeOf(code).toBeNumber()
      expectTypeOf(description).toBeString()
    })
    expectTypeOf(asked.resourceURL.query.room).toEqualTypeOf<string | string[] | undefined>()
  })
  wsServer.on('connect', it => expectTypeOf(it).toEqualTypeOf<connection>())
  new router({ server: wsServer }).mount('*', null, (asked: IRouterRequest) => asked.accept(asked.origin))
})

test('So does a client, and a W3C client', () => {
  const config: IClientConfig = { tlsOptions: { rejectUnauthorized: false } }
  const wsClient = new client(config)
  wsClient.on('connect', (open: connection) => open.send('text', () => {}))
  wsClient.on('connectFailed', (error: Error) => error.message)
  wsClient.on('httpResponse', (response, it) => {
    expectTypeOf(response.statusCode).toEqualTypeOf<number | undefined>()
    expectTypeOf(it).toEqualTypeOf<client>()
  })
  wsClient.connect('ws://localhost/', ['echo'], undefined, { cookie: 'a=b' })
  const socket = new w3cwebsocket('ws://localhost/', 'echo')
  socket.onmessage = ({ data }: IMessageEvent) => data
  socket.onclose = ({ code, reason, wasClean }: ICloseEvent) => [code, reason, wasClean]
  socket.onopen = () => socket.send(new ArrayBuffer(4))
})

test('The object that require gives has the same classes, as types too', () => {
  expectTypeOf(websocket.connection).toEqualTypeOf(connection)
  expectTypeOf<websocket.connection>().toEqualTypeOf<connection>()
  expectTypeOf<websocket.IServerConfig>().toEqualTypeOf<IServerConfig>()
})
