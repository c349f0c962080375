import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect, type Socket as NetSocket } from 'node:net'
import { EngineStage } from '@bothways/test-support/engine-stage'
import { heldMemory } from '@bothways/test-support/held-memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Server, ServerOptions, Socket } from './index.ts'
import { attach } from './listen.ts'
import { sizeOf } from './packet.ts'

// Bounds of the memory and work that one client, or all of them, can cost a server. Memory is measured.

const mebibyte = 1024 * 1024
const polling = 'EIO=4&transport=polling'
const polling3 = 'EIO=3&transport=polling'

function stage(options: ServerOptions = {}): Promise<EngineStage<Server>> {
  return new EngineStage(http => attach(http, { allowEIO3: true, ...options })).listen()
}

/** Counts the turns of the event loop. */
function turns(): { readonly count: number } {
  const counter = { count: 0 }
  let isOver = false
  const turn = (): void => {
    counter.count++
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  onTestFinished(() => {
    isOver = true
  })
  return counter
}

function post(engine: EngineStage<Server>, query: string, body: string): Promise<{ status: number }> {
  return engine.ask(query, { method: 'POST', body })
}

/** The beginning of a POST, on a connection of its own that nobody reads. */
async function halfPost(
  engine: EngineStage<Server>,
  query: string,
  length: number,
  body: Buffer,
): Promise<NetSocket> {
  const received = new Promise<void>(resolve => {
    let missing = body.length
    engine.http.once('request', request => {
      request.on('data', (piece: Buffer) => {
        missing -= piece.length
        if (missing === 0) resolve()
      })
    })
  })
  const socket = connect(Number(new URL(engine.url).port), '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  socket.write(
    `POST /engine.io/?${query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n`,
  )
  socket.write(body)
  await received
  return socket
}

describe('Packets in a payload', () => {
  test('Pings of a client of version 3 that does not poll are owed one pong', async () => {
    const engine = await stage()
    const { sid } = await engine.open('EIO=3')
    const session = await engine.session<Socket>()
    for (let round = 0; round < 3; round++) {
      expect((await post(engine, `${polling3}&sid=${sid}`, '1:2'.repeat(1_000))).status).toBe(200)
    }
    expect(session.writeBuffer).toHaveLength(1)
    expect((await engine.ask(`${polling3}&sid=${sid}`)).body).toBe('1:3')
    await post(engine, `${polling3}&sid=${sid}`, '1:2')
    expect((await engine.ask(`${polling3}&sid=${sid}`)).body).toBe('1:3')
  })

  test('Each ping of a client of version 3 by WebSocket has its pong', async () => {
    const engine = await stage()
    const client = engine.socket('EIO=3&transport=websocket')
    await client.next()
    for (let count = 0; count < 3; count++) client.send('2')
    expect([await client.next(), await client.next(), await client.next()]).toEqual(['3', '3', '3'])
  })

  test('Others have their turns while many are handled, and none is lost', async () => {
    const engine = await stage()
    const { sid } = await engine.open()
    const session = await engine.session<Socket>()
    const counter = turns()
    const heard: string[] = []
    let first = 0
    session.on('message', (data: string) => {
      if (heard.push(data) === 1) first = counter.count
    })
    const sent = Array.from({ length: 40_000 }, (_, at) => String(at))
    const payload = sent.map(it => `4${it}`).join('\x1e')
    expect((await post(engine, `${polling}&sid=${sid}`, payload)).status).toBe(200)
    expect(heard).toEqual(sent)
    // They take many times the share of a turn.
    expect(counter.count - first).toBeGreaterThan(4)
  })

  test.each([
    ['4', polling, (count: number) => new Array(count).fill('2').join('\x1e').replaceAll('2', '4')],
    ['3 in text', polling3, (count: number) => '1:2'.repeat(count)],
  ])('100,000 of version %s are taken, one more is not', async (_version, query, payload) => {
    const engine = await stage()
    const { sid } = await engine.open(query.slice(0, 5))
    const session = await engine.session<Socket>()
    expect((await post(engine, `${query}&sid=${sid}`, payload(100_000))).status).toBe(200)
    const closed = once(session, 'close')
    expect((await post(engine, `${query}&sid=${sid}`, payload(100_001))).status).toBe(400)
    expect((await closed)[0]).toBe('parse error')
  })

  test('What is left of a payload is dropped when the session ends in the middle', async () => {
    const engine = await stage()
    const { sid } = await engine.open()
    const session = await engine.session<Socket>()
    let heard = 0
    session.on('message', () => {
      if (++heard === 50) session.close(true)
    })
    await post(engine, `${polling}&sid=${sid}`, new Array(1_000).fill('4a').join('\x1e'))
    expect(heard).toBe(50)
    expect(engine.engine._incoming.usedBytes).toBe(0)
  })
})

describe('Bodies of requests', () => {
  test('are forgotten when their session ends, and the request is answered', async () => {
    const engine = await stage()
    const body = Buffer.alloc(900_000, 'a')
    const before = await heldMemory()
    const sockets: NetSocket[] = []
    for (let count = 0; count < 40; count++) {
      const { sid } = await engine.open()
      sockets.push(await halfPost(engine, `${polling}&sid=${sid}`, 990_000, body))
    }
    expect((await heldMemory()) - before).toBeGreaterThan(30 * mebibyte)
    const ended = sockets.map(it => once(it.resume(), 'close'))
    engine.engine.close()
    await Promise.all(ended)
    expect((await heldMemory()) - before).toBeLessThan(8 * mebibyte)
    expect(engine.engine._incoming.usedBytes).toBe(0)
  })

  test('take twice their length at most, in whatever pieces they come', async () => {
    const engine = await stage()
    const { sid } = await engine.open()
    const pieces = 100_000
    const before = await heldMemory()
    const received = new Promise<void>(resolve => {
      engine.http.once('request', request => {
        let missing = pieces
        request.on('data', () => {
          if (--missing === 0) resolve()
        })
      })
    })
    const socket = connect(Number(new URL(engine.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(
      `POST /engine.io/?${polling}&sid=${sid} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    socket.write('1\r\na\r\n'.repeat(pieces))
    await received
    expect(engine.engine._incoming.usedBytes).toBeLessThanOrEqual(2 * pieces)
    expect((await heldMemory()) - before).toBeLessThan(3 * mebibyte)
  })

  test('of all clients have a bound: beyond it the longest is refused', async () => {
    const engine = await stage({ maxTotalIncomingBytes: 500_000 })
    const long = await engine.open()
    const short = await engine.open()
    const answers: Buffer[] = []
    const socket = await halfPost(engine, `${polling}&sid=${long.sid}`, 400_000, Buffer.alloc(300_000, '4'))
    socket.on('data', data => answers.push(data))
    await halfPost(engine, `${polling}&sid=${short.sid}`, 250_000, Buffer.alloc(240_000, '4'))
    while (answers.length === 0) await once(socket, 'data')
    expect(Buffer.concat(answers).toString()).toMatch(/^HTTP\/1.1 503 /)
    expect(engine.engine._incoming.usedBytes).toBeLessThanOrEqual(500_000)
    expect(engine.engine.clientsCount).toBe(2)
  })

  test('share their bound with messages by WebSocket that are not complete', async () => {
    const engine = await stage({ maxTotalIncomingBytes: 500_000 })
    const begin = async (length: number): Promise<Buffer[]> => {
      const received: Buffer[] = []
      const socket = connect(Number(new URL(engine.url).port), '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      socket.on('error', () => {})
      socket.on('data', data => received.push(data))
      socket.write(
        'GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n' +
          'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      )
      await once(socket, 'data')
      // A frame that is not the last of its message, masked with 0.
      const header = Buffer.from([0x02, 0xff, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255])
      socket.write(Buffer.concat([header, Buffer.alloc(4 + length)]))
      return received
    }
    const all: Buffer[][] = []
    for (let count = 0; count < 5; count++) all.push(await begin(200_000))
    // The code 1013.
    const code = Buffer.from([0x03, 0xf5])
    const closedCount = (): number => all.filter(received => Buffer.concat(received).includes(code)).length
    await expect.poll(closedCount).toBeGreaterThanOrEqual(3)
    expect(engine.engine._incoming.usedBytes).toBeLessThanOrEqual(500_000)
    await expect.poll(() => engine.engine.clientsCount).toBeLessThanOrEqual(2)
  })

  test('that are unfinished do not keep the server from closing', async () => {
    const engine = await stage()
    const { sid } = await engine.open()
    await halfPost(engine, `${polling}&sid=${sid}`, 10, Buffer.from('4a'))
    engine.engine.close()
    const closed = once(engine.http, 'close')
    engine.http.close()
    await closed
  })
})

describe('What waits for clients', () => {
  test.each([0, 16, 1_000])(
    'is counted as what it takes, within a factor of two, of %i characters',
    async length => {
      const engine = await stage()
      await engine.open()
      const session = await engine.session<Socket>()
      const count = 50_000
      const before = await heldMemory()
      for (let at = 0; at < count; at++) {
        session.send(
          length === 0 ? '' : Buffer.alloc(length, String(at).padStart(16, 'x')).toString('latin1'),
        )
      }
      const taken = (await heldMemory()) - before
      expect(session.writeBuffer.length).toBeGreaterThanOrEqual(count)
      expect(taken / session.heldBytes).toBeGreaterThan(0.5)
      expect(taken / session.heldBytes).toBeLessThan(2)
    },
  )

  test('has a bound for each, also where it counts messages without data', async () => {
    const engine = await stage({ maxBufferedBytes: 10_000 })
    await engine.open()
    const session = await engine.session<Socket>()
    const closed = once(session, 'close')
    const fits = Math.floor((10_000 - session.heldBytes) / sizeOf({ type: 'message' }))
    for (let count = 0; count < fits; count++) session.send('')
    expect(session.readyState).toBe('open')
    session.send('')
    expect((await closed)[0]).toBe('transport error')
  })

  test('counts answers to polls that nobody reads', async () => {
    const engine = await stage({ maxBufferedBytes: 16 * mebibyte, httpCompression: false })
    const { sid } = await engine.open()
    const session = await engine.session<Socket>()
    let reason: unknown
    session.on('close', (...args) => {
      reason = args[0]
    })
    const before = await heldMemory()
    for (let round = 0; round < 40 && session.readyState === 'open'; round++) {
      const polled = once(engine.http, 'request')
      const socket = connect(Number(new URL(engine.url).port), '127.0.0.1').pause()
      socket.on('error', () => {})
      onTestFinished(() => void socket.destroy())
      socket.write(`GET /engine.io/?${polling}&sid=${sid} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      await polled
      // More than the operating system takes.
      session.send('x'.repeat(10 * mebibyte))
      session.send('behind an answer there is no poll: this waits')
    }
    expect(reason).toBe('transport error')
    expect((await heldMemory()) - before).toBeLessThan(40 * mebibyte)
  })

  test('has a bound in all: beyond it the clients go for whom most waits', async () => {
    const engine = await stage({ maxTotalBufferedBytes: 100_000 })
    const sessions: Socket[] = []
    for (let count = 0; count < 3; count++) {
      await engine.open()
      sessions.push(await engine.session<Socket>())
    }
    const [small, big, middle] = sessions as [Socket, Socket, Socket]
    big.send('x'.repeat(50_000))
    middle.send('x'.repeat(30_000))
    small.send('x'.repeat(15_000))
    expect(sessions.map(it => it.readyState)).toEqual(['open', 'open', 'open'])
    small.send('x'.repeat(10_000))
    expect(sessions.map(it => it.readyState)).toEqual(['open', 'closed', 'open'])
    expect(engine.engine._outgoing.usedBytes).toBe(small.heldBytes + middle.heldBytes)
    for (const session of sessions) session.close(true)
    expect(engine.engine._outgoing.usedBytes).toBe(0)
  })
})

describe('Sessions', () => {
  test('have a bound; one whose client has not come back makes place for a new one', async () => {
    const engine = await stage({ maxSessions: 2 })
    const first = await engine.open()
    const second = await engine.open()
    await post(engine, `${polling}&sid=${first.sid}`, '4a')
    const third = await engine.open()
    expect(Object.keys(engine.engine.clients).sort()).toEqual([first.sid, third.sid].sort())
    expect((await engine.ask(`${polling}&sid=${second.sid}`)).body).toContain('Session ID unknown')
    await post(engine, `${polling}&sid=${third.sid}`, '4a')
    const refused = await engine.ask(polling)
    expect([refused.status, refused.body]).toEqual([
      503,
      '{"code":4,"message":"The server is full: come back later."}',
    ])
    const errors: unknown[] = []
    engine.engine.on('connection_error', error => errors.push([error.code, error.context.name]))
    expect(await engine.socket('EIO=4&transport=websocket').closed).toBe(1006)
    expect(errors).toEqual([[4, 'TOO_MANY_SESSIONS']])
    // A place that is given back is there for others.
    await post(engine, `${polling}&sid=${first.sid}`, '1')
    expect((await engine.ask(polling)).status).toBe(200)
  })

  test('have a bound for each address, and the place of others is not taken', async () => {
    const engine = await stage({ maxSessionsPerAddress: 2, maxSessions: 100 })
    const sids: string[] = []
    for (let count = 0; count < 2; count++) sids.push((await engine.open()).sid)
    for (const sid of sids) await post(engine, `${polling}&sid=${sid}`, '4a')
    expect((await engine.ask(polling)).status).toBe(429)
    expect(engine.engine.clientsCount).toBe(2)
  })

  test('that nobody follows up keep nobody out', async () => {
    const engine = await stage({ maxSessions: 50 })
    for (let count = 0; count < 60; count++) await engine.open()
    expect(engine.engine.clientsCount).toBe(50)
    const honest = await engine.open()
    expect((await post(engine, `${polling}&sid=${honest.sid}`, '4a')).status).toBe(200)
    for (let count = 0; count < 60; count++) await engine.open()
    expect((await post(engine, `${polling}&sid=${honest.sid}`, '4a')).status).toBe(200)
  })

  test('end when the client does not come back in time, and only then', async () => {
    const engine = await stage({ firstRequestTimeout: 50 })
    const { sid } = await engine.open()
    const back = await engine.session<Socket>()
    await post(engine, `${polling}&sid=${sid}`, '4a')
    await engine.open()
    const away = await engine.session<Socket>()
    const [reason, description] = (await once(away, 'close')) as [string, Error]
    expect([reason, description.message]).toEqual(['transport error', 'the client has not come back'])
    expect(back.readyState).toBe('open')
  })

  test('begin as fast as is allowed, for each address', async () => {
    const engine = await stage({ maxHandshakesPerSecond: 3 })
    // All at once: on a slow machine one after the other may be slower than the rate.
    const answers = await Promise.all(Array.from({ length: 20 }, () => engine.ask(polling)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter(status => status === 200).length).toBeGreaterThanOrEqual(3)
    expect(statuses).toContain(429)
  })
})
