import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, connect as openSocket, type Server, type Socket } from 'node:net'
import {
  ByteBudget,
  type Channel,
  Connection,
  resolveConnectionOptions,
  takeTransport,
} from 'bothways/connection'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { EngineRequest } from '../../drop-ins/socket.io/src/engine/engine-request.ts'
import type { Packet } from '../../drop-ins/socket.io/src/engine/packet.ts'
import { PollingTransport } from '../../drop-ins/socket.io/src/engine/polling-transport.ts'
import { WebSocketTransport } from '../../drop-ins/socket.io/src/engine/websocket-transport.ts'
import { EventStream } from '../../packages/bothways/src/topics-protocol/event-stream.ts'

/** A channel and the other end of its TCP connection. */
interface Stage {
  readonly channel: Channel<unknown>
  /** Makes one of the channel's messages. */
  message(text: string): unknown
  /** The last bytes that the client gets when the channel has ended in order. */
  readonly farewell: string
  /** Resolves when the owner is told of room, from now on. */
  room(): Promise<void>
  readonly client: Client
}

/** A client that keeps the text of the channel, as it came. */
class Client {
  text = ''
  readonly #socket: Socket
  readonly #request: string

  constructor(socket: Socket, request: string) {
    this.#socket = socket
    this.#request = request
    socket.setEncoding('latin1').on('data', text => {
      this.text += text
    })
    socket.on('error', () => {})
    this.ask()
  }

  /** Asks for more: a client that polls sends another request. */
  ask(): void {
    if (this.#request !== '') this.#socket.write(this.#request)
  }

  read(): void {
    this.#socket.resume()
  }

  stopReading(): void {
    this.#socket.pause()
  }

  async until(text: string): Promise<number> {
    await vi.waitFor(() => expect(this.text.slice(-200)).toContain(text), 30_000)
    return this.text.lastIndexOf(text)
  }

  get isGone(): boolean {
    return this.#socket.closed
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

const settings = resolveConnectionOptions({ keepalive: false }, 'server')
const engineRequest = { _query: { EIO: '4' } } as unknown as EngineRequest
const pollingSettings = {
  maxHttpBufferSize: 1_000_000,
  bodies: new ByteBudget(1_000_000),
  httpCompression: false,
  onHeaders: () => {},
} as const
const nobody = { onTransportPacket: () => {}, onTransportError: () => {}, onTransportClose: () => {} }
const packets = (text: string): readonly Packet[] => [{ type: 'message', data: text }]

type Carrier = (onRoom: () => void) => {
  readonly server: Server
  readonly opened: Promise<Channel<never>>
  readonly request: string
  readonly farewell: string
  message(text: string): unknown
}

/** A channel on the TCP connections of a server. */
const onSocket =
  <Message>(
    open: (socket: Socket, onRoom: () => void) => Channel<Message>,
    message: (text: string) => Message,
  ): Carrier =>
  onRoom => {
    const opened = promiseOf<Channel<never>>()
    const server = createServer({ pauseOnConnect: true }, socket => opened.resolve(open(socket, onRoom)))
    // A close frame without a code (RFC 6455 §5.5.1).
    return { server, opened: opened.promise, request: '', farewell: '\x88\x00', message }
  }

function promiseOf<Value>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>(fulfil => {
    resolve = fulfil
  })
  return { promise, resolve }
}

/** A channel on the responses of an HTTP server. */
const onResponse =
  <Message>(
    answer: (onRoom: () => void) => (request: IncomingMessage, response: ServerResponse) => Channel<Message>,
    farewell: string,
    message: (text: string) => Message,
  ): Carrier =>
  onRoom => {
    const opened = promiseOf<Channel<never>>()
    const answerOne = answer(onRoom)
    const server = createHttpServer((request, response) => opened.resolve(answerOne(request, response)))
    return { server, opened: opened.promise, request: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', farewell, message }
  }

const carriers: readonly (readonly [string, Carrier])[] = [
  [
    'A WebSocket',
    onSocket(
      (socket, onRoom) => {
        const transport = takeTransport(socket, settings.transport)
        const handler = { onMessage: () => {}, onDrain: onRoom, onClose: () => {} }
        const connection = new Connection(handler, { role: 'server', transport, settings })
        connection.start()
        return connection
      },
      text => text,
    ),
  ],
  [
    'Engine.IO by WebSocket',
    onSocket((socket, onRoom) => {
      const init = { socket, head: Buffer.alloc(0), settings, deflate: undefined }
      const transport = new WebSocketTransport(engineRequest, init)
      transport.owner = { ...nobody, onTransportReady: onRoom }
      transport.start()
      return transport
    }, packets),
  ],
  [
    'Engine.IO by long polling',
    onResponse(
      onRoom => {
        const transport = new PollingTransport(engineRequest, pollingSettings)
        transport.owner = { ...nobody, onTransportReady: onRoom }
        return (request, response) => {
          transport.onRequest(request as EngineRequest, response)
          return transport
        }
      },
      '\r\n\r\n1',
      packets,
    ),
  ],
  [
    'An event stream',
    onResponse(
      onRoom => (_, response) => {
        response.writeHead(200).flushHeaders()
        response.on('drain', onRoom)
        return new EventStream(response, new Map(), () => '')
      },
      '0\r\n\r\n',
      text => ({ type: 'said', text }),
    ),
  ],
]

let cleanUp = (): void => {}
afterEach(() => cleanUp())

async function stage(carrier: Carrier): Promise<Stage> {
  let tell = (): void => {}
  const { server, opened, request, farewell, message } = carrier(() => tell())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = new Client(openSocket((server.address() as AddressInfo).port, '127.0.0.1'), request)
  cleanUp = () => {
    client.destroy()
    server.close()
  }
  const channel = (await opened) as Channel<unknown>
  const room = () =>
    new Promise<void>(resolve => {
      tell = resolve
    })
  return { channel, message, farewell, room, client }
}

describe.each(carriers)('%s is a channel:', (_, carrier) => {
  test('what is sent arrives, and then nothing waits', async () => {
    const { channel, message, client } = await stage(carrier)
    expect([channel.isOpen, channel.bufferedAmount]).toEqual([true, 0])
    expect(channel.send(message('hello'))).not.toBe('refused')
    await client.until('hello')
    await vi.waitFor(() => expect(channel.bufferedAmount).toBe(0), 30_000)
  })

  test('what waits is counted, and behind queued the owner is told of room', async () => {
    const { channel, message, client, room } = await stage(carrier)
    client.stopReading()
    const long = message('x'.repeat(64 * 1024))
    const outcomes: string[] = []
    do outcomes.push(channel.send(long))
    while (outcomes.at(-1) === 'sent' && outcomes.length < 1_000)
    expect(outcomes.at(-1)).toBe('queued')
    expect(channel.bufferedAmount).toBeGreaterThan(0)
    const told = room()
    client.read()
    client.ask()
    await told
    expect(channel.send(message('hello'))).not.toBe('refused')
    await client.until('hello')
  })

  test('it ends in order, once, behind everything that was sent', async () => {
    const { channel, message, client, room, farewell } = await stage(carrier)
    for (const text of ['one', 'two', 'three']) {
      const told = room()
      const outcome = channel.send(message(text))
      expect(outcome).not.toBe('refused')
      client.ask()
      if (outcome === 'queued') await told
    }
    channel.close()
    channel.close()
    expect(channel.isOpen).toBe(false)
    expect(channel.send(message('four'))).toBe('refused')
    const end = await client.until(farewell)
    expect(client.text.lastIndexOf('three')).toBeLessThan(end)
    expect(client.text).toMatch(/one.*two.*three/s)
    expect(client.text).not.toContain('four')
  })

  test('it ends at once', async () => {
    const { channel, message, client } = await stage(carrier)
    channel.terminate()
    expect(channel.isOpen).toBe(false)
    expect(channel.send(message('late'))).toBe('refused')
    await vi.waitFor(() => expect(client.isGone).toBe(true), 30_000)
    expect(client.text).not.toContain('late')
  })
})
