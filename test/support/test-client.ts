import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { Connection } from '../../packages/bothways/src/connection/connection.ts'
import type { Disconnect } from '../../packages/bothways/src/connection/disconnect.ts'
import { resolveConnectionOptions } from '../../packages/bothways/src/connection/options.ts'
import { StreamTransport } from '../../packages/bothways/src/connection/transports/stream-transport.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A plain client for tests of the server: its messages can be awaited, in order. */
export class TestClient {
  readonly connection: Connection
  readonly answer: Answer
  readonly closed: Promise<Disconnect>
  readonly #messages: (string | Buffer)[] = []
  #waiting: ((message: string | Buffer) => void)[] = []

  constructor(socket: Socket, head: Buffer, answer: Answer) {
    this.answer = answer
    let onClosed: (disconnect: Disconnect) => void
    this.closed = new Promise(resolve => {
      onClosed = resolve
    })
    this.connection = new Connection(
      {
        onMessage: message => this.#take(message),
        onClose: disconnect => onClosed(disconnect),
      },
      {
        role: 'client',
        transport: new StreamTransport(socket),
        settings: resolveConnectionOptions({}, 'client'),
      },
    )
    this.connection.start(head)
  }

  /** The next message, waiting for it if need be. */
  next(): Promise<string | Buffer> {
    const message = this.#messages.shift()
    if (message !== undefined) return Promise.resolve(message)
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #take(message: string | Buffer): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#messages.push(message)
    else waiting(message)
  }
}

export interface ConnectOptions {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly method?: string
  /** Written right behind the request, before the answer has come. */
  readonly early?: Uint8Array
  /** Where the client comes from, such as 127.0.0.2. */
  readonly localAddress?: string
}

/** Sends an upgrade request; the answer is a client when it was 101. */
async function upgrade(url: string, options: ConnectOptions = {}): Promise<TestClient | Answer> {
  const { protocol, host, pathname, search } = new URL(url)
  const isTls = protocol === 'wss:'
  const request = (isTls ? httpsRequest : httpRequest)(
    `${isTls ? 'https' : 'http'}://${host}${pathname}${search}`,
    {
      agent: false,
      method: options.method ?? 'GET',
      localAddress: options.localAddress,
      rejectUnauthorized: false,
      headers: {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        ...(options.headers as Record<string, string>),
      },
    },
  )
  request.end()
  if (options.early !== undefined) {
    const [socket] = (await once(request, 'socket')) as [Socket]
    if (socket.connecting) await once(socket, 'connect')
    socket.write(options.early)
  }
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('upgrade', (response, socket, head) => {
      resolve(new TestClient(socket as Socket, head, { status: 101, headers: response.headers, body: '' }))
    })
    request.on('response', async response => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
      })
    })
  })
}

export async function connect(url: string, options?: ConnectOptions): Promise<TestClient> {
  const result = await upgrade(url, options)
  if (result instanceof TestClient) return result
  throw new Error(`Refused with ${result.status}: ${result.body}`)
}

export async function refusalOf(url: string, options?: ConnectOptions): Promise<Answer> {
  const result = await upgrade(url, options)
  if (!(result instanceof TestClient)) return result
  result.connection.terminate()
  throw new Error('Expected a refusal, got a connection.')
}
