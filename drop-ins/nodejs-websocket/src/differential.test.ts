import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer as createTcpServer, connect as dial, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { acceptKey } from '@bothways/protocol'
import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { FrameCutShort, readFrames } from '@bothways/test-support/frame-reader'
import { masked, type RawFrame, rawFrame, unmasked } from '@bothways/test-support/raw-frame'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import bothways, { type Connection, type Server, type ServerOptions } from './index.ts'

// Each script runs once on nodejs-websocket and once on this package: both must do the same.

type Api = typeof bothways

const require = createRequire(import.meta.url)
const original: Api = require('nodejs-websocket')
const apis: readonly Api[] = [original, bothways]

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const usualLines = [
  'Host: example.test',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${key}`,
  'Sec-WebSocket-Version: 13',
]

const head = (first: string, lines: readonly string[]): string => `${[first, ...lines].join('\r\n')}\r\n\r\n`
const request = (...more: string[]): string => head('GET /chat?a=1 HTTP/1.1', [...usualLines, ...more])

/** The things that happened to each side, in order; also waits for them. */
class Log {
  readonly entries: Record<string, unknown[]> = {}
  readonly #waiting = new Set<() => void>()

  add(who: string, ...what: unknown[]): void {
    this.entries[who] ??= []
    this.entries[who].push(what)
    for (const look of [...this.#waiting]) look()
  }

  count(who: string, name: string): number {
    return (this.entries[who] ?? []).filter(entry => Array.isArray(entry) && entry[0] === name).length
  }

  async until(who: string, name: string, count = 1): Promise<void> {
    while (this.count(who, name) < count) await this.#next()
  }

  async #next(): Promise<void> {
    await new Promise<void>(resolve => {
      const look = (): void => {
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
    })
  }
}

/** The raw other side: bytes go out as they are, and what came is read by an independent reader. */
class Peer {
  readonly socket: Socket
  bytes: Buffer = Buffer.alloc(0)
  readonly #kind: 'client' | 'server'
  readonly #waiting = new Set<() => void>()
  #isOver = false

  constructor(socket: Socket, kind: 'client' | 'server') {
    this.socket = socket
    this.#kind = kind
    socket.on('data', chunk => {
      this.bytes = Buffer.concat([this.bytes, chunk])
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#isOver = true
      this.#wake()
    })
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data)
  }

  frame(...frames: RawFrame[]): void {
    for (const frame of frames) this.write(this.#kind === 'client' ? masked(frame) : unmasked(frame))
  }

  async #more(): Promise<void> {
    if (this.#isOver)
      throw new Error(`The other side has left after ${JSON.stringify(this.bytes.toString())}`)
    await new Promise<void>(resolve => this.#waiting.add(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  /** The other side's head, taken off. */
  async head(): Promise<string> {
    let end = this.bytes.indexOf('\r\n\r\n')
    while (end < 0) {
      await this.#more()
      end = this.bytes.indexOf('\r\n\r\n')
    }
    const text = this.bytes.toString('utf8', 0, end + 4)
    this.bytes = this.bytes.subarray(end + 4)
    return text
  }

  /** The first frames: opcode, whether final, whether masked, payload in hexadecimal or its length. */
  async frames(count: number): Promise<unknown[]> {
    for (;;) {
      const frames = this.#framesSoFar()
      if (frames.length >= count) return frames
      await this.#more()
    }
  }

  /** All that came until TCP is over, as frames. */
  async rest(): Promise<unknown[]> {
    await this.over()
    return this.#framesSoFar()
  }

  async over(): Promise<void> {
    if (!this.#isOver) await once(this.socket, 'close')
  }

  #framesSoFar(): unknown[] {
    try {
      return readFrames(this.bytes).map(({ opcode, isFinal, isMasked, payload }) => [
        opcode,
        isFinal,
        isMasked,
        payload.length > 200 ? payload.length : payload.toString('latin1'),
      ])
    } catch (error) {
      if (error instanceof FrameCutShort) return []
      throw error
    }
  }
}

class Stage {
  readonly api: Api
  readonly log = new Log()
  readonly #leave: (() => void)[] = []

  constructor(api: Api) {
    this.api = api
  }

  /** Writes down what a connection tells. */
  watch(who: string, connection: Connection): Connection {
    connection.on('connect', () => this.log.add(who, 'connect', connection.readyState))
    connection.on('text', text => this.log.add(who, 'text', text.length > 200 ? text.length : text))
    connection.on('pong', payload => this.log.add(who, 'pong', payload))
    connection.on('close', (...details) => this.log.add(who, 'close', ...details))
    connection.on('error', error => this.log.add(who, 'error', error.message))
    connection.on('binary', stream => {
      this.log.add(who, 'binary')
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const all = Buffer.concat(chunks)
        this.log.add(who, 'binary end', all.length > 200 ? all.length : all.toString('latin1'))
      })
    })
    this.#leave.push(() => connection.socket.destroy())
    return connection
  }

  async serve(
    options: ServerOptions = {},
  ): Promise<{ server: Server; port: number; accepted: Connection[] }> {
    const accepted: Connection[] = []
    const server = this.api.createServer(options, connection => {
      accepted.push(this.watch('server', connection))
      this.log.add('server', 'connection', server.connections.length, connection.readyState)
    })
    this.#leave.push(() => server.socket.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, port: portOf(server), accepted }
  }

  async dial(port: number): Promise<Peer> {
    const socket = dial(port, '127.0.0.1')
    this.#leave.push(() => socket.destroy())
    await once(socket, 'connect')
    return new Peer(socket, 'client')
  }

  /** A server of this package and a raw client that has opened. */
  async served(options: ServerOptions = {}): Promise<{ server: Server; peer: Peer; connection: Connection }> {
    const { server, port, accepted } = await this.serve(options)
    const peer = await this.dial(port)
    peer.write(request())
    await peer.head()
    await this.log.until('server', 'connection')
    return { server, peer, connection: accepted[0]! }
  }

  /** A raw server that nobody has come to. */
  async listen(): Promise<{ port: number; accept: () => Promise<Peer> }> {
    const server = createTcpServer()
    const peers: Peer[] = []
    const waiting: ((peer: Peer) => void)[] = []
    server.on('connection', socket => {
      const peer = new Peer(socket, 'server')
      this.#leave.push(() => socket.destroy())
      const take = waiting.shift()
      if (take === undefined) peers.push(peer)
      else take(peer)
    })
    server.listen(0, '127.0.0.1')
    this.#leave.push(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const accept = async (): Promise<Peer> => peers.shift() ?? new Promise(resolve => waiting.push(resolve))
    return { port, accept }
  }

  /** A raw server, and a client of this package that waits for its answer. */
  async asked(
    options: Parameters<Api['connect']>[1] = {},
    path = '/',
  ): Promise<{ peer: Peer; connection: Connection; asked: string }> {
    const { port, accept } = await this.listen()
    const connection = this.watch(
      'client',
      this.api.connect(`ws://127.0.0.1:${port}${path}`, options as object, () => {
        this.log.add('client', 'callback', connection.readyState)
      }),
    )
    const peer = await accept()
    return { peer, connection, asked: await peer.head() }
  }

  /** A raw server, and a client of this package that it has let in. */
  async opened(
    options: Parameters<Api['connect']>[1] = {},
    behind: Uint8Array = new Uint8Array(0),
  ): Promise<{ peer: Peer; connection: Connection }> {
    const { peer, connection, asked } = await this.asked(options)
    peer.write(Buffer.concat([Buffer.from(answer(asked)), behind]))
    await this.log.until('client', 'connect')
    return { peer, connection }
  }

  leave(): void {
    for (const step of this.#leave) step()
  }
}

function portOf(server: Server): number {
  return (server.socket.address() as AddressInfo).port
}

function keyOf(asked: string): string {
  return /^Sec-WebSocket-Key: (.*)$/m.exec(asked)?.[1] ?? ''
}

function answer(asked: string, ...more: string[]): string {
  return head('HTTP/1.1 101 Switching Protocols', [
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptKey(keyOf(asked))}`,
    ...more,
  ])
}

const close = (code: number, reason = ''): RawFrame => {
  const body = Buffer.alloc(2 + Buffer.byteLength(reason))
  body.writeUInt16BE(code)
  body.write(reason, 2)
  return rawFrame('88', body)
}

const stages: Stage[] = []

afterEach(() => {
  for (const stage of stages.splice(0)) stage.leave()
  for (const api of apis) {
    api.setMaxBufferLength(2 * 1024 * 1024)
    api.setBinaryFragmentation(512 * 1024)
  }
})

/** A script's result and its log are the same on both libraries, and are not both empty. */
async function same(script: (stage: Stage) => Promise<unknown>): Promise<void> {
  const seen: unknown[] = []
  for (const api of apis) {
    const stage = new Stage(api)
    stages.push(stage)
    const result = await script(stage)
    // As it is now: leaving adds to it.
    seen.push(structuredClone({ result, log: stage.log.entries }))
    stage.leave()
  }
  expect(seen[1]).toEqual(seen[0])
  expect(JSON.stringify(seen[0])).not.toBe('{"log":{}}')
}

/** Waits for the end of a socket, in order or not. */
async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>(resolve => socket.once('close', () => resolve()))
}

/** The error that an action throws, as its name and message. */
function thrown(action: () => unknown): unknown {
  try {
    return ['returned', typeof action()]
  } catch (error) {
    return [(error as Error).name, (error as Error).message]
  }
}

const facts = ({ path, host, headers, protocols, protocol, key, readyState, outStream }: Connection) => ({
  ...{ path, host, headers, protocols, protocol, key, readyState, outStream },
})

describe("A server's opening handshake is the same on both", () => {
  test('It answers the same, and the connection knows the same', () =>
    same(async stage => {
      const { port, accepted, server } = await stage.serve()
      const peer = await stage.dial(port)
      peer.write(request('Origin: https://example.test', 'X-Some-Thing: A B  c'))
      const answered = await peer.head()
      await stage.log.until('server', 'connection')
      return [answered, facts(accepted[0]!), accepted[0]!.server === server]
    }))

  test.each<[string, ServerOptions, string]>([
    ["the client's preference among the valid", { validProtocols: ['c', 'b', 'a'] }, 'x, b, a'],
    ['none that is valid', { validProtocols: ['c'] }, 'a, b'],
    ['offered, nobody asks', {}, 'a,b ,  c'],
    ['names that are no tokens', { validProtocols: ['a/1'] }, 'b/1, a/1'],
    ['what selectProtocol says', { selectProtocol: (_connection, protocols) => protocols[1] }, 'a, b'],
    ['nothing by selectProtocol', { selectProtocol: () => undefined }, 'a, b'],
    ['selectProtocol before validProtocols', { selectProtocol: () => 'b', validProtocols: ['a'] }, 'a, b'],
  ])('Protocols are agreed on alike: %s', (_name, options, offered) =>
    same(async stage => {
      const { port, accepted } = await stage.serve(options)
      const peer = await stage.dial(port)
      peer.write(request(`Sec-WebSocket-Protocol: ${offered}`))
      const answered = await peer.head()
      await stage.log.until('server', 'connection')
      return [answered, accepted[0]?.protocols, accepted[0]?.protocol]
    }),
  )

  test('selectProtocol gets the connection and what is offered; nobody asks it when nothing is', () =>
    same(async stage => {
      const { port } = await stage.serve({
        selectProtocol: (connection, protocols) => {
          stage.log.add('select', connection.path, connection.headers.host, connection.readyState, protocols)
          return null
        },
      })
      for (const more of [['Sec-WebSocket-Protocol: one'], []]) {
        const peer = await stage.dial(port)
        peer.write(request(...more))
        await peer.head()
      }
      return stage.log.until('server', 'connection', 2)
    }))

  test('Of a header that stands twice the last counts, and what is no header does not', () =>
    same(async stage => {
      const { port, accepted } = await stage.serve()
      const peer = await stage.dial(port)
      peer.write(
        request('Cookie: a', 'no header', ': nothing', 'Cookie: b', 'X-Empty: ', 'X-Ümlaut: ü', 'X: ü'),
      )
      await peer.head()
      await stage.log.until('server', 'connection')
      return accepted[0]?.headers
    }))

  test('It may come byte by byte, with frames behind it', () =>
    same(async stage => {
      const { port } = await stage.serve()
      const peer = await stage.dial(port)
      peer.socket.setNoDelay()
      const bytes = Buffer.concat([
        Buffer.from(request()),
        masked(rawFrame('81', 'early')),
        masked(close(1000)),
      ])
      for (const byte of bytes) peer.write(Uint8Array.of(byte))
      const answered = await peer.head()
      await peer.frames(1)
      peer.socket.end()
      return [answered, await peer.rest()]
    }))

  test('Frames in the same packet are told after connection', () =>
    same(async stage => {
      const { port } = await stage.serve()
      const peer = await stage.dial(port)
      peer.write(
        Buffer.concat([Buffer.from(request()), masked(rawFrame('81', 'early')), masked(rawFrame('82', 'b'))]),
      )
      await stage.log.until('server', 'binary end')
    }))

  const without = (name: string): string =>
    head(
      'GET / HTTP/1.1',
      usualLines.filter(line => !line.startsWith(name)),
    )
  const withOther = (name: string, line: string): string =>
    head(
      'GET / HTTP/1.1',
      usualLines.map(usual => (usual.startsWith(name) ? line : usual)),
    )
  test.each([
    ['POST', head('POST / HTTP/1.1', usualLines)],
    ['garbage', 'garbage\r\n\r\n'],
    ['nothing but an end', '\r\n\r\n'],
    ['no path', head('GET HTTP/1.1', usualLines)],
    ['no HTTP', head('GET / FTP/1.1', usualLines)],
    ['a plain GET', head('GET / HTTP/1.1', ['Host: a', 'A: b', 'C: d', 'E: f', 'G: h'])],
    ['no Host', without('Host')],
    ['no Upgrade', without('Upgrade')],
    ['no Connection', without('Connection')],
    ['no key', without('Sec-WebSocket-Key')],
    ['no version', without('Sec-WebSocket-Version')],
    ['another version', withOther('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 8')],
    ['another Upgrade', withOther('Upgrade', 'Upgrade: h2c')],
    ['another Connection', withOther('Connection', 'Connection: keep-alive')],
  ])('A request is refused for %s', (_name, text) =>
    same(async stage => {
      const { port, server } = await stage.serve()
      const peer = await stage.dial(port)
      peer.write(text)
      await peer.over()
      return [peer.bytes.toString(), server.connections.length]
    }),
  )

  test('Connection and Upgrade may come in other cases and in a list', () =>
    same(async stage => {
      const { port } = await stage.serve()
      const peer = await stage.dial(port)
      peer.write(
        head('GET / HTTP/1.1', [
          'HOST: a',
          'upgrade: WebSocket',
          'CONNECTION: keep-alive, UPGRADE',
          `sec-websocket-KEY: ${key}`,
          'sec-websocket-version: 13',
        ]),
      )
      return peer.head()
    }))

  test('A request is refused that is longer than the buffer may grow', () =>
    same(async stage => {
      stage.api.setMaxBufferLength(1_000)
      const { port } = await stage.serve()
      const peer = await stage.dial(port)
      peer.write(`GET / HTTP/1.1\r\nX: ${'a'.repeat(2_000)}`)
      await peer.over()
      return peer.bytes.toString()
    }))
})

describe('Messages are the same on both', () => {
  test('Text and bytes of every length of header are received', () =>
    same(async stage => {
      const { peer } = await stage.served()
      const lengths = [0, 1, 125, 126, 65_535, 65_536, 100_000]
      for (const [at, length] of lengths.entries()) {
        peer.frame(rawFrame('81', 'a'.repeat(length)), rawFrame('82', Buffer.alloc(length, 1)))
        // A stream tells its end in a later tick: other events of the same chunk may come before.
        await stage.log.until('server', 'binary end', at + 1)
      }
    }))

  test('Text and bytes of every length of header are sent, unmasked by a server', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      const lengths = [0, 1, 125, 126, 65_535, 65_536, 100_000]
      const returned = lengths.map(length => [
        typeof connection.sendText('ä'.repeat(length)),
        typeof connection.sendBinary(Buffer.alloc(length, 2)),
        connection.send('ü'),
        connection.send(Buffer.from('ü')),
      ])
      return [returned, await peer.frames(lengths.length * 4)]
    }))

  test('A client masks, and does not change the memory it is given', () =>
    same(async stage => {
      const { peer, connection } = await stage.opened()
      const data = Buffer.from('bytes')
      connection.sendText('text')
      connection.sendBinary(data)
      connection.sendPing('ping')
      connection.close(1000, 'closed')
      return [await peer.frames(4), data.toString()]
    }))

  test('What either side sends, the other receives', () =>
    same(async stage => {
      const { peer } = await stage.opened({}, unmasked(rawFrame('81', 'early')))
      peer.frame(rawFrame('81', 'text'), rawFrame('02', 'by'), rawFrame('80', 'tes'), rawFrame('8a', 'pong'))
      await stage.log.until('client', 'pong')
    }))

  test('A text in fragments is told whole, with a ping and a pong between them', () =>
    same(async stage => {
      const { peer } = await stage.served()
      peer.frame(rawFrame('01', 'a'), rawFrame('89', 'ping'), rawFrame('00', 'b'), rawFrame('8a', 'pong'))
      peer.frame(rawFrame('00', ''), rawFrame('80', 'c'), rawFrame('01', ''), rawFrame('80', ''))
      await stage.log.until('server', 'text', 2)
      return peer.frames(1)
    }))

  test('Text that is not UTF-8 is told all the same', () =>
    same(async stage => {
      const { peer } = await stage.served()
      peer.frame(rawFrame('81', Uint8Array.of(0x61, 0xff, 0x62)), rawFrame('8a', Uint8Array.of(0xfe)))
      await stage.log.until('server', 'pong')
    }))

  test('Bytes in fragments come as they are, before the last is there', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      connection.on('binary', stream => {
        stream.on('data', (chunk: Buffer) => stage.log.add('chunks', chunk.toString()))
      })
      for (const frame of [rawFrame('02', 'a'), rawFrame('00', 'bc'), rawFrame('00', 'd')]) peer.frame(frame)
      await stage.log.until('chunks', 'd')
      peer.frame(rawFrame('89', 'between'))
      const pong = await peer.frames(1)
      peer.frame(rawFrame('80', 'e'), rawFrame('82', 'whole'), rawFrame('82', ''))
      await stage.log.until('server', 'binary end', 3)
      return pong
    }))

  test('A binary stream can be read with read() and readable', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      connection.removeAllListeners('binary')
      connection.on('binary', stream => {
        let all = Buffer.alloc(0)
        stream.on('readable', () => {
          const chunk: Buffer | null = stream.read()
          if (chunk) all = Buffer.concat([all, chunk])
        })
        stream.on('end', () => stage.log.add('server', 'read', all.toString()))
      })
      peer.frame(rawFrame('02', 'one '), rawFrame('00', 'two '), rawFrame('80', 'three'))
      await stage.log.until('server', 'read')
    }))

  test('Who does not care for binary messages still gets the others', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      connection.removeAllListeners('binary')
      for (let count = 0; count < 5; count++) peer.frame(rawFrame('82', Buffer.alloc(1_000_000)))
      peer.frame(rawFrame('81', 'after'))
      await stage.log.until('server', 'text')
    }))

  test('A binary stream that nobody ends is over with the connection', () =>
    same(async stage => {
      const { peer } = await stage.served()
      peer.frame(rawFrame('02', 'half'))
      await stage.log.until('server', 'binary')
      peer.socket.end()
      await stage.log.until('server', 'binary end')
      await stage.log.until('server', 'close')
    }))

  test('beginBinary collects what is small, and sends frames of the fragmentation at least', () =>
    same(async stage => {
      stage.api.setBinaryFragmentation(4)
      const { peer, connection } = await stage.served()
      const stream = connection.beginBinary()
      const isKept = connection.outStream === stream
      stage.api.setBinaryFragmentation(1)
      for (const chunk of ['ab', 'c', 'defghi', 'j']) stream?.write(chunk)
      stream?.end('k')
      await once(stream!, 'finish')
      const isGone = connection.outStream === null
      connection.sendText('after')
      connection.beginBinary()?.end()
      return [isKept, isGone, await peer.frames(4)]
    }))

  test('beginBinary of a client takes what is piped into it', () =>
    same(async stage => {
      stage.api.setBinaryFragmentation(100_000)
      const { peer, connection } = await stage.opened()
      const chunks = Array.from({ length: 20 }, (_, index) => Buffer.alloc(30_000, index))
      Readable.from(chunks).pipe(connection.beginBinary()!)
      return peer.frames(5)
    }))

  test('While bytes are being sent, nothing else may be', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      const stream = connection.beginBinary()
      const returned = [
        connection.sendText('no'),
        connection.sendBinary(Buffer.from('no')),
        connection.beginBinary(),
        connection.send('no'),
        connection.sendPing('yes'),
      ]
      stream?.end('yes')
      // It ends later.
      connection.sendText('not yet')
      return [returned, await peer.frames(2)]
    }))

  test('Callbacks come in order, when the system has taken what was sent', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      const done = (name: string) => (error?: Error) => stage.log.add('callbacks', name, error == null)
      connection.sendText('1', done('text'))
      connection.sendBinary(Buffer.from('2'), done('binary'))
      connection.send('3', done('send'))
      connection.send(Buffer.alloc(200_000), done('long'))
      connection.sendText('', done('empty'))
      stage.log.add('callbacks', 'sync')
      await stage.log.until('callbacks', 'empty')
      return peer.frames(5)
    }))

  test('What cannot be sent is thrown', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      const results = [undefined, null, 5, {}, [1], new Uint8Array(1)].map(data =>
        thrown(() => connection.send(data as unknown as string)),
      )
      const names = [5, null].map(
        data => (thrown(() => connection.sendText(data as unknown as string)) as string[])[0],
      )
      const binary = (thrown(() => connection.sendBinary('text' as unknown as Buffer)) as string[])[0]
      connection.sendText(Buffer.from('bytes') as unknown as string)
      return [results, names, binary, await peer.frames(1)]
    }))

  test('Pings with data and without are sent, and answered by pongs', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      connection.sendPing('data')
      connection.sendPing()
      connection.sendPing('')
      const pings = await peer.frames(3)
      peer.frame(rawFrame('8a', 'data'), rawFrame('8a'), rawFrame('8a', 'unasked'), rawFrame('89', ''))
      await stage.log.until('server', 'pong', 3)
      return [pings, await peer.frames(4)]
    }))

  test('What is sent goes out ahead of what the program does with the socket itself', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      connection.sendText('last words')
      connection.socket.end()
      return peer.rest()
    }))
})

describe('Closing is the same on both', () => {
  const sides = ['server', 'client'] as const
  const begin = async (
    stage: Stage,
    side: 'server' | 'client',
  ): Promise<{ peer: Peer; connection: Connection }> => (side === 'server' ? stage.served() : stage.opened())

  describe.each(sides)('A connection of a %s', side => {
    test.each<[string, RawFrame]>([
      ['with a code and a reason', close(1000, 'reason ✓')],
      ['with a code', close(4999)],
      ['without a code', rawFrame('88')],
      ['with a code that may not be sent', close(404, 'not found')],
      ['with 0', close(0)],
      ['with 1005', close(1005, 'unsaid')],
      ['with 1006', close(1006)],
    ])('is closed by the peer, %s', (_name, frame) =>
      same(async stage => {
        const { peer, connection } = await begin(stage, side)
        connection.on('close', () => stage.log.add(side, 'state', connection.readyState))
        peer.frame(frame)
        const frames = await peer.frames(1)
        await stage.log.until(side, 'state')
        peer.socket.end()
        await closed(connection.socket)
        return frames
      }),
    )

    test.each<[string, unknown[]]>([
      ['with a code and a reason', [1000, 'reason ✓']],
      ['with a code', [4000]],
      ['without a code', []],
      ['with 1005', [1005, 'unsaid']],
      ['with a code that may not be sent', [404, 'not found']],
      ['with a code that is a text', ['4000', 'text']],
      ['with null', [null]],
      ['with a reason only', [undefined, 'unsaid']],
      ['with a reason that is none', [1000, null]],
    ])('is closed by this side, %s', (_name, details) =>
      same(async stage => {
        const { peer, connection } = await begin(stage, side)
        connection.close(...(details as [number, string]))
        const states = [connection.readyState]
        peer.frame(rawFrame('81', 'too late'), rawFrame('82', 'too late'), rawFrame('8a', 'pong'))
        await stage.log.until(side, 'pong')
        peer.frame(close(1000))
        await closed(connection.socket)
        return [states, await peer.rest()]
      }),
    )

    test('ends TCP when it is closed twice, and is told each time', () =>
      same(async stage => {
        const { peer, connection } = await begin(stage, side)
        connection.close(1000)
        connection.close(1001, 'now')
        const state = connection.readyState
        const frames = await peer.rest()
        connection.close(1002)
        return [state, frames]
      }))

    test('sends nothing when it is closed after the peer has, and is told', () =>
      same(async stage => {
        const { peer, connection } = await begin(stage, side)
        peer.frame(close(1001))
        await stage.log.until(side, 'close')
        connection.close(1000, 'late')
        peer.socket.end()
        return [connection.readyState, await peer.rest()]
      }))

    test('is told when TCP ends without notice', () =>
      same(async stage => {
        const { peer, connection } = await begin(stage, side)
        peer.socket.end()
        await closed(connection.socket)
      }))

    test('is told when TCP is reset', () =>
      same(async stage => {
        const { peer, connection } = await begin(stage, side)
        peer.socket.resetAndDestroy()
        await closed(connection.socket)
      }))

    test('is told when the program itself ends or destroys the socket', () =>
      same(async stage => {
        for (const end of ['end', 'destroy'] as const) {
          const { connection } = await begin(stage, side)
          connection.socket[end]()
          await closed(connection.socket)
        }
      }))

    test('sends nothing any more', () =>
      same(async stage => {
        const { peer, connection } = await begin(stage, side)
        const sendAll = (): unknown => [
          connection.sendText('a'),
          connection.sendBinary(Buffer.from('a')),
          connection.beginBinary(),
          connection.sendPing(),
          connection.send('a'),
          thrown(() => connection.send(1 as unknown as string)),
        ]
        connection.close(1000)
        const results = [sendAll()]
        peer.frame(close(1000))
        await closed(connection.socket)
        results.push(sendAll())
        return [results, await peer.rest()]
      }))

    test('drops what is not sent yet of a stream', () =>
      same(async stage => {
        stage.api.setBinaryFragmentation(4)
        const { peer, connection } = await begin(stage, side)
        const stream = connection.beginBinary()
        stream?.write('abcdefg')
        connection.close(1000)
        stream?.write('hijk')
        stream?.end('l')
        await once(stream!, 'finish')
        peer.frame(close(1000))
        await closed(connection.socket)
        return [await peer.rest(), connection.outStream]
      }))

    test.each<[string, RawFrame[]]>([
      ['RSV1', [rawFrame('c1', 'a')]],
      ['RSV2', [rawFrame('a1', 'a')]],
      ['RSV3', [rawFrame('91', 'a')]],
      ['opcode 3', [rawFrame('83', 'a')]],
      ['opcode 11', [rawFrame('8b', 'a')]],
      ['a ping in fragments', [rawFrame('09', 'a')]],
      ['a continuation of nothing', [rawFrame('80', 'a')]],
      ['a text amid a text', [rawFrame('01', 'a'), rawFrame('81', 'b')]],
      ['bytes amid bytes', [rawFrame('02', 'a'), rawFrame('82', 'b')]],
      ['a text before it', [rawFrame('81', 'before'), rawFrame('83', 'a')]],
    ])('is closed for a broken rule: %s', (_name, frames) =>
      same(async stage => {
        const { peer, connection } = await begin(stage, side)
        connection.on('close', () => stage.log.add(side, 'state', connection.readyState))
        peer.frame(...frames)
        const received = await peer.frames(1)
        peer.socket.end()
        await closed(connection.socket)
        if (stage.log.count(side, 'binary') > 0) await stage.log.until(side, 'binary end')
        return received
      }),
    )

    test('is closed for a wrong mask', () =>
      same(async stage => {
        const { peer, connection } = await begin(stage, side)
        const write = side === 'server' ? unmasked : masked
        peer.write(write(rawFrame('81', 'a')))
        const received = await peer.frames(1)
        peer.socket.end()
        await closed(connection.socket)
        return received
      }))

    test('is closed for a frame longer than the buffer may grow', () =>
      same(async stage => {
        stage.api.setMaxBufferLength(1_000)
        const { peer, connection } = await begin(stage, side)
        peer.frame(rawFrame('81', 'a'.repeat(900)))
        await stage.log.until(side, 'text')
        peer.frame(rawFrame('81', 'a'.repeat(2_000), 100_000))
        const received = await peer.frames(1)
        peer.socket.end()
        await closed(connection.socket)
        return received
      }))
  })

  test('A connection can be closed while it is connecting', () =>
    same(async stage => {
      const { connection } = await stage.asked()
      const state = connection.readyState
      connection.close(1000, 'never mind')
      const states = [state, connection.readyState]
      await closed(connection.socket)
      return states
    }))

  test('Nothing can be sent while connecting', () =>
    same(async stage => {
      const { peer, connection } = await stage.asked()
      const returned = [
        connection.sendText('a'),
        connection.sendBinary(Buffer.from('a')),
        connection.beginBinary(),
        connection.sendPing('a'),
        connection.send('a'),
      ]
      return [returned, peer.bytes.length]
    }))

  test('An error without a listener is thrown', () =>
    same(async stage => {
      const { peer, connection } = await stage.served()
      connection.removeAllListeners('error')
      connection.close()
      const results = [thrown(() => connection.sendText('a')), thrown(() => connection.beginBinary())]
      return [results, await peer.frames(1)]
    }))
})

describe("A client's opening handshake is the same on both", () => {
  const asWritten = (asked: string): unknown => [asked.replace(keyOf(asked), 'KEY'), keyOf(asked).length]

  test.each<[string, Parameters<Api['connect']>[1], string]>([
    ['as it is', undefined, ''],
    ['a path and a query', {}, '/chat?a=b&c=%20#fragment'],
    ['protocols', { protocols: ['one', 'two'] }, '/'],
    ['protocols that are no tokens', { protocols: ['a/1', 'b 2'] }, '/'],
    ['no protocols', { protocols: [] }, '/'],
    ['headers', { extraHeaders: { Origin: 'https://example.test', 'X-Number': 5, cookie: 'ä=1' } }, '/'],
    [
      'headers in place of its own',
      { extraHeaders: { Host: 'example.test', Connection: 'keep-alive, Upgrade' } },
      '/',
    ],
  ])('The request is written alike: %s', (_name, options, path) =>
    same(async stage => {
      const { asked, connection } = await stage.asked(options, path)
      const { headers, protocol, server, readyState } = connection
      return [
        asWritten(asked),
        connection.path,
        connection.host,
        connection.protocols,
        headers,
        protocol,
        server,
        readyState,
      ]
    }),
  )

  test('connect and the callback come when the answer is there', () =>
    same(async stage => {
      const { peer, connection, asked } = await stage.asked({ protocols: ['one', 'two'] })
      peer.write(answer(asked, 'Sec-WebSocket-Protocol: two', 'X-More: yes'))
      await stage.log.until('client', 'connect')
      const { 'sec-websocket-accept': _accept, ...headers } = connection.headers
      return [headers, connection.protocol, connection.protocols]
    }))

  const good = 'HTTP/1.1 101 Switching Protocols'
  test.each<[string, (asked: string) => string, string[]?]>([
    ['no header', () => head(good, [])],
    ['200', () => head('HTTP/1.1 200 OK', ['Content-Length: 2'])],
    ['404 with a body', () => `${head('HTTP/1.1 404 Not Found', ['Content-Length: 2'])}no`],
    ['no HTTP', () => head('SSH-2.0-OpenSSH', ['a: b'])],
    ['no Upgrade', asked => answer(asked).replace('Upgrade: websocket\r\n', '')],
    ['no Connection', asked => answer(asked).replace('Connection: Upgrade\r\n', '')],
    ['no accept', () => head(good, ['Upgrade: websocket', 'Connection: Upgrade'])],
    ['another Upgrade', asked => answer(asked).replace('websocket', 'h2c')],
    ['another Connection', asked => answer(asked).replace('Connection: Upgrade', 'Connection: close')],
    ['the wrong accept', () => answer(`Sec-WebSocket-Key: ${key}`)],
    ['an unasked protocol', asked => answer(asked, 'Sec-WebSocket-Protocol: one')],
    ['another protocol', asked => answer(asked, 'Sec-WebSocket-Protocol: two'), ['one']],
    ['no protocol', asked => answer(asked), ['one']],
  ])('An answer is refused for %s', (_name, answerTo, protocols) =>
    same(async stage => {
      const { peer, connection, asked } = await stage.asked({ protocols: protocols ?? [] })
      peer.write(answerTo(asked))
      await closed(connection.socket)
    }),
  )

  test('An answer is refused that is longer than the buffer may grow', () =>
    same(async stage => {
      stage.api.setMaxBufferLength(1_000)
      const { peer, connection } = await stage.asked()
      peer.write(`${good}\r\nX: ${'a'.repeat(2_000)}`)
      await closed(connection.socket)
    }))

  test('An answer may lack the reason phrase, and have names in other cases', () =>
    same(async stage => {
      const { peer, asked } = await stage.asked()
      peer.write(
        head('http/1.0 101', [
          'UPGRADE: WEBSOCKET',
          'connection: x, UPGRADE',
          `SEC-WebSocket-Accept: ${acceptKey(keyOf(asked))}`,
        ]),
      )
      await stage.log.until('client', 'connect')
    }))

  test('A server that leaves before it answers is an error', () =>
    same(async stage => {
      const { peer, connection } = await stage.asked()
      peer.write('HTTP/1.1 101 Swit')
      peer.socket.end()
      await closed(connection.socket)
    }))

  test('A port where nobody listens is an error', () =>
    same(async stage => {
      const connection = stage.watch('client', stage.api.connect('ws://127.0.0.1:1/'))
      connection.on('error', error => stage.log.add('client', 'code', (error as NodeJS.ErrnoException).code))
      await closed(connection.socket)
    }))

  test('URLs of other schemes are thrown', () =>
    same(async stage =>
      ['http://127.0.0.1/', 'ftp://127.0.0.1', 'localhost:8000'].map(url =>
        thrown(() => stage.api.connect(url)),
      ),
    ))

  test('A URL that is no string is a TypeError', () =>
    same(async stage => (thrown(() => stage.api.connect(undefined as unknown as string)) as string[])[0]))
})

describe('A server is the same on both', () => {
  test('It lists those who are open, until they begin to close', () =>
    same(async stage => {
      const { server, port, accepted } = await stage.serve()
      const open = async (count: number): Promise<Peer> => {
        const peer = await stage.dial(port)
        peer.write(request())
        await stage.log.until('server', 'connection', count)
        return peer
      }
      const [first, , third] = [await open(1), await open(2), await open(3)]
      const listed = (): number[] => server.connections.map(it => accepted.indexOf(it))
      const lists = [listed()]
      accepted[1]?.close()
      lists.push(listed())
      first?.socket.end()
      await stage.log.until('server', 'close', 2)
      lists.push(listed())
      third?.frame(close(1000))
      await stage.log.until('server', 'close', 3)
      lists.push(listed())
      return lists
    }))

  test('A broadcast when somebody leaves reaches the others', () =>
    same(async stage => {
      const { server, port, accepted } = await stage.serve()
      const peers: Peer[] = []
      for (let count = 1; count <= 3; count++) {
        const peer = await stage.dial(port)
        peer.write(request())
        await peer.head()
        await stage.log.until('server', 'connection', count)
        peers.push(peer)
      }
      for (const connection of accepted)
        connection.on('close', () => {
          for (const other of server.connections) other.sendText('left')
        })
      peers[0]?.socket.end()
      await peers[1]?.frames(1)
      peers[1]?.frame(close(1000))
      return peers[2]?.frames(2)
    }))

  test('close lets the open ones stay, and tells when the last has gone', () =>
    same(async stage => {
      const { server, peer, connection } = await stage.served()
      server.on('close', () => stage.log.add('listener', 'close', server.connections.length))
      server.close(() => stage.log.add('listener', 'callback'))
      connection.sendText('still here')
      const frames = await peer.frames(1)
      peer.socket.end()
      await stage.log.until('listener', 'callback')
      return frames
    }))

  test.each([0, 1, 2, 3])('listen takes its arguments in form %i', form =>
    same(async stage => {
      const server = stage.api.createServer()
      const called = (): void => stage.log.add('listener', 'callback')
      server.on('listening', () => stage.log.add('listener', 'listening'))
      const returned = [
        () => server.listen(0),
        () => server.listen(0, called),
        () => server.listen(0, '127.0.0.1'),
        () => server.listen(0, '127.0.0.1', called),
      ][form]?.()
      await once(server, 'listening')
      const { port, address } = server.socket.address() as AddressInfo
      server.close()
      await once(server, 'close')
      return [returned === server, port > 0, address]
    }),
  )

  test('A port that is taken is an error', () =>
    same(async stage => {
      const { port } = await stage.listen()
      const server = stage.api.createServer({}, () => {})
      server.listen(port, '127.0.0.1', () => stage.log.add('listener', 'callback'))
      const [error] = (await once(server, 'error')) as [NodeJS.ErrnoException]
      return error.code
    }))

  test('createServer takes a callback alone', () =>
    same(async stage => {
      const server = stage.api.createServer(connection => connection.sendText('hello'))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const peer = await stage.dial(portOf(server))
      peer.write(request())
      await peer.head()
      const frames = await peer.frames(1)
      peer.socket.end()
      server.close()
      await once(server, 'close')
      return frames
    }))

  test("net's own options reach it", () =>
    same(async stage => {
      const { peer, connection } = await stage.served({ allowHalfOpen: true })
      return [connection.socket.allowHalfOpen, peer.bytes.length]
    }))
})

describe('Both ends are the same on both', () => {
  let certificate: Certificate

  beforeAll(async () => {
    certificate = await makeCertificate()
  })

  const echo = async (stage: Stage, options: ServerOptions, scheme: string): Promise<unknown> => {
    const server = stage.api.createServer({ validProtocols: ['echo'], ...options }, connection => {
      stage.watch('server', connection)
      connection.on('text', text => connection.sendText(text.toUpperCase()))
      connection.on('binary', stream => stream.pipe(connection.beginBinary()!))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = stage.watch(
      'client',
      stage.api.connect(`${scheme}://127.0.0.1:${portOf(server)}/echo`, {
        protocols: ['echo'],
        ca: certificate.cert,
      }),
    )
    await once(client, 'connect')
    client.sendText('héllo')
    await stage.log.until('client', 'text')
    const stream = client.beginBinary()
    for (let count = 0; count < 40; count++) stream?.write(Buffer.alloc(50_000, count))
    stream?.end()
    await stage.log.until('client', 'binary end')
    client.close(1000, 'bye')
    server.close()
    await once(server, 'close')
    return [client.protocol, client.readyState === client.OPEN]
  }

  test('Text and two megabytes come back', () => same(stage => echo(stage, {}, 'ws')))

  test('They come back over TLS, too', () =>
    same(stage => echo(stage, { secure: true, cert: certificate.cert, key: certificate.key }, 'wss')))

  test('A certificate that nobody has vouched for is an error', () =>
    same(async stage => {
      const { port } = await stage.serve({ secure: true, cert: certificate.cert, key: certificate.key })
      const client = stage.watch('client', stage.api.connect(`wss://127.0.0.1:${port}/`))
      await closed(client.socket)
      return client.protocol
    }))

  test('The constants of the module are the same', () =>
    same(async stage => {
      const { connection } = await stage.served()
      const { CONNECTING, OPEN, CLOSING, CLOSED } = connection
      return [CONNECTING, OPEN, CLOSING, CLOSED, connection.constructor.name, Object.keys(stage.api).sort()]
    }))
})

test('Ours and the original understand each other, whichever closes', async () => {
  const seen: unknown[] = []
  for (const [serving, calling] of [
    [original, bothways],
    [bothways, original],
  ] as const) {
    for (const closer of ['server', 'client']) {
      const stage = new Stage(serving)
      stages.push(stage)
      const { port, server, accepted } = await stage.serve()
      const client = stage.watch('client', calling.connect(`ws://127.0.0.1:${port}/`))
      await stage.log.until('server', 'connection')
      await stage.log.until('client', 'connect')
      client.sendText('there')
      await stage.log.until('server', 'text')
      accepted[0]?.sendText('back')
      await stage.log.until('client', 'text')
      if (closer === 'server') accepted[0]?.close(1000, 'enough')
      else client.close(1000, 'enough')
      server.close()
      await once(server, 'close')
      seen.push(stage.log.entries)
    }
  }
  expect(seen.slice(2)).toEqual(seen.slice(0, 2))
})
