import { Buffer } from 'node:buffer'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { connect } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { EngineStage, engineClient } from '@bothways/test-support/engine-stage'
import { describe, expect, test } from 'vitest'
import { listen, protocol, Server, type ServerOptions, Socket } from './index.ts'
import { attach } from './listen.ts'
import type { AttachOptions } from './options.ts'

const polling = 'EIO=4&transport=polling'
const websocket = 'EIO=4&transport=websocket'

function stage(options: ServerOptions & AttachOptions = {}): Promise<EngineStage<Server>> {
  return new EngineStage(http => attach(http, options)).listen()
}

/** Errors that a program throws are to end up here, and nowhere else. */
function uncaught(): Promise<unknown> {
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  return new Promise(resolve => {
    process.once('uncaughtException', error => {
      for (const listener of listeners) process.on('uncaughtException', listener)
      resolve(error)
    })
  })
}

test('The entry has the names of engine.io', () => {
  expect(protocol).toBe(4)
  expect(Server.errors.FORBIDDEN).toBe(4)
  expect(Server.errorMessages[1]).toBe('Session ID unknown')
  expect(new Server()).toMatchObject({
    clientsCount: 0,
    clients: {},
    opts: {
      pingInterval: 25_000,
      pingTimeout: 20_000,
      upgradeTimeout: 10_000,
      maxHttpBufferSize: 1e6,
      transports: ['polling', 'websocket'],
      allowUpgrades: true,
      perMessageDeflate: false,
      httpCompression: { threshold: 1024 },
      cors: false,
      cookie: false,
      allowEIO3: false,
    },
  })
})

test('listen opens a port of its own, where everything else is not implemented', async () => {
  const engine = listen(0)
  const { httpServer } = engine
  if (httpServer === undefined) throw new Error('no server')
  await once(httpServer, 'listening')
  const { port } = httpServer.address() as { port: number }
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
  expect([answer.status, await answer.text()]).toEqual([501, 'Not Implemented'])
  const client = engineClient(4, `http://127.0.0.1:${port}`, { transports: ['websocket'] })
  const [session] = (await once(engine, 'connection')) as [Socket]
  expect(session).toBeInstanceOf(Socket)
  expect(session.server).toBe(engine)
  expect(session.request.url).toContain('transport=websocket')
  expect(session.request._query.EIO).toBe('4')
  const closed = once(client, 'close')
  httpServer.close()
  engine.close()
  await closed
})

test('A server without HTTP server takes the requests that it is given', async () => {
  const engine = new Server()
  const staged = new EngineStage(http => {
    http.removeAllListeners('request')
    http.on('request', (request, response) => engine.handleRequest(request, response))
    http.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head))
    return engine
  })
  await staged.listen()
  expect((await staged.ask(`/anywhere?${polling}`)).status).toBe(200)
  expect(await staged.socket(websocket).next()).toContain('sid')
})

test('Ids are what the program says, at once or later', async () => {
  const engine = await stage()
  const errors: unknown[] = []
  engine.engine.on('connection_error', error => errors.push([error.code, error.context.name]))
  engine.engine.generateId = request => `id ${request.method}`
  expect((await engine.open()).sid).toBe('id GET')
  // No two sessions may have the same.
  expect((await engine.ask(polling)).status).toBe(400)
  engine.engine.generateId = () => Promise.resolve('later')
  expect((await engine.open()).sid).toBe('later')
  engine.engine.generateId = () => Promise.reject(new Error('no id'))
  expect((await engine.ask(polling)).body).toBe('{"code":3,"message":"Bad request"}')
  engine.engine.generateId = () => {
    throw new Error('no id')
  }
  expect(await engine.socket(websocket).closed).toBe(1006)
  expect(errors).toEqual(new Array(3).fill([3, 'ID_GENERATION_ERROR']))
  expect(engine.engine.clientsCount).toBe(2)
})

test('Listeners add headers to answers, of the first request and of all', async () => {
  const engine = await stage({ cookie: true })
  engine.engine.on('initial_headers', (headers: OutgoingHttpHeaders, request: IncomingMessage) => {
    headers['x-first'] = request.method
  })
  engine.engine.on('headers', (headers: OutgoingHttpHeaders) => {
    headers['x-all'] = ['a', 'b']
  })
  const first = await engine.ask(polling)
  const sid = /"sid":"(.*?)"/.exec(first.body)?.[1]
  expect(first.headers).toMatchObject({
    'x-first': 'GET',
    'x-all': 'a, b',
    'set-cookie': [`io=${sid}; Path=/; HttpOnly; SameSite=Lax`],
  })
  const post = await engine.ask(`${polling}&sid=${sid}`, { method: 'POST', body: '4x' })
  expect(post.headers['x-all']).toBe('a, b')
  expect(post.headers).not.toHaveProperty('x-first')
  const { socket } = engine.socket(websocket)
  const [response] = (await once(socket, 'upgrade')) as [IncomingMessage]
  expect(response.headers).toMatchObject({ 'x-first': 'GET', 'x-all': 'a, b' })
})

test('Headers that cannot be sent end the request, and nothing else', async () => {
  const engine = await stage()
  engine.engine.once('headers', (headers: OutgoingHttpHeaders) => {
    headers['x-bad'] = 'a\r\nb'
  })
  await expect(engine.ask(polling)).rejects.toThrow()
  engine.engine.once('headers', (headers: OutgoingHttpHeaders) => {
    headers['x-bad'] = 'a\r\nb'
  })
  expect(await engine.socket(websocket).closed).toBe(1006)
  expect(engine.engine.clientsCount).toBe(0)
  expect((await engine.ask(polling)).status).toBe(200)
})

test('Middlewares see every request, in order, and may answer themselves', async () => {
  const engine = await stage()
  const log: string[] = []
  engine.engine.use((request, _response, next) => {
    log.push(`1 ${request.method}`)
    setImmediate(next)
  })
  engine.engine.use(async (request, response, next) => {
    log.push('2')
    response.setHeader('X-Powered-By', 'us')
    await undefined
    if (request.headers['x-stop'] === undefined) next()
    else response.writeHead(418).end('stop')
    next()
  })
  const answer = await engine.ask(polling)
  expect([answer.status, answer.headers['x-powered-by']]).toEqual([200, 'us'])
  expect((await engine.ask(polling, { headers: { 'x-stop': '1' } })).status).toBe(418)
  const { socket } = engine.socket(websocket)
  const [response] = (await once(socket, 'upgrade')) as [IncomingMessage]
  expect(response.headers['x-powered-by']).toBe('us')
  expect(log).toEqual(['1 GET', '2', '1 GET', '2', '1 GET', '2'])
  expect(await engine.socket(websocket, { 'x-stop': '1' }).closed).toBe(1006)
  expect(engine.engine.clientsCount).toBe(2)
})

test.each([
  ['says so', (_request: unknown, _response: unknown, next: (error: Error) => void) => next(new Error('no'))],
  [
    'throws',
    () => {
      throw new Error('no')
    },
  ],
  ['rejects', () => Promise.reject(new Error('no'))],
])('A request is refused when a middleware %s', async (_name, middleware) => {
  const engine = await stage()
  const errors: unknown[] = []
  engine.engine.on('connection_error', error => errors.push(error.context))
  engine.engine.use(middleware as (request: IncomingMessage, response: ServerResponse) => void)
  expect((await engine.ask(polling)).body).toBe('{"code":3,"message":"Bad request"}')
  expect(await engine.socket(websocket).closed).toBe(1006)
  expect(errors).toEqual([{ name: 'MIDDLEWARE_FAILURE' }, { name: 'MIDDLEWARE_FAILURE' }])
})

test('The program is asked about new sessions, once each, and answers once', async () => {
  const asked: string[] = []
  const engine = await stage({
    allowRequest: (request, answer) => {
      asked.push(request.url?.split('transport=')[1] ?? '')
      answer(null, true)
      answer('no', false)
    },
  })
  const { sid } = await engine.open()
  await engine.ask(`${polling}&sid=${sid}`, { method: 'POST', body: '4x' })
  await engine.socket(websocket).next()
  expect(asked).toEqual(['polling', 'websocket'])
})

test('What the program throws refuses the request, and goes where such things go', async () => {
  const engine = await stage({
    allowRequest: () => {
      throw new Error('thrown')
    },
  })
  const thrown = uncaught()
  expect((await engine.ask(polling)).status).toBe(403)
  expect(await thrown).toMatchObject({ message: 'thrown' })
})

test('What a listener throws does not keep the session from what comes next', async () => {
  const engine = await stage()
  const client = engine.socket(websocket)
  const session = await engine.session<Socket>()
  session.once('message', () => {
    throw new Error('thrown')
  })
  const thrown = uncaught()
  const second = new Promise(resolve => {
    session.on('message', data => {
      if (data === 'two') resolve(data)
    })
  })
  await client.next()
  client.send('4one')
  client.send('4two')
  expect(await thrown).toMatchObject({ message: 'thrown' })
  await second
})

test('Packets are told of on their way, by the session and the server', async () => {
  const engine = await stage()
  const log: string[] = []
  engine.engine.on('flush', (_socket, packets) => log.push(`server flush ${packets.length}`))
  engine.engine.on('drain', () => log.push('server drain'))
  const client = engine.socket(websocket)
  const session = await engine.session<Socket>()
  for (const event of ['packetCreate', 'packet']) {
    session.on(event, ({ type, data }) => log.push(`${event} ${type} ${data}`))
  }
  session.on('flush', () => log.push('flush'))
  session.on('drain', () => log.push('drain'))
  session.on('data', data => log.push(`data ${data}`))
  session.on('message', data => log.push(`message ${data}`))
  session.send('out')
  await client.next()
  const message = once(session, 'message')
  client.send('4in')
  await message
  expect(log).toEqual([
    'server flush 1',
    'server drain',
    'packetCreate message out',
    'flush',
    'server flush 1',
    'drain',
    'server drain',
    'packet message in',
    'data in',
    'message in',
  ])
})

test('Callbacks follow when messages have left, with the transport', async () => {
  const engine = await stage()
  const { sid } = await engine.open()
  const polled = await engine.session<Socket>()
  const left: string[] = []
  polled.send('one', transport => left.push(`one ${transport.name}`))
  polled.send('two', {}, transport => left.push(`two ${transport.name}`))
  expect(left).toEqual([])
  await engine.ask(`${polling}&sid=${sid}`)
  expect(left).toEqual(['one polling', 'two polling'])

  engine.socket(websocket)
  const session = await engine.session<Socket>()
  const transport = await new Promise(resolve => session.send('x', resolve))
  expect(transport).toBe(session.transport)
})

test('A WebSocket is not writable while something is on its way, and takes packets all the same', async () => {
  const engine = await stage()
  const client = engine.socket(websocket)
  const session = await engine.session<Socket>()
  await client.next()
  await expect.poll(() => session.transport.writable).toBe(true)
  session.send('one')
  expect(session.transport.writable).toBe(false)
  session.send('two')
  expect(session.writeBuffer).toEqual([])
  expect([await client.next(), await client.next()]).toEqual(['4one', '4two'])
  await expect.poll(() => session.transport.writable).toBe(true)
})

test('A client that does not read makes packets wait, and loses none of them', async () => {
  const engine = await stage()
  const client = engine.socket(websocket)
  const session = await engine.session<Socket>()
  await client.next()
  client.socket.pause()
  const long = 'x'.repeat(500_000)
  let sent = 0
  while (session.writeBuffer.length < 3) {
    session.send(`${sent++} ${long}`)
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(session.transport.writable).toBe(false)
  client.socket.resume()
  for (let at = 0; at < sent; at++)
    expect(String(await client.next()).slice(0, 8)).toBe(`4${at} ${long}`.slice(0, 8))
  await expect.poll(() => session.transport.writable).toBe(true)
  expect(session.writeBuffer).toEqual([])
})

test('A client that never reads is given up at the bound, and what waited for it at once', async () => {
  const engine = await stage({ maxBufferedBytes: 100_000 })
  const client = engine.socket(websocket)
  const session = await engine.session<Socket>()
  await client.next()
  client.socket.pause()
  const closed = once(session, 'close')
  while (session.readyState === 'open') {
    session.send('x'.repeat(50_000))
    await new Promise(resolve => setImmediate(resolve))
  }
  expect((await closed)[0]).toBe('transport error')
  expect(session.transport.bufferedAmount).toBe(0)
})

test('Frames that an adapter has made go out as they are', async () => {
  const engine = await stage()
  const client = engine.socket(websocket)
  const session = await engine.session<Socket>()
  await client.next()
  const frame = [Buffer.from([0x81, 4]), Buffer.from('4abc')]
  session.write('abc', { wsPreEncodedFrame: frame })
  expect(await client.next()).toBe('4abc')
})

test('A message that comes right behind the request to upgrade is not lost', async () => {
  const engine = await stage()
  engine.engine.on('connection', (session: Socket) => session.on('message', data => session.send(data)))
  const socket = connect(Number(new URL(engine.url).port), '127.0.0.1')
  const masked = Buffer.from([0x81, 0x83, 0, 0, 0, 0, 0x34, 0x68, 0x69])
  const head = [
    `GET /engine.io/?${websocket} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), masked]))
  let text = ''
  for await (const chunk of socket) {
    text += chunk.toString('latin1')
    if (text.endsWith('4hi')) break
  }
})

test('Upgrades that nobody takes are ended, unless somebody else may', async () => {
  const engine = await stage({ destroyUpgradeTimeout: 10 })
  const socket = connect(Number(new URL(engine.url).port), '127.0.0.1')
  socket.write('GET /other HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  socket.resume()
  await once(socket, 'end')
})

test('A bad request to upgrade is refused', async () => {
  const engine = await stage()
  const { status } = await engine.ask(websocket, {
    headers: { connection: 'Upgrade', upgrade: 'websocket' },
  })
  expect(status).toBe(426)
  expect(engine.engine.clientsCount).toBe(0)
})

test('A client that leaves while the program is asked opens no session', async () => {
  let allow = (): void => {}
  const engine = await stage({
    allowRequest: (_request, answer) => {
      allow = () => answer(null, true)
    },
  })
  const requested = once(engine.http, 'request')
  const request = engine.send(polling)
  request.on('error', () => {})
  const [, response] = (await requested) as [IncomingMessage, ServerResponse]
  const gone = once(response, 'close')
  request.destroy()
  await gone
  allow()
  expect(engine.engine.clientsCount).toBe(0)
})

test('A server that listens again takes WebSockets again', async () => {
  const engine = await stage()
  engine.engine.close()
  expect(await engine.socket(websocket).closed).toBe(1006)
  engine.http.emit('listening')
  expect(await engine.socket(websocket).next()).toContain('sid')
})

test('What programs without types send is text', async () => {
  const engine = await stage()
  const { sid } = await engine.open()
  const session = await engine.session<Socket>()
  for (const data of [5, true, undefined, null, '']) session.send(data as string, null as unknown as object)
  expect((await engine.ask(`${polling}&sid=${sid}`)).body).toBe('45\x1e4true\x1e4\x1e4\x1e4')
})

test('A body that a client is still sending when it has moved is not accepted', async () => {
  const engine = await stage()
  const { sid } = await engine.open()
  const session = await engine.session<Socket>()
  const requested = once(engine.http, 'request')
  const request = engine.post(`${polling}&sid=${sid}`)
  request.write('4la')
  await requested
  const client = await engine.socket(`${websocket}&sid=${sid}`).opened()
  const moved = once(session, 'upgrade')
  client.send('5')
  await moved
  request.end('te')
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(400)
})

describe('Over TLS', () => {
  test('clients come by HTTP/1.1, by polling and by WebSocket', async () => {
    const { cert, key } = await makeCertificate()
    for (const server of [createHttps({ cert, key }), createSecureServer({ cert, key, allowHTTP1: true })]) {
      const engine = attach(server)
      engine.on('connection', (session: Socket) => session.on('message', data => session.send(data)))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as { port: number }
      for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
        const client = engineClient(4, `https://127.0.0.1:${port}`, { transports, rejectUnauthorized: false })
        const message = once(client, 'message')
        client.send('hello')
        expect((await message)[0]).toBe('hello')
        if (transports.length === 2 && client.transport.name === 'polling') await once(client, 'upgrade')
        const closed = once(client, 'close')
        client.close()
        await closed
      }
      engine.close()
      server.close()
    }
  })

  test('clients poll by HTTP/2', async () => {
    const { cert, key } = await makeCertificate()
    const server = createSecureServer({ cert, key })
    const engine = attach(server)
    engine.on('connection', (session: Socket) => session.on('message', data => session.send(data)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const client = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    const ask = async (query: string, body?: string): Promise<string> => {
      const stream = client.request({
        ':path': `/engine.io/?${query}`,
        ':method': body === undefined ? 'GET' : 'POST',
      })
      stream.end(body)
      let text = ''
      for await (const chunk of stream) text += chunk
      return text
    }
    const sid = /"sid":"(.*?)"/.exec(await ask(polling))?.[1]
    expect(await ask(`${polling}&sid=${sid}`, '4hello')).toBe('ok')
    expect(await ask(`${polling}&sid=${sid}`)).toBe('4hello')
    const poll = ask(`${polling}&sid=${sid}`)
    expect(await ask(`${polling}&sid=${sid}`, '1')).toBe('ok')
    expect(await poll).toBe('6')
    client.close()
    server.close()
  })
})

test('Refusals and broken rules are told to channels, for all servers of the process', async () => {
  const engine = await stage()
  const told: unknown[] = []
  const onRefusal = (message: unknown) => void told.push(['refusal', (message as { code: number }).code])
  const onViolation = (message: unknown) =>
    void told.push(['violation', (message as { error: { code: string } }).error.code])
  subscribe('bothways:socket.io:refusal', onRefusal)
  subscribe('bothways:socket.io:violation', onViolation)
  try {
    await engine.ask(`${polling}&sid=unknown`)
    const socket = engine.socket(websocket)
    await socket.next()
    socket.send('x'.repeat(1_000_001))
    await socket.closed
  } finally {
    unsubscribe('bothways:socket.io:refusal', onRefusal)
    unsubscribe('bothways:socket.io:violation', onViolation)
  }
  expect(told).toEqual([
    ['refusal', 1],
    ['violation', 'BW_MESSAGE_TOO_BIG'],
  ])
})
