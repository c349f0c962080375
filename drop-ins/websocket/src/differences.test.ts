import { once } from 'node:events'
import type { Socket } from 'node:net'
import { masked, rawFrame, unmasked } from '@bothways/test-support/raw-frame'
import { Stage, type WebSocketConnection } from '@bothways/test-support/websocket-stage'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import websocket from './index.ts'

// Where ours is not as npm's websocket, on purpose: docs/how-to/migrate-from-websocket.md has the list.

let stage: Stage
beforeEach(() => {
  stage = new Stage(websocket)
})
afterEach(() => {
  vi.useRealTimers()
  return stage.end()
})

describe('What comes from a peer', () => {
  test('A frame right behind the handshake is not lost', async () => {
    const { port, server } = await stage.serve({}, request => stage.watch('connection', request.accept()))
    const raw = await stage.raw(port)
    raw.send(rawFrame('81', 'early'))
    const [connection] = (await once(server, 'connect')) as [WebSocketConnection]
    const [message] = await once(connection, 'message')
    expect(message).toEqual({ type: 'utf8', utf8Data: 'early' })
  })

  test('A frame right behind the answer reaches a program that awaits its connection', async () => {
    const port = await stage.rawServer(raw => {
      raw.socket.cork()
      void raw.answer().then(() => {
        raw.send(rawFrame('81', 'early'))
        raw.socket.uncork()
      })
    })
    const client = new websocket.client()
    client.connect(`ws://127.0.0.1:${port}/`)
    const [connection] = await once(client, 'connect')
    const [message] = await once(connection, 'message')
    expect(message).toEqual({ type: 'utf8', utf8Data: 'early' })
  })

  test('A client that does not mask is dropped with 1002 (RFC 6455 §5.1)', async () => {
    const { raw, server } = await stage.accepted()
    const closed = once(server, 'close')
    raw.socket.write(unmasked(rawFrame('81', 'a')))
    const [, code] = await closed
    expect(code).toBe(1002)
  })

  test('A message of more frames than 131072 is dropped with 1008', async () => {
    const { raw, server } = await stage.accepted()
    const closed = once(server, 'close')
    raw.send(rawFrame('01'))
    raw.socket.write(Buffer.concat(Array(128 * 1024).fill(masked(rawFrame('00')))))
    const [, code, description] = await closed
    expect([code, description]).toEqual([1008, 'Maximum fragment count exceeded.'])
  })

  test('A peer that does not answer a close is cut off after closeTimeout', async () => {
    const { server, connection } = await stage.accepted({ closeTimeout: 40 })
    const closed = once(server, 'close')
    connection.close(4000, 'bye')
    const [, code, description] = await closed
    expect([code, description]).toEqual([4000, 'bye'])
  })

  test('Of pings that a peer sends and does not read the answers to, the last is answered when it reads', async () => {
    const { raw, connection } = await stage.accepted()
    raw.socket.pause()
    connection.sendBytes(Buffer.alloc(8_000_000))
    const seen = new Promise<void>(resolve => {
      let count = 0
      connection.on('ping', () => ++count === 1000 && resolve())
    })
    for (let count = 1; count <= 1000; count++) raw.send(rawFrame('89', String(count)))
    await seen
    const drained = once(connection, 'drain')
    raw.socket.resume()
    await drained
    const frames = await raw.frames(Math.ceil(8_000_000 / 16_384) + 1)
    expect(frames.at(-1)?.payload.toString()).toBe('1000')
  })
})

describe('A server whose answer is refused', () => {
  async function refused(after: (socket: Socket) => void): Promise<Socket> {
    const sockets: Socket[] = []
    const port = await stage.rawServer(raw => {
      sockets.push(raw.socket)
      raw.socket.write(
        'HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
      )
    })
    const client = new websocket.client({ closeTimeout: 40 })
    client.connect(`ws://127.0.0.1:${port}/`)
    await once(client, 'connectFailed')
    after(sockets[0] as Socket)
    return client.socket
  }

  test('does not end the process by resetting the connection', async () => {
    const socket = await refused(server => server.resetAndDestroy())
    await expect.poll(() => socket.closed).toBe(true)
  })

  test('does not keep the socket by not ending it', async () => {
    const socket = await refused(() => {})
    await expect.poll(() => socket.closed).toBe(true)
  })
})

test('A server that never answers has four minutes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let asked = (): void => {}
  const isAsked = new Promise<void>(resolve => {
    asked = resolve
  })
  const port = await stage.rawServer(() => asked())
  const client = new websocket.client()
  const failed = once(client, 'connectFailed')
  client.connect(`ws://127.0.0.1:${port}/`)
  await isAsked
  vi.advanceTimersByTime(240_000)
  expect(await failed).toEqual([expect.objectContaining({ code: 'BW_HANDSHAKE_TIMEOUT' })])
})

describe('Requests', () => {
  test('A cookie that does not decode keeps its value', async () => {
    const { port, server } = await stage.serve({}, request => request.accept())
    const requested = once(server, 'request')
    await stage.raw(port, { headers: { Cookie: 'a=%; b=%20' } })
    const [request] = await requested
    expect(request.cookies).toEqual([
      { name: 'a', value: '%' },
      { name: 'b', value: ' ' },
    ])
  })

  test('What cannot be accepted automatically is answered with 500, and the process lives', async () => {
    const { port, server } = await stage.serve({ autoAcceptConnections: true })
    const failed = once(server, 'upgradeError')
    const raw = await stage.raw(port, { headers: { 'Sec-WebSocket-Protocol': 'a/b' } })
    expect(await raw.head()).toContain('HTTP/1.1 500 ')
    const [error] = await failed
    expect(error.message).toBe('Illegal character "/" in subprotocol.')
  })

  test('A client that breaks off before it is accepted does not end the process', async () => {
    const { port, server } = await stage.serve({}, () => {})
    const requested = once(server, 'request')
    const raw = await stage.raw(port)
    const [request] = await requested
    const gone = new Promise(resolve => request.socket.on('close', resolve))
    raw.socket.resetAndDestroy()
    await gone
    expect(server.pendingRequests).toEqual([])
  })

  test('A client that does not take its refusal does not keep the socket', async () => {
    const { port } = await stage.serve({ closeTimeout: 20 }, request => request.reject())
    const raw = await stage.raw(port)
    await raw.head()
    await raw.over()
    // Half open: only a reset can end it from the other side.
    await new Promise<void>(resolve => {
      raw.socket.on('error', () => {})
      raw.socket.on('close', () => resolve())
      const write = (): void => {
        if (!raw.socket.destroyed) raw.socket.write('x', () => setImmediate(write))
      }
      write()
    })
  })

  test('No line break can be written into a header, also not by a character beyond Latin-1', async () => {
    const { port } = await stage.serve({}, request =>
      request.reject(400, 'a\u010d\u010aX: y', { 'B\u010aC': 'd' }),
    )
    const raw = await stage.raw(port)
    expect(await raw.head()).toBe(
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nX-WebSocket-Reject-Reason: aX: y\r\nBC: d\r\n\r\n',
    )
  })

  test('Statuses have the reason phrase of the standard', async () => {
    const { port } = await stage.serve({}, request => request.reject(429))
    const raw = await stage.raw(port)
    expect(await raw.head()).toContain('HTTP/1.1 429 Too Many Requests\r\n')
  })
})

describe('What programs do', () => {
  test('A send after close is told so and does not disturb the closing', async () => {
    const { raw, server, connection } = await stage.accepted()
    const closed = once(server, 'close')
    connection.close(4000)
    const error = await new Promise<Error | undefined>(resolve => connection.sendUTF('late', resolve))
    expect(error).toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' })
    await raw.frames()
    raw.send(rawFrame('88'))
    raw.end()
    const [, code] = await closed
    expect(code).toBe(4000)
  })

  test('A close description is cut to what fits into the frame', async () => {
    const { raw, connection } = await stage.accepted()
    connection.close(4000, '字'.repeat(100))
    const [frame] = await raw.frames()
    expect(frame?.payload.subarray(2).toString()).toBe('字'.repeat(41))
  })

  test.each([Number.POSITIVE_INFINITY, 2 ** 40, undefined, Number.NaN, '1' as never])(
    'A limit of %s is no limit, nor an error',
    async limit => {
      const config = { maxReceivedFrameSize: limit, maxReceivedMessageSize: limit, closeTimeout: limit }
      const { raw, connection } = await stage.accepted(config)
      const message = once(connection, 'message')
      raw.send(rawFrame('81', 'x'.repeat(100_000)))
      await message
    },
  )

  test('A threshold of 0 fragments nothing', async () => {
    const { raw, connection } = await stage.accepted({ fragmentationThreshold: 0 })
    connection.sendUTF('abc')
    const [frame] = await raw.frames()
    expect(frame?.isFinal).toBe(true)
  })

  test('A configuration may be used for several clients', () => {
    const config = { tlsOptions: { rejectUnauthorized: false } }
    new websocket.client(config)
    expect(new websocket.client(config).config.tlsOptions).toEqual({ rejectUnauthorized: false })
  })

  test('A client takes a URL object with its path, and writes IPv6 addresses in brackets', async () => {
    const port = await stage.rawServer(raw => void raw.answer())
    const client = new websocket.client()
    client.connect(new URL(`ws://127.0.0.1:${port}/path?x`))
    await once(client, 'connect')
    expect(stage.notes.wire?.flat().join()).toContain('GET /path?x HTTP/1.1')
    client.connect('ws://[::1]:1/')
    await once(client, 'connectFailed')
    expect(client._req).toBeNull()
  })

  test('A W3C client gets empty messages', async () => {
    const { port, server } = await stage.serve({ autoAcceptConnections: true })
    server.on('connect', connection => connection.sendUTF(''))
    const socket = new websocket.w3cwebsocket(`ws://127.0.0.1:${port}/`)
    const event = await new Promise<{ data: unknown }>(resolve => {
      socket.onmessage = resolve
    })
    expect(event.data).toBe('')
  })
})

test('A frame is read from bytes that do not lie in one piece', () => {
  const chunks = [...unmasked(rawFrame('82', 'x'.repeat(300)))].map(byte => Buffer.from([byte]))
  let bytes = Buffer.alloc(0)
  const list = {
    get length() {
      return bytes.length
    },
    joinInto: (target: Buffer, at: number, start: number, end: number) => {
      bytes.copy(target, at, start, end)
      return target
    },
    advance: (count: number) => {
      bytes = bytes.subarray(count)
    },
    take: (count: number) => Buffer.from(bytes.subarray(0, count)),
  }
  const frame = new websocket.frame(Buffer.alloc(4), Buffer.alloc(10), { maxReceivedFrameSize: 1000 })
  const results = chunks.map(chunk => {
    bytes = Buffer.concat([bytes, chunk])
    return frame.addData(list)
  })
  expect(results.indexOf(true)).toBe(chunks.length - 1)
  const { fin, opcode, length, mask, binaryPayload } = frame
  expect({ fin, opcode, length, mask }).toEqual({ fin: true, opcode: 2, length: 300, mask: false })
  expect(binaryPayload.toString()).toBe('x'.repeat(300))
})
