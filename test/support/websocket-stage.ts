import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type websocket from '../../drop-ins/websocket/src/index.ts'
import { type ReadFrame, readFrames } from './frame-reader.ts'
import { masked, type RawFrame, unmasked } from './raw-frame.ts'

export type Library = typeof websocket
type WebSocketConnection = InstanceType<Library['connection']>
type WebSocketRequest = InstanceType<Library['request']>
type ServerConfig = Omit<NonNullable<ConstructorParameters<Library['server']>[0]>, 'httpServer'>
type ClientConfig = NonNullable<ConstructorParameters<Library['client']>[0]>

/** The key of RFC 6455 §1.3. */
const key = 'dGhlIHNhbXBsZSBub25jZQ=='

/** The events that a script has seen, those of each actor by themselves: nobody promises their order among each other. */
export type Notes = Readonly<Record<string, unknown[]>>

/** Where a script runs: servers, clients and raw peers on ports of their own, and notes of all they do. */
export class Stage {
  readonly library: Library
  readonly notes: Record<string, unknown[]> = {}
  readonly #endings: (() => unknown)[] = []

  constructor(library: Library) {
    this.library = library
  }

  note(actor: string, ...values: unknown[]): void {
    this.notes[actor] ??= []
    this.notes[actor].push(values.map(plain))
  }

  /** Notes what a call throws, or that it did not. */
  attempt(actor: string, call: () => unknown): void {
    try {
      this.note(actor, 'returned', call() === undefined ? 'nothing' : 'something')
    } catch (error) {
      this.note(actor, 'threw', error)
    }
  }

  /** A server; `onRequest` gets each request. */
  async serve(config: ServerConfig, onRequest?: (request: WebSocketRequest) => void) {
    const http = createHttpServer()
    const port = await this.#listen(http)
    const server = new this.library.server({ keepalive: false, ...config, httpServer: http })
    server.on('connect', connection => this.note('server', 'connect', connection.protocol))
    server.on('close', (_connection, code, description) => this.note('server', 'close', code, description))
    if (onRequest !== undefined) server.on('request', onRequest)
    return { http, server, port }
  }

  /** A server over TLS that sends back what comes, and a client that trusts it. */
  async serveTls(options: { readonly cert: string; readonly key: string }) {
    const https = createHttpsServer(options)
    const port = await this.#listen(https)
    const server = new this.library.server({
      httpServer: https,
      keepalive: false,
      autoAcceptConnections: true,
    })
    server.on('connect', connection => {
      connection.on('message', message => {
        if (message.type === 'binary') connection.sendBytes(message.binaryData)
      })
    })
    return { port, client: new this.library.client({ tlsOptions: { ca: options.cert } }) }
  }

  /** A server with one connection to a raw client, which has got the answer 101. */
  async accepted(
    config: ServerConfig = {},
    options: RawOptions = {},
    onAccepted: (connection: WebSocketConnection) => void = () => {},
  ) {
    const accepted: WebSocketConnection[] = []
    const { server, port } = await this.serve(config, request => {
      const connection = request.accept(request.requestedProtocols[0], request.origin)
      accepted.push(this.watch('connection', connection))
      onAccepted(connection)
    })
    const raw = await this.raw(port, options)
    await raw.head()
    return { server, port, raw, connection: accepted[0] as WebSocketConnection }
  }

  /** Notes everything that a connection emits; pings are left, since a listener changes what happens. */
  watch(actor: string, connection: WebSocketConnection): WebSocketConnection {
    connection.on('message', message => this.note(actor, 'message', message))
    connection.on('frame', ({ opcode, fin, rsv1, length, mask, closeStatus, binaryPayload }) => {
      this.note(actor, 'frame', { opcode, fin, rsv1, length, mask, closeStatus, binaryPayload })
    })
    connection.on('pong', payload => this.note(actor, 'pong', payload))
    connection.on('error', error => this.note(actor, 'error', error))
    connection.on('close', (code, description) => {
      const { connected, state, closeReasonCode, closeDescription } = connection
      this.note(actor, 'close', code, description, { connected, state, closeReasonCode, closeDescription })
    })
    return connection
  }

  /** A TCP client that has sent an opening handshake. */
  async raw(port: number, options: RawOptions = {}): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.#endings.push(() => socket.destroy())
    await once(socket, 'connect')
    const raw = new RawPeer(this, 'wire', socket, masked)
    const headers = {
      Host: 'example.com',
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': key,
      'Sec-WebSocket-Version': '13',
      ...options.headers,
    }
    const lines = Object.entries(headers).flatMap(([name, value]) => (value ? `${name}: ${value}\r\n` : []))
    socket.write(`GET ${options.path ?? '/'} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
    return raw
  }

  /** A TCP server that gives each connection to `onPeer`. */
  async rawServer(onPeer: (raw: RawPeer) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, socket => {
      this.#endings.push(() => socket.destroy())
      onPeer(new RawPeer(this, 'wire', socket, unmasked))
    })
    return this.#listen(server)
  }

  /** A client with one connection to a raw server, which has answered 101. */
  async connected(config: ClientConfig = {}) {
    const peers: RawPeer[] = []
    const port = await this.rawServer(raw => {
      peers.push(raw)
      void raw.answer()
    })
    const client = new this.library.client(config)
    client.connect(`ws://127.0.0.1:${port}/`)
    const [connection] = (await once(client, 'connect')) as [WebSocketConnection]
    return { client, raw: peers[0] as RawPeer, connection: this.watch('connection', connection) }
  }

  /** Ends whatever is left. */
  async end(): Promise<void> {
    await Promise.all(this.#endings.map(end => end()))
  }

  async #listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#endings.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return (server.address() as AddressInfo).port
  }
}

export interface RawOptions {
  readonly path?: string
  /** An empty value leaves one out. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The other side as bytes. */
export class RawPeer {
  readonly socket: Socket
  readonly #stage: Stage
  readonly #actor: string
  readonly #encode: (frame: RawFrame) => Uint8Array
  #bytes = Buffer.alloc(0)
  #isOver = false
  #wake: () => void = () => {}

  constructor(stage: Stage, actor: string, socket: Socket, encode: (frame: RawFrame) => Uint8Array) {
    this.#stage = stage
    this.#actor = actor
    this.#encode = encode
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    const over = (): void => {
      this.#isOver = true
      this.#wake()
    }
    socket.on('error', over)
    socket.on('end', over)
    socket.on('close', over)
  }

  /** The head of the other side's request or answer. */
  async head(): Promise<string> {
    const end = await this.#until(() => {
      const at = this.#bytes.indexOf('\r\n\r\n')
      return at < 0 ? undefined : at + 4
    })
    const head = this.#bytes.toString('latin1', 0, end)
    this.#bytes = this.#bytes.subarray(end)
    this.#stage.note(this.#actor, 'head', head)
    return head
  }

  /** Reads a request and accepts it. */
  async answer(headers: Readonly<Record<string, string>> = {}, statusLine = '101 Switching Protocols') {
    const head = await this.head()
    const [, requestKey = ''] = /Sec-WebSocket-Key: (.+)\r\n/.exec(head) ?? []
    const all = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Accept': await acceptFor(requestKey),
      ...headers,
    }
    const lines = Object.entries(all).flatMap(([name, value]) => (value ? `${name}: ${value}\r\n` : []))
    this.socket.write(`HTTP/1.1 ${statusLine}\r\n${lines.join('')}\r\n`, 'latin1')
  }

  /** The next frames. */
  async frames(count = 1): Promise<ReadFrame[]> {
    const frames = await this.#until(() => {
      const whole = wholeFrames(this.#bytes)
      return whole.length < count ? undefined : whole.slice(0, count)
    })
    for (const frame of frames) {
      this.#bytes = this.#bytes.subarray(encodedLength(frame))
      const { isFinal, opcode, isMasked, payload } = frame
      this.#stage.note(this.#actor, 'frame', { isFinal, opcode, isMasked, payload: summary(payload) })
    }
    return frames
  }

  /** Frames as this side has to send them: `['81', 'text']`. */
  send(...frames: RawFrame[]): void {
    this.socket.write(Buffer.concat(frames.map(this.#encode)))
  }

  end(): void {
    this.socket.end()
  }

  /** Waits until the other side has ended TCP, in order or not. */
  async over(): Promise<void> {
    await this.#until(() => this.#isOver || undefined)
    this.#stage.note(this.#actor, 'over', wholeFrames(this.#bytes).length)
  }

  async #until<Found>(find: () => Found | undefined): Promise<Found> {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (this.#isOver) throw new Error(`TCP is over; left: ${this.#bytes.toString('latin1')}`)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}

async function acceptFor(requestKey: string): Promise<string> {
  const text = `${requestKey}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  return Buffer.from(await crypto.subtle.digest('SHA-1', Buffer.from(text))).toString('base64')
}

/** The frames that have come whole. */
function wholeFrames(bytes: Buffer): ReadFrame[] {
  const frames: ReadFrame[] = []
  for (let at = 0; ; ) {
    const lengthBits = (bytes[at + 1] ?? 0) & 0x7f
    const maskBytes = ((bytes[at + 1] ?? 0) & 0x80) === 0 ? 0 : 4
    const headerBytes = 2 + maskBytes + (lengthBits === 126 ? 2 : lengthBits === 127 ? 8 : 0)
    if (bytes.length < at + headerBytes) return frames
    let length = lengthBits
    if (lengthBits === 126) length = bytes.readUInt16BE(at + 2)
    if (lengthBits === 127) length = Number(bytes.readBigUInt64BE(at + 2))
    const end = at + headerBytes + length
    if (bytes.length < end) return frames
    frames.push(...readFrames(bytes.subarray(at, end)))
    at = end
  }
}

function encodedLength({ payload: { length }, isMasked }: ReadFrame): number {
  return (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (isMasked ? 4 : 0) + length
}

/** Long payloads as their length and their ends. */
function summary(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  return text.length <= 200 ? text : `${text.slice(0, 20)}…${text.slice(-20)} (${text.length})`
}

/** A value as notes keep it: the parts that depend on chance are replaced. */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return withoutChance(value)
  if (Buffer.isBuffer(value)) return `bytes: ${summary(value)}`
  if (value instanceof ArrayBuffer) return `ArrayBuffer: ${summary(Buffer.from(value))}`
  if (value instanceof Error) return { error: withoutChance(value.message) }
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]))
}

function withoutChance(text: string): string {
  return text
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/(Sec-WebSocket-Key: ).+/g, '$1KEY')
    .replaceAll(/(sec-websocket-accept: ).+/g, '$1ACCEPT')
    .replaceAll(/(expected value of ).+/g, '$1ACCEPT')
}

/** Performs a script with a library, and returns its notes. */
export async function perform(library: Library, script: (stage: Stage) => Promise<void>): Promise<Notes> {
  const stage = new Stage(library)
  try {
    await script(stage)
    // Events of the ending are nobody's promise.
    return structuredClone(stage.notes)
  } finally {
    await stage.end()
  }
}

export type { WebSocketConnection, WebSocketRequest }
