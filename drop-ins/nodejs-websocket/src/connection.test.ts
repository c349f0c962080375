import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, connect as dial, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { readFrames } from '@bothways/test-support/frame-reader'
import { masked, type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { InStream } from './in-stream.ts'
import {
  type Connection,
  connect,
  createServer,
  type Server,
  setBinaryFragmentation,
  setMaxBufferLength,
} from './index.ts'
import * as limits from './limits.ts'

// The intended differences from the original, and the bounds; the rest is in differential.test.ts.

const request = [
  'GET / HTTP/1.1',
  'Host: example.test',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
]

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function heldBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const cleanUp: (() => void)[] = []

afterEach(() => {
  vi.useRealTimers()
  for (const step of cleanUp.splice(0)) step()
  setMaxBufferLength(2 * 1024 * 1024)
  setBinaryFragmentation(512 * 1024)
})

async function listen(
  onConnection?: (connection: Connection) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer(onConnection).listen(0, '127.0.0.1')
  cleanUp.push(() => server.socket.close())
  await once(server, 'listening')
  return { server, port: (server.socket.address() as AddressInfo).port }
}

interface Raw {
  readonly socket: Socket
  readonly received: () => Buffer
  frame(...frames: RawFrame[]): void
}

async function rawClient(port: number): Promise<Raw> {
  const socket = dial(port, '127.0.0.1')
  cleanUp.push(() => socket.destroy())
  let bytes = Buffer.alloc(0)
  socket.on('data', chunk => {
    bytes = Buffer.concat([bytes, chunk])
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return {
    socket,
    received: () => bytes,
    frame: (...frames) => {
      for (const frame of frames) socket.write(masked(frame))
    },
  }
}

/** A server's connection, and the raw client that has opened it. */
async function open(): Promise<Raw & { connection: Connection; server: Server }> {
  const { server, port } = await listen()
  const raw = await rawClient(port)
  const connected = once(server, 'connection')
  raw.socket.write(`${request.join('\r\n')}\r\n\r\n`)
  const [connection] = (await connected) as [Connection]
  await once(raw.socket, 'data')
  return { ...raw, connection, server }
}

/** The frames behind the server's answer. */
function framesOf(raw: Raw): [opcode: number, payload: string][] {
  const bytes = raw.received()
  return readFrames(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)).map(({ opcode, payload }) => [
    opcode,
    payload.toString('latin1'),
  ])
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>(resolve => socket.once('close', () => resolve()))
}

describe('The opening handshake', () => {
  test.each([
    ['a key that is not 16 bytes', request.map(line => line.replace('dGhlIHNhbXBsZSBub25jZQ==', 'short'))],
    ['HTTP/1.0', request.map(line => line.replace('HTTP/1.1', 'HTTP/1.0'))],
    ['a head of more than 16 KiB', [...request, `Cookie: ${'a'.repeat(16 * 1024)}`]],
  ])('A server refuses %s', async (_name, lines) => {
    const { port } = await listen()
    const raw = await rawClient(port)
    raw.socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    await closed(raw.socket)
    expect(raw.received().toString()).toBe('HTTP/1.1 400 Bad Request\r\n\r\n')
  })

  test.each([
    ['does not finish its request', 'GET / HTTP/1.1\r\n', 'data', limits.handshakeTimeoutMs],
    ['is refused and stays', 'no\r\n\r\n', 'finish', limits.refusalTimeoutMs],
  ])('A client that %s is cut', async (_name, written, event, milliseconds) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { server, port } = await listen()
    const accepted = once(server.socket, 'connection')
    const raw = dial({ port, host: '127.0.0.1', allowHalfOpen: true })
    cleanUp.push(() => raw.destroy())
    raw.on('error', () => {}).resume()
    const [socket] = (await accepted) as [Socket]
    const happened = once(socket, event)
    raw.write(written)
    await happened
    vi.advanceTimersByTime(milliseconds - 1)
    expect(socket.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(socket.destroyed).toBe(true)
  })

  test('A header that would write another line is refused before anything is sent', () => {
    for (const extraHeaders of [{ 'X-A': 'a\r\nX-B: b' }, { 'X A': 'a' }])
      expect(() => connect('ws://127.0.0.1:1/', { extraHeaders })).toThrow(TypeError)
    expect(() => connect('ws://127.0.0.1:1/', { protocols: ['a\nb'] })).toThrow(TypeError)
  })

  test("A client's error says in its cause what came", async () => {
    const server = createTcpServer(socket => {
      socket.once('data', () => socket.end('HTTP/1.1 404 Not Found\r\nServer: test\r\n\r\n'))
    })
    cleanUp.push(() => server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const [error] = (await once(client, 'error')) as [Error]
    expect(error.message).toBe('Invalid handshake: invalid first line format')
    expect(error.cause).toMatchObject({ code: 'BW_STATUS_NOT_101' })
  })

  test('A client waits for four minutes for an answer, however much comes of it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const server = createTcpServer(socket => {
      cleanUp.push(() => socket.destroy())
      socket.on('error', () => {}).once('data', () => socket.write('HTTP/1.1 101 '))
    }).listen(0, '127.0.0.1')
    cleanUp.push(() => server.close())
    await once(server, 'listening')
    const client = connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await once(client.socket, 'data')
    vi.advanceTimersByTime(240_000 - 1)
    expect(client.readyState).toBe(client.CONNECTING)
    const told: unknown[] = []
    client.on('error', error => told.push(error))
    const end = new Promise<void>(resolve => {
      client.socket.on('close', () => resolve())
    })
    client.on('close', (code, reason) => told.push([code, reason]))
    vi.advanceTimersByTime(1)
    await end
    expect(told).toEqual([expect.objectContaining({ code: 'BW_HANDSHAKE_TIMEOUT' }), [1006, '']])
  })

  test('A client that is closed before it has connected asks for nothing', async () => {
    const received: Buffer[] = []
    const server = createTcpServer(socket => socket.on('data', chunk => received.push(chunk)))
    cleanUp.push(() => server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const errors: Error[] = []
    client.on('error', error => errors.push(error))
    client.close()
    await closed(client.socket)
    expect([received, errors]).toEqual([[], []])
  })
})

describe('Closing', () => {
  test('CLOSED is what the state is when a connection is lost, also while that is told', async () => {
    const { socket, connection } = await open()
    const states: number[] = []
    connection.on('close', () => states.push(connection.readyState))
    socket.end()
    await closed(connection.socket)
    expect([states, connection.readyState]).toEqual([[3], 3])
  })

  test('A program that closes when it is told so is not told again without end', async () => {
    const { frame, socket, connection } = await open()
    const codes: unknown[] = []
    connection.on('close', code => {
      codes.push(code)
      connection.close()
    })
    frame(rawFrame('88', Uint8Array.of(0x03, 0xe8)))
    await closed(socket)
    expect(codes).toEqual([1000])
  })

  test('A peer that breaks a rule is told so and left, once', async () => {
    const raw = await open()
    const codes: unknown[] = []
    raw.connection.on('close', code => codes.push(code))
    raw.frame(rawFrame('c1', 'a'), rawFrame('c1', 'b'))
    await closed(raw.socket)
    expect([codes, framesOf(raw)]).toEqual([[1002], [[8, '\u0003\u00ea']]])
  })

  test('A close frame of one byte breaks a rule', async () => {
    const raw = await open()
    const codes: unknown[] = []
    raw.connection.on('close', code => codes.push(code))
    raw.frame(rawFrame('88', Uint8Array.of(0x01)))
    await closed(raw.socket)
    expect(codes).toEqual([1002])
  })

  test('Of a reason there goes out what fits, in whole characters', async () => {
    const raw = await open()
    raw.connection.close(4000, `x${'é'.repeat(100)}`)
    await once(raw.socket, 'data')
    const [[opcode, payload] = []] = framesOf(raw)
    expect([opcode, payload?.length]).toEqual([8, 2 + 123])
    expect(() => raw.connection.close(70_000)).not.toThrow()
  })

  test('A code that is no number of 16 bits is a RangeError, and nothing is sent', async () => {
    const { connection } = await open()
    expect(() => connection.close(70_000)).toThrow(RangeError)
    expect(connection.readyState).toBe(connection.OPEN)
  })

  test("A broken network is no error of a server's that has no listener for it", async () => {
    const { socket, connection } = await open()
    // `once` would listen for errors, too.
    const told = new Promise(resolve => connection.on('close', (...details) => resolve(details)))
    socket.resetAndDestroy()
    expect(await told).toEqual([1006, ''])
  })

  test('Writing on into a binary stream whose connection is gone ends a pipe only', async () => {
    const { socket, connection } = await open()
    const source = new Readable({ read: () => {} })
    const stream = connection.beginBinary()!
    const unpiped = once(stream, 'unpipe')
    source.pipe(stream)
    socket.destroy()
    await closed(connection.socket)
    source.push('late')
    await unpiped
    expect(connection.outStream).toBe(null)
  })
})

describe('Messages', () => {
  test('A character that two frames share is whole', async () => {
    const { frame, connection } = await open()
    const told = once(connection, 'text')
    const [first = 0, ...rest] = Buffer.from('é')
    frame(rawFrame('01', Uint8Array.of(first)), rawFrame('80', Uint8Array.from(rest)))
    expect(await told).toEqual(['é'])
  })

  test('A text in frames that are never enough ends at its bound', async () => {
    const { frame, connection } = await open()
    const told = once(connection, 'close')
    const part = Buffer.alloc(1024 * 1024, 'a')
    frame(rawFrame('01', part))
    for (let count = 1; count <= limits.maxTextBytes / part.length; count++) frame(rawFrame('00', part))
    expect(await told).toEqual([1009, undefined])
  })

  test('What nobody reads of a binary stream makes the peer wait', async () => {
    setMaxBufferLength(100_000)
    const { frame, connection } = await open()
    const begun = once(connection, 'binary')
    const paused = once(connection.socket, 'pause')
    const part = Buffer.alloc(60_000)
    frame(rawFrame('02', part))
    for (let count = 0; count < 100; count++) frame(rawFrame('00', part))
    frame(rawFrame('80', part))
    const [stream] = (await begun) as [Readable]
    await paused
    expect(stream.readableLength).toBeLessThanOrEqual(120_000)
    let length = 0
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
    })
    await once(stream, 'end')
    expect(length).toBe(102 * 60_000)
  })

  test('A binary stream that nobody reads holds about its bytes, however small the frames are', async () => {
    const { connection, socket } = await open()
    const begun = once(connection, 'binary')
    socket.write(masked(rawFrame('02', 'a')))
    const frames = Buffer.concat(Array(50_000).fill(masked(rawFrame('00', 'b'))))
    const before = heldBytes()
    for (let count = 0; count < 50; count++) socket.write(frames)
    const [stream] = (await begun) as [InStream]
    await expect.poll(() => stream.unreadBytes).toBeGreaterThan(2 * 1024 * 1024)
    expect(connection.socket.isPaused()).toBe(true)
    expect(heldBytes() - before).toBeLessThan(40e6)
    connection.socket.destroy()
    let length = 0
    for await (const chunk of stream) length += (chunk as Buffer).length
    expect(length).toBeGreaterThan(2 * 1024 * 1024)
  })

  test('A binary stream that its reader destroys does not stop the connection', async () => {
    setMaxBufferLength(100_000)
    const { frame, connection } = await open()
    const paused = once(connection.socket, 'pause')
    connection.on('binary', stream => void paused.then(() => stream.destroy()))
    const told = once(connection, 'text')
    const part = Buffer.alloc(60_000)
    frame(rawFrame('02', part))
    for (let count = 0; count < 10; count++) frame(rawFrame('00', part))
    frame(rawFrame('80', part), rawFrame('81', 'next'))
    expect(await told).toEqual(['next'])
  })

  test('A ping of more than 125 bytes is an error', async () => {
    const { connection } = await open()
    const errors: (Error & { code?: string })[] = []
    connection.on('error', error => errors.push(error))
    connection.sendPing('a'.repeat(126))
    expect(errors.map(({ code }) => code)).toEqual(['BW_CONTROL_FRAME_TOO_LONG'])
  })

  test('A pong has the bytes of its ping', async () => {
    const raw = await open()
    raw.frame(rawFrame('89', Uint8Array.of(0xff, 0xfe)))
    await once(raw.socket, 'data')
    expect(framesOf(raw)).toEqual([[10, '\u00ff\u00fe']])
  })

  test('A peer that does not read is left with 1013', async () => {
    const { socket, connection } = await open()
    socket.pause()
    const codes: unknown[] = []
    connection.on('close', code => codes.push(code))
    const data = Buffer.alloc(16 * 1024 * 1024)
    const failures: Promise<boolean>[] = []
    for (let count = 0; count < 7; count++) {
      failures.push(
        new Promise(resolve => connection.sendBinary(data, error => resolve(error !== undefined))),
      )
      if (codes.length > 0) break
    }
    expect([codes, connection.readyState]).toEqual([[1013], connection.CLOSING])
    expect(await failures.at(-1)).toBe(true)
  })

  test('What a listener throws leaves the connection as it was', async () => {
    const { frame, connection } = await open()
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const thrown = once(process, 'uncaughtException')
    cleanUp.push(() => {
      for (const listener of others) process.on('uncaughtException', listener)
    })
    connection.once('text', () => {
      throw new Error('of the listener')
    })
    frame(rawFrame('81', 'a'))
    expect(await thrown).toMatchObject([{ message: 'of the listener' }, 'uncaughtException'])
    const told = once(connection, 'text')
    frame(rawFrame('81', 'b'))
    expect(await told).toEqual(['b'])
  })
})
