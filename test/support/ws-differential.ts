import { createHash } from 'node:crypto'
import { type EventEmitter, once } from 'node:events'
import { createRequire } from 'node:module'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { expect, test } from 'vitest'
import dropIn, { type ServerOptions } from '../../drop-ins/ws/src/index.ts'
import { framesTo, type RawFrame } from './raw-frame.ts'

// A script runs once with npm's `ws` and once with the drop-in; its notes must be the same.

// By its file: the conditions of the tests would pick its ES module, which lacks the statics.
const theirs: Ws = createRequire(import.meta.url)('../../node_modules/ws/index.js')

export type Ws = typeof dropIn

type Named = Readonly<Record<string, readonly string[]>>

/** The events of a script, by the end that they happened to: between two ends of a connection there is no order. */
export class Notes {
  readonly #lines: Record<string, string[]> = {}

  add(who: string, ...what: unknown[]): void {
    this.#lines[who] ??= []
    this.#lines[who].push(what.map(describeValue).join(' '))
  }

  /** Writes down events with their arguments. */
  watch(who: string, emitter: EventEmitter, events: readonly string[]): void {
    for (const event of events) emitter.on(event, (...args: unknown[]) => this.add(who, `${event}:`, ...args))
  }

  get all(): Named {
    return this.#lines
  }
}

export const socketEvents = ['open', 'message', 'ping', 'pong', 'error', 'close'] as const

/** The tools of one run of a script; it ends all that was opened by it. */
export class Stage {
  readonly WebSocket: Ws
  readonly notes: Notes = new Notes()
  readonly #ends: (() => unknown)[] = []
  readonly #closings: Promise<unknown>[] = []

  constructor(WebSocket: Ws) {
    this.WebSocket = WebSocket
  }

  /** A server on a free port, with every connection's events written down as `server`. */
  async serve(
    options: ServerOptions = {},
    onConnection: (socket: dropIn, request: import('node:http').IncomingMessage) => void = () => {},
  ): Promise<{ wss: InstanceType<Ws['Server']>; port: number; url: string }> {
    const wss = new this.WebSocket.Server({ host: '127.0.0.1', port: 0, ...options })
    wss.on('connection', (socket, request) => {
      this.#follow('server', socket)
      onConnection(socket, request)
    })
    await once(wss, 'listening')
    this.#ends.push(() => wss.close())
    const { port } = wss.address() as AddressInfo
    return { wss, port, url: `ws://127.0.0.1:${port}` }
  }

  /** A client with its events written down as `client`. */
  connect(url: string, ...rest: [protocols?: string | string[] | object, options?: object]): dropIn {
    const socket = new this.WebSocket(url, ...(rest as [string[], object]))
    this.#follow('client', socket)
    return socket
  }

  /** A TCP server that opens every handshake and gives its side of the connection. */
  async serveRaw(
    onSocket: (peer: RawPeer) => void,
    answer: (accept: string, request: string) => string = answer101,
  ): Promise<{ port: number; url: string }> {
    const server: Server = createTcpServer(socket => {
      this.#ends.push(() => socket.destroy())
      const peer = new RawPeer(socket, 'client')
      this.#closings.push(peer.ended)
      void peer.head.then(head => {
        const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1] ?? ''
        const text = answer(acceptOf(key), head)
        if (text === '') return
        socket.write(text)
        onSocket(peer)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#ends.push(() => server.close())
    const { port } = server.address() as AddressInfo
    return { port, url: `ws://127.0.0.1:${port}` }
  }

  /** A TCP client; with the headers of a handshake unless `request` says otherwise. */
  async connectRaw(port: number, request: string = requestWith()): Promise<RawPeer> {
    const socket = connect(port, '127.0.0.1')
    this.#ends.push(() => socket.destroy())
    await once(socket, 'connect')
    const peer = new RawPeer(socket, 'server')
    if (request !== '') socket.write(request, 'latin1')
    return peer
  }

  /** All that came to a bare end, once it and all sockets are closed. */
  async endOf(peer: RawPeer): Promise<Buffer> {
    const received = await peer.ended
    await this.closed()
    return received
  }

  /** Waits until all sockets are closed, bare ends included. */
  async closed(): Promise<void> {
    await Promise.all(this.#closings)
  }

  async end(): Promise<void> {
    for (const end of this.#ends.reverse()) end()
    await this.closed()
  }

  #follow(who: string, socket: dropIn): void {
    this.notes.watch(who, socket, socketEvents)
    this.#ends.push(() => socket.terminate())
    this.#closings.push(new Promise(resolve => socket.once('close', resolve)))
  }
}

/** The bare TCP end of a connection. */
export class RawPeer {
  readonly socket: Socket
  /** The text that came before the first frame. */
  readonly head: Promise<string>
  /** All that came, once TCP is over. */
  readonly ended: Promise<Buffer>
  readonly #role: 'server' | 'client'
  #received = Buffer.alloc(0)
  #waiting: (() => void)[] = []

  /** @param role of the other side */
  constructor(socket: Socket, role: 'server' | 'client') {
    this.socket = socket
    this.#role = role
    socket.on('error', () => {})
    socket.on('data', chunk => {
      this.#received = Buffer.concat([this.#received, chunk])
      for (const waiting of this.#waiting) waiting()
    })
    this.head = this.#until(() => this.#received.includes('\r\n\r\n')).then(() => this.#takeHead())
    this.ended = new Promise(resolve => socket.once('close', () => resolve(this.#received)))
  }

  /** The bytes that have come since the head. */
  get received(): Buffer {
    return this.#received
  }

  /** Writes frames as the other side of this role would want them. */
  write(...frames: RawFrame[]): void {
    this.socket.write(framesTo(this.#role, frames))
  }

  /** Waits for that many bytes after the head. */
  async bytes(count: number): Promise<Buffer> {
    await this.head
    await this.#until(() => this.#received.length >= count)
    return this.#received
  }

  #takeHead(): string {
    const end = this.#received.indexOf('\r\n\r\n') + 4
    const head = this.#received.toString('latin1', 0, end)
    this.#received = this.#received.subarray(end)
    return head
  }

  #until(isThere: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = (): void => {
        if (!isThere() && !this.socket.destroyed) return
        this.#waiting = this.#waiting.filter(it => it !== look)
        resolve()
      }
      this.#waiting.push(look)
      this.socket.once('close', look)
      look()
    })
  }
}

export type Script = (stage: Stage, notes: Notes) => Promise<unknown>

/** Both must do the same in this script, and something. */
export function sameOnBoth(name: string, script: Script): void {
  test(`${name}: the drop-in behaves as ws`, async () => {
    const expected = await run(theirs, script)
    const actual = await run(dropIn, script)
    expect(actual).toEqual(expected)
    expect(expected).not.toEqual({})
  })
}

async function run(WebSocket: Ws, script: Script): Promise<Named> {
  const stage = new Stage(WebSocket)
  try {
    await script(stage, stage.notes)
  } finally {
    await stage.end()
  }
  return stage.notes.all
}

/** The request of a valid opening handshake; a header of undefined is left out. */
export function requestWith(
  headers: Record<string, string | undefined> = {},
  line = 'GET / HTTP/1.1',
): string {
  const all: Record<string, string | undefined> = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...headers,
  }
  const lines = Object.entries(all).filter(([, value]) => value !== undefined)
  return `${[line, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`
}

export function answer101(accept: string): string {
  return answerWith({ 'Sec-WebSocket-Accept': accept })
}

export function answerWith(
  headers: Record<string, string | undefined>,
  line = 'HTTP/1.1 101 Switching Protocols',
): string {
  const all: Record<string, string | undefined> = { Upgrade: 'websocket', Connection: 'Upgrade', ...headers }
  const lines = Object.entries(all).filter(([, value]) => value !== undefined)
  return `${[line, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`
}

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

/** Bytes that do not compress, the same ones each time. */
export function noise(byteLength: number): Buffer {
  const hash = createHash('shake256', { outputLength: byteLength })
  return hash.update('noise').digest()
}

/** A value so that two are the same exactly if a program could not tell them apart. */
function describeValue(value: unknown): string {
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return `Buffer(${short(value)})`
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${short(Buffer.from(value))})`
  if (value instanceof Blob) return `Blob(${value.size})`
  if (Array.isArray(value)) return `[${value.map(describeValue).join(', ')}]`
  if (value instanceof Error) {
    const { code } = value as NodeJS.ErrnoException
    return `${value.constructor.name}${code === undefined ? '' : ` ${code}`} "${value.message.replaceAll(/:\d{4,5}\b/g, ':PORT')}"`
  }
  if (value instanceof Set) return `Set(${[...value].map(describeValue).join(', ')})`
  if (typeof value === 'object' && value !== null) {
    const name = value.constructor?.name ?? 'null'
    if (name !== 'Object' && name !== 'null') return name
    return JSON.stringify(value, (_, it) => (it === undefined ? 'undefined' : it))
  }
  return String(value)
}

function short(bytes: Buffer): string {
  if (bytes.length <= 64) return bytes.toString('hex')
  return `${bytes.length} bytes, ${createHash('sha1').update(bytes).digest('hex')}`
}
