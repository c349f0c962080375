import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { type EngineClient, EngineStage, engineClient } from '@bothways/test-support/engine-stage'
import { Publication } from 'bothways/connection'
import { describe, expect, test } from 'vitest'
import { attach } from './listen.ts'
import type { ServerOptions } from './options.ts'
import type { RawData } from './packet.ts'
import type { Server } from './server.ts'
import type { Socket } from './socket.ts'

const ways = [
  { name: 'long polling', transports: ['polling'] },
  { name: 'WebSocket', transports: ['websocket'] },
  { name: 'an upgrade', transports: ['polling', 'websocket'] },
]

const clients = ([4, 3] as const).flatMap(version => ways.map(way => ({ version, ...way })))

async function stage(options: ServerOptions = {}): Promise<EngineStage<Server>> {
  return new EngineStage(http => attach(http, { allowEIO3: true, ...options })).listen()
}

/** Message number `at`: text and bytes in turn, in many lengths, some with characters outside of the basic plane. */
function numbered(at: number): string | Buffer {
  const text = `${at} ${'ä€😀'.repeat(at % 7)}${'.'.repeat((at * 37) % 300)}`
  return at % 3 === 0 ? Buffer.from(text) : text
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data
  return Buffer.from(data as ArrayBuffer).toString()
}

/** Counts numbered messages, and fails at the first that is not the next. */
function expectNumbered(emitter: NodeJS.EventEmitter, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let at = 0
    emitter.on('close', reason => reject(new Error(`closed after ${at} of ${count}: ${reason}`)))
    emitter.on('message', data => {
      const expected = numbered(at)
      if (textOf(data) !== textOf(expected)) {
        reject(new Error(`expected ${textOf(expected)}, got ${textOf(data)}`))
      } else if (typeof expected === 'object' && typeof data === 'string') {
        reject(new Error(`message ${at} came as text`))
      }
      at++
      if (at === count) resolve()
    })
  })
}

async function openClient(
  engine: EngineStage<Server>,
  version: 3 | 4,
  options: object,
): Promise<readonly [EngineClient, Socket]> {
  const client = engineClient(version, engine.url, options)
  const session = await engine.session<Socket>()
  return [client, session]
}

describe.each(clients)('engine.io-client of version $version by $name', ({ version, transports }) => {
  test('gets and sends thousands of messages, each once and in order, also while it moves', async () => {
    const engine = await stage()
    const [client, session] = await openClient(engine, version, { transports })
    const count = 3_000
    const both = Promise.all([expectNumbered(client, count), expectNumbered(session, count)])
    // Small portions, so that packets are under way in every phase of an upgrade.
    let fromServer = 0
    let fromClient = 0
    const serverSends = (): void => {
      for (const end = Math.min(count, fromServer + 7); fromServer < end; fromServer++)
        session.send(numbered(fromServer))
      if (fromServer < count) setImmediate(serverSends)
    }
    const clientSends = (): void => {
      for (const end = Math.min(count, fromClient + 5); fromClient < end; fromClient++)
        client.send(numbered(fromClient))
      if (fromClient < count) setImmediate(clientSends)
    }
    serverSends()
    clientSends()
    await both
    if (transports.length === 2 && !session.upgraded) await once(session, 'upgrade')
    expect(session.transport.name).toBe(transports.at(-1))
  })

  test('tells each side why it ended when either closes', async () => {
    const engine = await stage()
    const [client, session] = await openClient(engine, version, { transports })
    // Closed any earlier, the client would tell nobody.
    if (client.readyState !== 'open') await once(client, 'open')
    if (transports.length === 2) await once(session, 'upgrade')
    const closed = once(session, 'close')
    client.close()
    expect((await closed)[0]).toBe('transport close')
    expect(session.readyState).toBe('closed')
    expect(engine.engine.clientsCount).toBe(0)
    expect(engine.engine.clients).toEqual({})

    const [other, second] = await openClient(engine, version, { transports })
    if (transports.length === 2) await once(second, 'upgrade')
    const ends = Promise.all([once(other, 'close'), once(second, 'close')])
    second.close()
    expect((await ends)[1][0]).toBe('forced close')
  })

  test('lives on by its heartbeat', async () => {
    const engine = await stage({ pingInterval: 30, pingTimeout: 2_000 })
    const [, session] = await openClient(engine, version, { transports })
    for (let beats = 0; beats < 3; beats++) await once(session, 'heartbeat')
    expect(session.readyState).toBe('open')
  })

  test('gets a shared message as any other', async () => {
    const engine = await stage()
    const [client, session] = await openClient(engine, version, { transports })
    const got: string[] = []
    const all = new Promise<void>(resolve => {
      client.on('message', data => {
        got.push(`${typeof data} ${textOf(data)}`)
        if (got.length === 3) resolve()
      })
    })
    for (const data of ['one', Buffer.from('two'), 'three 😀']) {
      const shared = new Publication(data)
      session.write(shared.data as RawData, { shared })
    }
    await all
    expect(got).toEqual(['string one', 'object two', 'string three 😀'])
  })
})

describe('engine.io-client', () => {
  test('gets text in base64 when it says that it takes no bytes', async () => {
    const engine = await stage()
    for (const version of [3, 4] as const) {
      for (const transports of [['polling'], ['websocket']]) {
        const [client, session] = await openClient(engine, version, {
          transports,
          query: { b64: '1' },
          forceBase64: true,
        })
        expect(session.transport.supportsBinary).toBe(false)
        const shared = new Publication(Buffer.from([1, 2, 3]))
        const message = once(client, 'message')
        session.send(shared.data as RawData, { shared })
        expect(textOf((await message)[0])).toBe('\x01\x02\x03')
      }
    }
  })

  test('agrees on compression, and gets what is marked as not worth it as it is', async () => {
    const engine = await stage({ perMessageDeflate: { threshold: 0 } })
    const [client, session] = await openClient(engine, 4, {
      transports: ['websocket'],
      perMessageDeflate: {},
    })
    const got: string[] = []
    const all = new Promise<void>(resolve => {
      client.on('message', data => {
        got.push(textOf(data))
        if (got.length === 4) resolve()
      })
    })
    const long = 'x'.repeat(100_000)
    const shared = new Publication('shared')
    session.send(long).send('short', { compress: false }).send('third').send('shared', { shared })
    await all
    expect(got).toEqual([long, 'short', 'third', 'shared'])
  })

  test('is told that the server is closing', async () => {
    const engine = await stage()
    const [client, session] = await openClient(engine, 4, { transports: ['websocket'] })
    const ends = Promise.all([once(client, 'close'), once(session, 'close')])
    engine.engine.close()
    expect((await ends)[1][0]).toBe('forced close')
  })
})
