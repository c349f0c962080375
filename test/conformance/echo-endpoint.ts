import { once } from 'node:events'
import { type ClientHttp2Session, connect, constants, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import type { DeflateDirections, Role } from '@bothways/protocol'
import { FrameCutShort, type ReadFrame, readFrames } from '@bothways/test-support/frame-reader'
import { type TransportEnds, transportKinds } from '@bothways/test-support/transport-ends'
import { Connection } from '../../packages/bothways/src/connection/connection.ts'
import type { Disconnect } from '../../packages/bothways/src/connection/disconnect.ts'
import {
  type ConnectionOptions,
  resolveConnectionOptions,
} from '../../packages/bothways/src/connection/options.ts'
import { Http2Transport } from '../../packages/bothways/src/connection/transports/http2-transport.ts'
import { StreamTransport } from '../../packages/bothways/src/connection/transports/stream-transport.ts'
import type { Transport } from '../../packages/bothways/src/connection/transports/transport.ts'
import type { Endpoint } from './check-row.ts'

/** How long anything may take that must happen; `BOTHWAYS_DEADLINE_FACTOR` scales it on slow machines. */
export const deadlineMs: number = 20_000 * Number(process.env.BOTHWAYS_DEADLINE_FACTOR ?? 1)

/** The byte stream below an endpoint. */
export interface Wire {
  readonly transport: Transport
  /** All that the endpoint has written so far. */
  readonly written: Buffer
  /** The endpoint has ended its direction. */
  readonly hasFin: boolean
  /** Delivers a chunk to the endpoint; null ends this direction. */
  push(chunk: Buffer | null): void
}

/** The bytes that have come so far, in one piece: HTTP/2 brings long messages in a thousand. */
export class Collected {
  #memory = Buffer.alloc(4 * 1024)
  #length = 0

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (length > this.#memory.length) {
      const grown = Buffer.alloc(2 * length)
      grown.set(this.whole)
      this.#memory = grown
    }
    this.#memory.set(chunk, this.#length)
    this.#length = length
  }

  get whole(): Buffer {
    return this.#memory.subarray(0, this.#length)
  }
}

/** A stream in memory: chunks arrive exactly as they were pushed. */
class MemoryWire extends Duplex implements Wire {
  readonly transport = new StreamTransport(this)
  readonly #collected = new Collected()
  hasFin = false

  get written(): Buffer {
    return this.#collected.whole
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#collected.add(chunk)
    done()
  }

  override _final(done: () => void): void {
    this.hasFin = true
    done()
  }
}

/** A connection over loopback, with a transport at its near end and the test at the far one. */
class LoopbackWire implements Wire {
  readonly transport: Transport
  readonly #peer: Duplex
  readonly #collected = new Collected()
  hasFin = false

  constructor(transport: Transport, peer: Duplex) {
    this.transport = transport
    this.#peer = peer
    peer.on('data', chunk => this.#collected.add(chunk))
    peer.on('end', () => {
      this.hasFin = true
    })
  }

  get written(): Buffer {
    return this.#collected.whole
  }

  push(chunk: Buffer | null): void {
    if (chunk === null) this.#peer.end()
    else this.#peer.write(chunk)
  }
}

function onTcp({ transport, peer }: TransportEnds): Wire {
  peer.setNoDelay(true)
  return new LoopbackWire(transport, peer)
}

/** A stream of HTTP/2 for each wire, all on one TCP connection (RFC 8441). */
class Http2Wires {
  #session: Promise<ClientHttp2Session> | undefined
  readonly #arrived: ((stream: ServerHttp2Stream) => void)[] = []

  async open(): Promise<Wire> {
    this.#session ??= this.#connect()
    const session = await this.#session
    const arrived = new Promise<ServerHttp2Stream>(resolve => this.#arrived.push(resolve))
    const peer = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/' })
    // A stream that the endpoint resets is no error of the test.
    peer.on('error', () => {})
    const stream = await arrived
    stream.respond({ ':status': constants.HTTP_STATUS_OK })
    // Node refuses a response that comes when more than 10 MB wait to be sent.
    await once(peer, 'response')
    return new LoopbackWire(new Http2Transport(stream), peer)
  }

  async #connect(): Promise<ClientHttp2Session> {
    const server = createServer({ settings: { enableConnectProtocol: true } })
    server.on('stream', stream => this.#arrived.shift()?.(stream))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await once(session, 'remoteSettings')
    session.unref()
    server.unref()
    return session
  }
}

const http2 = new Http2Wires()

/** Every byte stream that an endpoint can stand on, by name. */
export const wires: Readonly<Record<string, () => Promise<Wire>>> = {
  memory: async () => new MemoryWire(),
  Http2Transport: () => http2.open(),
  ...Object.fromEntries(transportKinds.map(([name, open]) => [name, async () => onTcp(await open())])),
}

/** A {@link Connection} that sends every message back, and the test's raw access to its byte stream. */
export class EchoEndpoint implements Endpoint {
  disconnect: Disconnect | undefined
  readonly #role: Role
  readonly #wire: Wire
  /** How many frames were in how many bytes, when somebody last asked. */
  #counted = { bytes: 0, frames: 0 }

  constructor(
    role: Role,
    options: ConnectionOptions = {},
    deflate?: DeflateDirections,
    wire: Wire = new MemoryWire(),
  ) {
    this.#role = role
    this.#wire = wire
    const connection = new Connection(
      {
        onMessage: message => connection.send(message),
        onClose: disconnect => {
          this.disconnect = disconnect
        },
      },
      {
        role,
        transport: wire.transport,
        settings: resolveConnectionOptions(options, role),
        deflate,
      },
    )
    connection.start()
  }

  /** True when the endpoint has ended its direction of TCP. */
  get hasEndedTcp(): boolean {
    return this.#wire.hasFin
  }

  /** Delivers a chunk as it is. */
  write(chunk: Uint8Array): void {
    this.#wire.push(Buffer.from(chunk))
  }

  /** Ends the test's direction of TCP. */
  endTcp(): void {
    this.#wire.push(null)
  }

  /** The frames that the endpoint has written so far; it must mask them by its role (RFC 6455 §5.1). */
  frames(): ReadFrame[] {
    const frames = readFrames(this.#wire.written)
    const isClient = this.#role === 'client'
    for (const { isMasked } of frames) {
      if (isMasked !== isClient) throw new Error(`A ${this.#role} wrote a frame masked the wrong way`)
    }
    return frames
  }

  /** Whether so many frames have been written, and not a part of one more. */
  hasWritten(count: number): boolean {
    const { length } = this.#wire.written
    if (length !== this.#counted.bytes) this.#counted = { bytes: length, frames: this.#countFrames() }
    return this.#counted.frames >= count
  }

  /** Waits until something is true, at most until the deadline; returns whether it is. */
  async until(isTrue: () => boolean): Promise<boolean> {
    const end = performance.now() + deadlineMs
    while (!isTrue() && performance.now() < end) await turn()
    return isTrue()
  }

  #countFrames(): number {
    try {
      return this.frames().length
    } catch (error) {
      if (error instanceof FrameCutShort) return -1
      throw error
    }
  }

  /** Lets the endpoint do what it would do without further input. */
  async idle(): Promise<void> {
    for (let count = 0; count < 4; count++) await turn()
  }
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
