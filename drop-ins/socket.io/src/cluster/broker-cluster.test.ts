import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { roundRobin } from '@bothways/test-support/round-robin'
import { nextEvent as next } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { createHub, MemoryBroker } from 'bothways'
import { carriedAlone } from 'bothways/broker'
import { ByteBudget } from 'bothways/connection'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import type { EngineRequest } from '../engine/engine-request.ts'
import { SessionForwarding } from '../engine/session-forwarding.ts'
import { Server } from '../index.ts'
import { busOf } from './broker-bus.ts'
import type { ClusterBus } from './cluster-bus.ts'
import { fromText, toText } from './text-of-bytes.ts'

const stage = new SocketIoStage()
const servers: HttpServer[] = []

afterEach(async () => {
  await stage.clear()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const portOf = (server: HttpServer) => (server.address() as AddressInfo).port

async function listen(server: HttpServer): Promise<number> {
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return portOf(server)
}

async function balancer(ports: readonly number[]) {
  const proxy = await roundRobin(ports)
  onTestFinished(proxy.close)
  return proxy
}

async function cluster(count: number) {
  const broker = new MemoryBroker()
  const ios: Server[] = []
  const ports: number[] = []
  for (let at = 0; at < count; at++) {
    const http = createServer()
    ios.push(new Server(http, { cluster: broker, pingInterval: 300, pingTimeout: 60_000 }))
    ports.push(await listen(http))
  }
  return { ios, ports, broker }
}

const polling = { transports: ['polling'] }

test('Clients that poll are answered by whichever of four servers a request reaches, with no session unknown', async () => {
  const { ios, ports } = await cluster(4)
  for (const io of ios) {
    io.on('connection', socket => {
      socket.join('all')
      socket.on('echo', (data, answer) => answer(data))
    })
  }
  const { url, refused } = await balancer(ports)
  const clients = Array.from({ length: 40 }, () => stage.connect(url, polling))
  const ended: string[] = []
  for (const client of clients) client.on('disconnect', ((reason: string) => ended.push(reason)) as never)
  await Promise.all(clients.map(client => next(client, 'connect')))
  for (let round = 0; round < 5; round++) {
    const heard = Promise.all(clients.map(client => next(client, 'news')))
    const echoes = await Promise.all(
      clients.map(
        (client, at) =>
          new Promise(resolve => client.emit('echo', { at, bytes: Buffer.from([at]) }, resolve)),
      ),
    )
    expect(echoes).toEqual(clients.map((_, at) => ({ at, bytes: Buffer.from([at]) })))
    ios[round % 4]?.to('all').emit('news', round)
    expect(await heard).toEqual(clients.map(() => [round]))
  }
  // Each is at one of them, and all of them know all.
  expect(ios.map(io => io.engine.clientsCount).reduce((sum, one) => sum + one)).toBe(40)
  expect(await ios[0]?.fetchSockets()).toHaveLength(40)
  expect([refused, ended]).toEqual([[], []])
})

test('A session whose server is gone is unknown, and the client comes back with another one', async () => {
  const { ios, ports } = await cluster(2)
  const { url } = await balancer([ports[1] as number])
  const { status, body } = await (async () => {
    const opened = await fetch(`http://127.0.0.1:${ports[0]}/socket.io/?EIO=4&transport=polling`)
    const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string }
    await ios[0]?.close()
    const polled = await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`)
    return { status: polled.status, body: (await polled.json()) as { message: string } }
  })()
  expect([status, body.message]).toEqual([400, 'Session ID unknown'])
})

test('A request that its client has given up ends at the server that has the session, as one of its own would', async () => {
  const { ios, ports } = await cluster(2)
  const reason = new Promise<string>(resolve => {
    ios[0]?.engine.on('connection', (session: { on(name: 'close', told: (reason: string) => void): void }) =>
      session.on('close', resolve),
    )
  })
  const opened = await fetch(`http://127.0.0.1:${ports[0]}/socket.io/?EIO=4&transport=polling`)
  const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string }
  const abort = new AbortController()
  const path = `/socket.io/?EIO=4&transport=polling&sid=${sid}`
  // The first brings nothing: the namespace was not asked for. It waits at the other server.
  const polled = fetch(`http://127.0.0.1:${ports[1]}${path}`, { signal: abort.signal }).catch(() => undefined)
  const overlap = await fetch(`http://127.0.0.1:${ports[1]}${path}`, { method: 'POST', body: '3' })
  expect([overlap.status, await overlap.text()]).toEqual([200, 'ok'])
  abort.abort()
  await polled
  expect(await reason).toMatch(/transport error|ping timeout/)
})

test('A body that is too long is refused where it arrives', async () => {
  const { ports } = await cluster(2)
  const opened = await fetch(`http://127.0.0.1:${ports[0]}/socket.io/?EIO=4&transport=polling`)
  const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string }
  const path = `/socket.io/?EIO=4&transport=polling&sid=${sid}`
  const { status } = await fetch(`http://127.0.0.1:${ports[1]}${path}`, {
    method: 'POST',
    body: 'x'.repeat(1_000_001),
  })
  expect(status).toBe(413)
})

function forwardingOn(bus: ClusterBus) {
  const forwarding = new SessionForwarding(bus, { maxBodyBytes: 1, bodies: new ByteBudget(1), handle() {} })
  const statuses: number[] = []
  const forward = (sid: string, remoteAddress: string, refuse = () => {}) => {
    const request = { method: 'GET', url: '/', headers: {}, socket: { remoteAddress }, _query: { sid } }
    const response = {
      destroyed: false,
      writableEnded: false,
      status: undefined as number | undefined,
      once() {},
      writeHead(status: number) {
        response.status = status
        statuses.push(status)
        return response
      },
      end() {
        response.writableEnded = true
      },
    }
    forwarding.forward(
      request as unknown as EngineRequest,
      response as unknown as ServerResponse,
      'another one',
      refuse,
    )
    return response
  }
  return { forwarding, forward, statuses }
}

const silent = { publish() {}, memberCount: () => Promise.resolve(2), leave() {} }

test('So many polls wait for other servers at most, in all and of one session; then the address with most gives up a place', () => {
  const { forwarding, forward, statuses } = forwardingOn({ join: () => silent })
  for (let at = 0; at < 4; at++) forward('one session', '10.1.0.1')
  expect(statuses).toEqual([])
  expect(forward('one session', '10.2.0.1').status).toBe(503)
  // Behind a balancer all clients have its address.
  const polls = Array.from({ length: 9_996 }, (_, at) => forward(`a${at}`, '10.0.0.1'))
  expect(statuses).toEqual([503])
  expect(forward('of all', '10.0.0.1').status).toBe(503)
  expect(forward('of another', '10.0.0.3').status).toBeUndefined()
  expect(forward('of a third', '10.0.0.4').status).toBeUndefined()
  expect(polls.slice(0, 3).map(({ status }) => status)).toEqual([503, 503, undefined])
  expect(statuses).toHaveLength(4)
  forwarding.close()
})

test('To a server that a client has invented nothing is sent, and who is joined is asked once for many of them', async () => {
  const published: unknown[] = []
  let askCount = 0
  const { forwarding, forward } = forwardingOn({
    join: () => ({
      ...silent,
      publish: (_, to) => published.push(to),
      members: () => {
        askCount++
        return Promise.resolve(['some one'])
      },
    }),
  })
  let refusals = 0
  await new Promise<void>(resolve => {
    for (let at = 0; at < 1_000; at++) {
      forward(`${at}`, '10.0.0.1', () => {
        if (++refusals === 1_000) resolve()
      })
    }
  })
  expect([published, askCount]).toEqual([[], 1])
  forwarding.close()
})

test('While nobody can say which servers are joined, requests are sent on', async () => {
  const sent = new Promise(resolve => {
    const { forward } = forwardingOn({
      join: () => ({
        ...silent,
        publish: (_, to) => resolve(to),
        members: () => Promise.reject(new Error('away')),
      }),
    })
    forward('a', '10.0.0.1')
  })
  expect(await sent).toBe('another one')
})

test('A broker that cannot be reached is warned of once, and the servers join when it is back', async () => {
  const broker = new MemoryBroker()
  const { subscribe } = broker
  let refusals = 0
  broker.subscribe = (...args) => {
    if (refusals++ < 3) return Promise.reject(new Error('away'))
    return subscribe.apply(broker, args)
  }
  const warnings: string[] = []
  const onWarning = ({ message }: Error) => warnings.push(message)
  process.on('warning', onWarning)
  const [{ io: one, url }, { io: other }] = [
    await stage.listen({ cluster: broker }),
    await stage.listen({ cluster: broker }),
  ]
  const client = stage.connect(url)
  await next(client, 'connect')
  let isHeard = false
  client.on('news', (() => {
    isHeard = true
  }) as never)
  while (!isHeard) {
    other.emit('news')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  process.off('warning', onWarning)
  expect(warnings.filter(it => it === 'away').length).toBeLessThanOrEqual(2)
  expect(await one.sockets.adapter.serverCount()).toBe(2)
})

test('JSON brings bytes along wherever they stand, and objects that look like them', () => {
  const value = {
    a: [
      Buffer.from([0, 255]),
      new Uint8Array([1]),
      new Uint8Array([2]).buffer,
      new DataView(new ArrayBuffer(1)),
    ],
    b: { '\u0001': 'no bytes' },
    c: { '\u0001': [{ '\u0001': 1 }] },
    d: { '\u0001': Buffer.from('x'), more: '\u0001' },
    e: null,
    f: new Date(0),
  }
  expect(fromText(toText(value))).toEqual({
    ...value,
    a: [Buffer.from([0, 255]), Buffer.from([1]), Buffer.from([2]), Buffer.from([0])],
    f: '1970-01-01T00:00:00.000Z',
  })
  expect(fromText(toText(Buffer.from('whole')))).toEqual(Buffer.from('whole'))
})

test('What is no message of another server is a warning, and nothing more', async () => {
  const broker = new MemoryBroker()
  const heard: unknown[] = []
  const bus = busOf(broker)
  const warnings: string[] = []
  const warn = (warning: Error) => warnings.push(warning.message)
  process.on('warning', warn)
  const membership = bus.join('/', {
    id: 'a',
    onMessage: message => {
      if (message.type === 'leave') throw new Error('no room')
      heard.push(message)
    },
  })
  const other = bus.join('/', { id: 'b', onMessage: () => undefined })
  await membership.memberCount()
  const foreign = [
    'no JSON',
    'null',
    '5',
    '{}',
    '{"from":"b"}',
    '{"from":"b","message":5}',
    '{"from":1,"message":{"type":"x"}}',
  ]
  for (const data of foreign) {
    await broker.publish({
      ...carriedAlone,
      topic: '\u0001socket.io /',
      data,
    })
  }
  other.publish({ type: 'leave', target: { rooms: [], except: [], flags: {} }, rooms: [] })
  other.publish({ type: 'emit', args: ['good'] })
  await expect.poll(() => heard).toEqual([{ type: 'emit', args: ['good'] }])
  await expect.poll(() => warnings.length).toBe(foreign.length * 2 + 1)
  process.off('warning', warn)
  await Promise.all([membership.leave(), other.leave()])
})

test('A hub that closes leaves its broker to servers of Socket.IO that are joined by it, and they close it at their end', async () => {
  const broker = new MemoryBroker()
  let closeCount = 0
  const { close } = broker
  broker.close = () => {
    closeCount++
    return close.call(broker)
  }
  const [{ io: one, url }, { io: other }] = [
    await stage.listen({ cluster: broker }),
    await stage.listen({ cluster: broker }),
  ]
  await createHub({ broker }).close({ spreadMs: 0 })
  expect(closeCount).toBe(0)
  const client = stage.connect(url)
  await next(client, 'connect')
  const heard = next(client, 'news')
  other.emit('news', 1)
  expect(await heard).toEqual([1])
  await Promise.all([one.close(), other.close()])
  await expect.poll(() => closeCount).toBe(1)
})
