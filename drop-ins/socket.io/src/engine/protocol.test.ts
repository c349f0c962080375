import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { EngineStage, type RawSocket } from '@bothways/test-support/engine-stage'
import { Publication } from 'bothways/connection'
import { describe, expect, test } from 'vitest'
import { attach } from './listen.ts'
import type { AttachOptions, ServerOptions } from './options.ts'
import type { RawData } from './packet.ts'
import type { Server } from './server.ts'
import type { Socket } from './socket.ts'

const pingInterval = 25_000
const pingTimeout = 20_000

/** The rules of the published test suites, for a version of the protocol and its way to write payloads. */
const dialects = [
  { version: 4, payload: (...packets: string[]): string => packets.join('\x1e'), bytes: 'bAQIDBA==' },
  {
    version: 3,
    payload: (...packets: string[]): string => packets.map(it => `${it.length}:${it}`).join(''),
    bytes: 'b4AQIDBA==',
  },
] as const

/** A server that sends back what it gets. */
async function stage(options: ServerOptions & AttachOptions = {}): Promise<EngineStage<Server>> {
  const engine = new EngineStage(http => attach(http, { allowEIO3: true, ...options }))
  engine.engine.on('connection', (socket: Socket) => {
    socket.on('message', data => socket.send(data))
  })
  return engine.listen()
}

describe.each(dialects)('Version $version', ({ version, payload, bytes }) => {
  const polling = `EIO=${version}&transport=polling`
  const websocket = `EIO=${version}&transport=websocket`

  async function pollingSession(options: ServerOptions = {}): Promise<{
    engine: EngineStage<Server>
    session: Socket
    query: string
    sid: string
  }> {
    const engine = await stage(options)
    const { sid } = await engine.open(`EIO=${version}`)
    return { engine, session: await engine.session(), query: `${polling}&sid=${sid}`, sid }
  }

  async function webSocketSession(
    options: ServerOptions = {},
  ): Promise<{ engine: EngineStage<Server>; session: Socket; client: RawSocket }> {
    const engine = await stage(options)
    const client = engine.socket(websocket)
    await client.next()
    return { engine, session: await engine.session(), client }
  }

  /** Waits until the server has the request that waits for packets. */
  async function polled(session: Socket): Promise<void> {
    while (!session.transport.writable) await new Promise(resolve => setImmediate(resolve))
  }

  describe('handshake', () => {
    test('opens a session by long polling', async () => {
      const engine = await stage()
      const { status, headers, body } = await engine.ask(polling)
      expect(status).toBe(200)
      expect(headers).toMatchObject({
        'content-type': 'text/plain; charset=UTF-8',
        'cache-control': 'no-store',
      })
      const handshake = JSON.parse(body.slice(body.indexOf('{')))
      expect(body).toBe(payload(`0${JSON.stringify(handshake)}`))
      expect(handshake).toEqual({
        sid: expect.stringMatching(/^[\w-]{20}$/),
        upgrades: ['websocket'],
        pingInterval,
        pingTimeout,
        maxPayload: 1e6,
      })
      expect(engine.engine.clientsCount).toBe(1)
      expect(Object.keys(engine.engine.clients)).toEqual([handshake.sid])
      expect(await engine.session<Socket>()).toMatchObject({
        id: handshake.sid,
        protocol: version,
        readyState: 'open',
        remoteAddress: '127.0.0.1',
        upgraded: false,
        transport: { name: 'polling' },
      })
    })

    test('opens a session by WebSocket, which there is nothing to move from', async () => {
      const engine = await stage()
      const first = String(await engine.socket(websocket).next())
      expect(first.charAt(0)).toBe('0')
      expect(JSON.parse(first.slice(1))).toMatchObject({ upgrades: [], pingInterval, pingTimeout })
      expect(await engine.session<Socket>()).toMatchObject({
        protocol: version,
        transport: { name: 'websocket' },
      })
    })

    test('sends a first message of the server behind the handshake', async () => {
      const engine = await stage({ initialPacket: 'welcome' })
      const { body } = await engine.ask(polling)
      expect(body.endsWith(payload('0', '4welcome').slice(payload('0').length))).toBe(true)
      const client = engine.socket(websocket)
      await client.next()
      expect(await client.next()).toBe('4welcome')
    })

    test.each([
      ['no transport', `EIO=${version}`, 0],
      ['an unknown transport', `EIO=${version}&transport=abc`, 0],
      ['an unknown session', `${polling}&sid=abc`, 1],
      ['a name that every object has for a session', `${polling}&sid=toString`, 1],
      ['WebSocket without an upgrade', websocket, 3],
    ])('refuses %s', async (_name, query, code) => {
      const engine = await stage()
      const { status, body } = await engine.ask(query)
      expect(status).toBe(400)
      expect(JSON.parse(body).code).toBe(code)
    })

    test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses to open a session with %s', async method => {
      const engine = await stage()
      const { status, body } = await engine.ask(polling, { method })
      expect([status, body]).toEqual([400, '{"code":2,"message":"Bad handshake method"}'])
    })

    test('refuses upgrades to what is unknown', async () => {
      const engine = await stage()
      for (const query of [`EIO=${version}`, `EIO=${version}&transport=abc`, `${websocket}&sid=abc`]) {
        expect(await engine.socket(query).closed).toBe(1006)
      }
      expect(engine.engine.clientsCount).toBe(0)
    })

    test('opens no session for an upgrade that says it is none', async () => {
      const engine = await stage()
      expect(await engine.socket(polling).closed).toBe(1005)
      expect(engine.engine.clientsCount).toBe(0)
    })
  })

  describe('messages', () => {
    test.each([
      ['one text', ['4hello']],
      ['several texts', ['4test1', '4test2', '4test3']],
      ['text beyond the basic plane', ['4ä€😀']],
      ['text and bytes', ['4hello', bytes]],
    ])('pass by long polling: %s', async (_name, packets) => {
      // Takes no bytes, so that they come back as they went.
      const engine = await stage()
      const { sid } = await engine.open(`EIO=${version}&b64=1`)
      const query = `${polling}&sid=${sid}`
      const posted = await engine.ask(query, { method: 'POST', body: payload(...packets) })
      expect([posted.status, posted.body, posted.headers['content-type']]).toEqual([200, 'ok', 'text/html'])
      expect((await engine.ask(query)).body).toBe(payload(...packets))
    })

    test('reach a poll that waits', async () => {
      const { engine, session, query } = await pollingSession()
      const poll = engine.ask(query)
      await polled(session)
      session.send('now')
      expect((await poll).body).toBe(payload('4now'))
    })

    test('pass by WebSocket in text and bytes', async () => {
      const { client } = await webSocketSession()
      client.send('4hello')
      expect(await client.next()).toBe('4hello')
      const binary = version === 4 ? [1, 2, 3, 4] : [4, 1, 2, 3, 4]
      client.send(Buffer.from(binary))
      expect(await client.next()).toEqual(Buffer.from(binary))
      client.send(bytes)
      expect(await client.next()).toEqual(Buffer.from(binary))
    })

    test('pass in base64 by WebSocket to those who take no bytes, shared ones too', async () => {
      const engine = await stage()
      const client = engine.socket(`${websocket}&b64=1`)
      await client.next()
      const session = await engine.session<Socket>()
      const shared = new Publication(Buffer.from([1, 2, 3, 4]))
      session.send(shared.data as RawData)
      session.send(shared.data as RawData, { shared })
      expect([await client.next(), await client.next()]).toEqual([bytes, bytes])
    })

    test('end the session when they are no packets, by long polling', async () => {
      const { engine, session, query } = await pollingSession()
      const closed = once(session, 'close')
      expect((await engine.ask(query, { method: 'POST', body: 'abc' })).status).toBe(400)
      expect((await closed)[0]).toBe('parse error')
      expect((await engine.ask(query)).status).toBe(400)
    })

    test('end the session when they are no packets, by WebSocket', async () => {
      const { session, client } = await webSocketSession()
      const closed = once(session, 'close')
      client.send('abc')
      expect((await closed)[0]).toBe('parse error')
      await client.closed
    })

    test('are refused when they are too long, by long polling', async () => {
      const { engine, session, query } = await pollingSession({ maxHttpBufferSize: 10 })
      const body = payload(`4${'x'.repeat(20)}`)
      expect((await engine.ask(query, { method: 'POST', body })).status).toBe(413)
      expect(session.readyState).toBe('open')
      expect((await engine.ask(query, { method: 'POST', body: payload('4short') })).status).toBe(200)
      expect((await engine.ask(query)).body).toBe(payload('4short'))
    })

    test('end the session with 1009 when they are too long, by WebSocket', async () => {
      const { session, client } = await webSocketSession({ maxHttpBufferSize: 10 })
      const closed = once(session, 'close')
      client.send(`4${'x'.repeat(20)}`)
      expect((await closed)[0]).toBe('transport error')
      expect(await client.closed).toBe(1009)
    })

    test('do not follow after the session has ended within the same payload', async () => {
      const { engine, session, query } = await pollingSession()
      const got: unknown[] = []
      session.on('message', data => {
        got.push(data)
        session.close(true)
      })
      await engine.ask(query, { method: 'POST', body: payload('4one', '4two') })
      expect(got).toEqual(['one'])
    })

    test('end the session when nobody takes them', async () => {
      const { session } = await pollingSession({ maxBufferedBytes: 1000 })
      const closed = once(session, 'close')
      for (let sent = 0; sent < 11; sent++) session.send('x'.repeat(100))
      expect(await closed).toMatchObject([
        'transport error',
        { message: 'the client does not take what is sent to it' },
      ])
    })
  })

  describe('a request out of order', () => {
    test('of a second poll ends the session', async () => {
      const { engine, session, query } = await pollingSession()
      const closed = once(session, 'close')
      const first = engine.ask(query)
      await polled(session)
      expect((await engine.ask(query)).status).toBe(400)
      expect([(await first).status, (await first).body]).toEqual([200, payload('1')])
      expect(await closed).toMatchObject(['transport error', { message: 'overlap from client' }])
      expect((await engine.ask(query)).status).toBe(400)
    })

    test('of a second body ends the session', async () => {
      const { engine, session, query } = await pollingSession()
      const closed = once(session, 'close')
      const requested = once(engine.http, 'request')
      const first = engine.send(query, { method: 'POST', headers: { 'content-length': '100' } })
      first.on('error', () => {})
      await requested
      expect((await engine.ask(query, { method: 'POST', body: payload('4x') })).status).toBe(400)
      expect(await closed).toMatchObject(['transport error', { message: 'data request overlap from client' }])
      first.destroy()
    })

    test('of a poll that is aborted ends the session', async () => {
      const { engine, session, query } = await pollingSession()
      const closed = once(session, 'close')
      const poll = engine.send(query)
      poll.on('error', () => {})
      await polled(session)
      poll.destroy()
      expect((await closed)[0]).toBe('transport error')
      expect((await engine.ask(query)).status).toBe(400)
    })

    test('of a body that is aborted ends the session', async () => {
      const { engine, session, query } = await pollingSession()
      const closed = once(session, 'close')
      const requested = once(engine.http, 'request')
      const post = engine.send(query, { method: 'POST', headers: { 'content-length': '100' } })
      post.on('error', () => {})
      await requested
      post.destroy()
      expect((await closed)[0]).toBe('transport error')
    })

    test('of another method is an error, and the session lives on', async () => {
      const { engine, session, query } = await pollingSession()
      expect((await engine.ask(query, { method: 'PUT' })).status).toBe(500)
      expect(session.readyState).toBe('open')
    })

    test('of a session by WebSocket is refused', async () => {
      const { engine, session } = await webSocketSession()
      for (const transport of ['polling', 'websocket']) {
        const { status, body } = await engine.ask(`EIO=${version}&transport=${transport}&sid=${session.id}`)
        expect([status, JSON.parse(body).code]).toEqual([400, 3])
      }
      expect(session.readyState).toBe('open')
    })

    test('of the other version is refused', async () => {
      const { engine, sid } = await pollingSession()
      const { status, body } = await engine.ask(`EIO=${7 - version}&transport=polling&sid=${sid}`)
      expect([status, JSON.parse(body).code]).toEqual([400, 3])
    })
  })

  describe('heartbeat', () => {
    test('goes on by long polling', async () => {
      const { engine, query } = await pollingSession({ pingInterval: 20 })
      for (let beats = 0; beats < 3; beats++) {
        const post = (body: string): Promise<unknown> =>
          engine.ask(query, { method: 'POST', body: payload(body) })
        if (version === 3) await post('2')
        expect((await engine.ask(query)).body).toBe(payload(version === 3 ? '3' : '2'))
        if (version === 4) await post('3')
      }
    })

    test('goes on by WebSocket', async () => {
      const { client } = await webSocketSession({ pingInterval: 20 })
      for (let beats = 0; beats < 3; beats++) {
        if (version === 3) client.send('2')
        expect(await client.next()).toBe(version === 3 ? '3' : '2')
        if (version === 4) client.send('3')
      }
    })

    test('ends a session by long polling that is silent', async () => {
      const { engine, session, query } = await pollingSession({ pingInterval: 20, pingTimeout: 20 })
      expect((await once(session, 'close'))[0]).toBe('ping timeout')
      expect((await engine.ask(query)).status).toBe(400)
    })

    test('ends a session by WebSocket that is silent', async () => {
      const { session, client } = await webSocketSession({ pingInterval: 20, pingTimeout: 20 })
      expect((await once(session, 'close'))[0]).toBe('ping timeout')
      await client.closed
    })

    test('in the wrong direction ends the session', async () => {
      const { session, client } = await webSocketSession()
      const closed = once(session, 'close')
      client.send(version === 4 ? '2' : '3')
      expect(await closed).toMatchObject(['transport error', { message: 'invalid heartbeat direction' }])
    })
  })

  describe('close', () => {
    test('comes from the client by long polling', async () => {
      const { engine, session, query } = await pollingSession()
      const closed = once(session, 'close')
      const poll = engine.ask(query)
      await polled(session)
      expect((await engine.ask(query, { method: 'POST', body: payload('1') })).status).toBe(200)
      expect((await poll).body).toBe(payload('6'))
      expect((await closed)[0]).toBe('transport close')
      expect((await engine.ask(query)).status).toBe(400)
    })

    test('comes from the client by WebSocket, as a packet', async () => {
      const { session, client } = await webSocketSession()
      const closed = once(session, 'close')
      client.send('1')
      expect((await closed)[0]).toBe('transport close')
      await client.closed
    })

    test('comes from the client by WebSocket, as a frame', async () => {
      const { session, client } = await webSocketSession()
      const closed = once(session, 'close')
      client.socket.close()
      expect((await closed)[0]).toBe('transport close')
    })

    test('comes from the server to a poll that waits', async () => {
      const { engine, session, query } = await pollingSession()
      const poll = engine.ask(query)
      await polled(session)
      const closed = once(session, 'close')
      session.close()
      expect((await poll).body).toBe(payload('1'))
      expect((await closed)[0]).toBe('forced close')
    })

    test('comes from the server with the next poll, behind what was sent', async () => {
      const { engine, session, query } = await pollingSession()
      session.send('last')
      session.close()
      expect(session.readyState).toBe('closing')
      const closed = once(session, 'close')
      expect((await engine.ask(query)).body).toBe(payload('4last'))
      expect((await engine.ask(query)).body).toBe(payload('6', '1'))
      expect((await closed)[0]).toBe('forced close')
    })

    test('comes from the server by WebSocket, behind what was sent', async () => {
      const { session, client } = await webSocketSession()
      session.send('last')
      session.close()
      expect(session.readyState).toBe('closed')
      expect(await client.next()).toBe('4last')
      expect(await client.closed).toBe(1005)
    })

    test('of the whole server waits for nobody', async () => {
      const { engine, session } = await pollingSession()
      session.send('never')
      const closed = once(session, 'close')
      engine.engine.close()
      expect((await closed)[0]).toBe('forced close')
      expect(engine.engine.clientsCount).toBe(0)
      expect(await engine.socket(websocket).closed).toBe(1006)
    })
  })

  describe('upgrade', () => {
    test('moves a session from long polling to WebSocket', async () => {
      const { engine, session, query, sid } = await pollingSession()
      const names: string[] = []
      session.on('upgrading', transport => names.push(`upgrading ${transport.name}`))
      session.on('upgrade', transport => names.push(`upgrade ${transport.name}`))
      const client = await engine.socket(`${websocket}&sid=${sid}`).opened()
      client.send('2probe')
      expect(await client.next()).toBe('3probe')
      expect(session.upgrading).toBe(true)
      expect((await engine.ask(query)).body).toBe(payload('6'))
      client.send('5')
      client.send('4hello')
      expect(await client.next()).toBe('4hello')
      expect(session).toMatchObject({ upgraded: true, upgrading: false, transport: { name: 'websocket' } })
      expect(names).toEqual(['upgrading websocket', 'upgrade websocket'])
      // The session is no longer there by long polling, and cannot move twice.
      expect((await engine.ask(query)).status).toBe(400)
      expect(await engine.socket(`${websocket}&sid=${sid}`).closed).toBe(1005)
      client.send('4still')
      expect(await client.next()).toBe('4still')
    })

    test('answers a poll that waits, at once', async () => {
      const { engine, session, query, sid } = await pollingSession()
      const poll = engine.ask(query)
      await polled(session)
      const client = await engine.socket(`${websocket}&sid=${sid}`).opened()
      const probed = once(session, 'upgrading')
      client.send('2probe')
      await probed
      expect(session.transport.writable).toBe(false)
      expect(await client.next()).toBe('3probe')
      expect((await poll).body).toBe(payload('6'))
    })

    test('takes along what was not yet sent, in order', async () => {
      const { engine, session, query, sid } = await pollingSession()
      const client = await engine.socket(`${websocket}&sid=${sid}`).opened()
      session.send('one')
      client.send('2probe')
      expect(await client.next()).toBe('3probe')
      expect((await engine.ask(query)).body).toBe(payload('4one'))
      session.send('two')
      session.send('three')
      client.send('5')
      expect(await client.next()).toBe('4two')
      expect(await client.next()).toBe('4three')
    })

    test('ends a poll that waits although the client has moved', async () => {
      const { engine, session, query, sid } = await pollingSession()
      const client = await engine.socket(`${websocket}&sid=${sid}`).opened()
      const poll = engine.ask(query)
      await polled(session)
      client.send('5')
      expect((await poll).body).toBe(payload('6'))
      expect(session.transport.name).toBe('websocket')
    })

    test('is tried by one connection at a time', async () => {
      const { engine, session, sid } = await pollingSession()
      const first = await engine.socket(`${websocket}&sid=${sid}`).opened()
      first.send('2probe')
      await first.next()
      expect(await engine.socket(`${websocket}&sid=${sid}`).closed).toBe(1005)
      first.send('5')
      await once(session, 'upgrade')
    })

    test('that is given up leaves the session where it is', async () => {
      const { engine, session, query, sid } = await pollingSession()
      for (const end of ['4not a probe', '2', 'abc', '1'] as const) {
        const client = await engine.socket(`${websocket}&sid=${sid}`).opened()
        client.send(end)
        await client.closed
      }
      const left = await engine.socket(`${websocket}&sid=${sid}`).opened()
      left.socket.terminate()
      while (session.upgrading) await new Promise(resolve => setImmediate(resolve))
      session.send('here')
      expect((await engine.ask(query)).body).toBe(payload('4here'))
      expect(session).toMatchObject({ upgraded: false, upgrading: false })
    })

    test('that takes too long is given up', async () => {
      const { engine, session, sid } = await pollingSession({ upgradeTimeout: 20 })
      const client = await engine.socket(`${websocket}&sid=${sid}`).opened()
      await client.closed
      expect(session).toMatchObject({ readyState: 'open', upgrading: false, transport: { name: 'polling' } })
    })

    test('ends with its session', async () => {
      const { engine, session, sid } = await pollingSession()
      const client = await engine.socket(`${websocket}&sid=${sid}`).opened()
      client.send('2probe')
      await client.next()
      session.close(true)
      await client.closed
    })

    test.each([
      ['', []],
      [' behind what was sent', ['last']],
    ])('of a session that was closing ends it on the new transport%s', async (_name, messages) => {
      const { engine, session, sid } = await pollingSession()
      const client = await engine.socket(`${websocket}&sid=${sid}`).opened()
      for (const message of messages) session.send(message)
      session.close()
      const closed = once(session, 'close')
      client.send('5')
      for (const message of messages) expect(await client.next()).toBe(`4${message}`)
      expect((await closed)[0]).toBe('forced close')
      await client.closed
    })

    test('is not offered when it is not allowed', async () => {
      const engine = await stage({ allowUpgrades: false })
      const { sid, upgrades } = await engine.open(`EIO=${version}`)
      expect(upgrades).toEqual([])
      expect(await engine.socket(`${websocket}&sid=${sid}`).closed).toBe(1005)
    })
  })
})

describe('Version 3', () => {
  test('sends bytes as bytes by long polling to those who take them', async () => {
    const engine = await stage()
    const { sid } = await engine.open('EIO=3')
    const query = `EIO=3&transport=polling&sid=${sid}`
    await engine.ask(query, { method: 'POST', body: '6:4hello10:b4AQIDBA==' })
    const { bytes, headers } = await engine.ask(query)
    expect(headers['content-type']).toBe('application/octet-stream')
    const expected = [0, 6, 255, 52, 104, 101, 108, 108, 111, 1, 5, 255, 4, 1, 2, 3, 4]
    expect([...bytes]).toEqual(expected)
    const posted = await engine.ask(query, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.from(expected),
    })
    expect(posted.status).toBe(200)
    expect([...(await engine.ask(query)).bytes]).toEqual(expected)
  })

  test('is refused unless it is allowed, and so is who says no version', async () => {
    const engine = await stage({ allowEIO3: false })
    for (const eio of ['EIO=3&', 'EIO=abc&', '']) {
      const { status, body } = await engine.ask(`${eio}transport=polling`)
      expect([status, body]).toEqual([400, '{"code":5,"message":"Unsupported protocol version"}'])
      expect(await engine.socket(`${eio}transport=websocket`).closed).toBe(1006)
    }
  })
})

describe('Version 4', () => {
  test('takes no bytes as the body of a request', async () => {
    const engine = await stage()
    const { sid } = await engine.open()
    const session = await engine.session<Socket>()
    const closed = once(session, 'close')
    const { status } = await engine.ask(`EIO=4&transport=polling&sid=${sid}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: '4x',
    })
    expect(status).toBe(400)
    expect(await closed).toMatchObject(['transport error', { message: 'invalid content' }])
  })
})
