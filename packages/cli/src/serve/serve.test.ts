import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, refusalOf } from '../../../../test/support/test-client.ts'
import { type Serving, startServe } from './serve.ts'

let serving: Serving
let ws: string

beforeAll(async () => {
  serving = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false })
  ws = serving.url.replace('http:', 'ws:').slice(0, -1)
})
afterAll(() => serving.close())

const at = (path: string) => new URL(path, serving.url)
const json = (message: string | Buffer) => JSON.parse(String(message))

describe('serve', () => {
  test('It is healthy, and its figures are in the Prometheus format', async () => {
    expect((await fetch(at('/healthz'))).status).toBe(200)
    const text = await (await fetch(at('/metrics'))).text()
    expect(text).toMatch(/^# TYPE bothways_connections gauge\nbothways_connections \d+$/m)
    for (const line of text.trim().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+ [\d.e+-]+)$/)
  })

  test('Paths that speak WebSocket, or nothing, say so over HTTP', async () => {
    expect(await (await fetch(at('/echo'))).text()).toContain('speaks WebSocket')
    expect((await fetch(at('/nowhere'))).status).toBe(404)
    expect((await refusalOf(`${ws}/nowhere`)).status).toBe(404)
    expect((await refusalOf(`${ws}/echo`, { headers: { Origin: 'https://evil.example' } })).status).toBe(403)
  })

  test('/echo echoes', async () => {
    const client = await connect(`${ws}/echo`)
    client.connection.send('文字')
    client.connection.send(Buffer.of(0, 255))
    expect([await client.next(), await client.next()]).toEqual(['文字', Buffer.of(0, 255)])
    client.connection.close(1000)
    await client.closed
  })

  test('/chat carries a message from one to the other', async () => {
    const headers = { 'Sec-WebSocket-Protocol': 'chat.bothways' }
    const [a, b] = [await connect(`${ws}/chat`, { headers }), await connect(`${ws}/chat`, { headers })]
    a.connection.send('{"type":"join","room":"lobby","name":"张三"}')
    expect(json(await a.next())).toMatchObject({ type: 'joined', members: [{ name: '张三' }] })
    b.connection.send('{"type":"join","room":"lobby","name":"李四"}')
    expect(json(await b.next())).toMatchObject({
      type: 'joined',
      members: [{ name: '张三' }, { name: '李四' }],
    })
    expect(json(await a.next())).toMatchObject({ type: 'member-joined', name: '李四' })
    a.connection.send('{"type":"message","text":"你好"}')
    expect(json(await a.next())).toMatchObject({ type: 'sent' })
    expect(json(await b.next())).toMatchObject({ type: 'message', text: '你好', name: '张三' })
    a.connection.terminate()
    expect(json(await b.next())).toMatchObject({ type: 'member-left', name: '张三' })
    b.connection.close(1000)
    await b.closed
  })

  test('/monitor pushes real figures at the rate that is asked for', async () => {
    const client = await connect(`${ws}/monitor`)
    client.connection.send('{"type":"rate","intervalMs":50}')
    const samples = [json(await client.next()), json(await client.next())]
    expect(samples[1].date).toBeGreaterThan(samples[0].date)
    for (const sample of samples) {
      expect(sample).toMatchObject({ type: 'sample', connections: 1 })
      expect(sample.cpu).toBeGreaterThanOrEqual(0)
      expect(sample.cpu).toBeLessThanOrEqual(1)
      expect(sample.memory.rss).toBeGreaterThan(10_000_000)
      expect(sample.eventLoopDelayMs.max).toBeGreaterThanOrEqual(0)
    }
    client.connection.send('{"type":"rate","intervalMs":1}')
    const isError = async (): Promise<boolean> => json(await client.next()).code === 'bad-rate' || isError()
    expect(await isError()).toBe(true)
    client.connection.close(1000)
    await client.closed
  })
})

describe('compare', () => {
  test('All four ways deliver the same changes, and what each has cost is told', async () => {
    const control = await connect(`${ws}/compare/control`)
    const { viewer } = json(await control.next())
    control.connection.send('{"type":"rate","perSecond":50}')
    const query = `viewer=${viewer}`

    const socket = await connect(`${ws}/compare/socket?${query}`)
    const [change] = json(await socket.next()).changes
    expect(change).toMatchObject({ sequence: expect.any(Number), date: expect.any(Number) })

    const waiting = await (await fetch(at(`/compare/long-poll?${query}&after=${change.sequence}`))).json()
    expect(waiting.changes[0].sequence).toBe(change.sequence + 1)
    const polled = await (await fetch(at(`/compare/poll?${query}&after=${change.sequence - 1}`))).json()
    expect(polled.changes[0]).toEqual(change)
    const nothing = await (
      await fetch(at(`/compare/poll?${query}&after=${change.sequence + 1_000_000}`))
    ).json()
    expect(nothing.changes).toEqual([])

    const events = await fetch(at(`/compare/events?${query}`), {
      headers: { 'Last-Event-ID': String(change.sequence - 1) },
    })
    const reader = events.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    expect(new TextDecoder().decode(value)).toContain(`id: ${change.sequence}\ndata: {"changes":[`)

    const nextTraffic = async (): Promise<Record<string, { [figure: string]: number }>> => {
      const event = json(await control.next())
      return event.type === 'traffic' && event.traffic.events.bytesDown > 0 ? event.traffic : nextTraffic()
    }
    const traffic = await nextTraffic()
    expect(traffic).toMatchObject({
      poll: { requests: 2, empty: 1 },
      longPoll: { requests: 1, empty: 0 },
      events: { requests: 1, empty: 0 },
      socket: { requests: 1, empty: 0 },
    })
    for (const way of ['poll', 'longPoll', 'events', 'socket']) {
      expect(traffic[way]?.bytesUp).toBeGreaterThan(100)
      expect(traffic[way]?.bytesDown).toBeGreaterThan(100)
      expect(traffic[way]?.bytesUp).toBeLessThan(2_000)
    }
    await reader?.cancel()
    socket.connection.close(1000)
    control.connection.close(1000)
    await control.closed
    await expect.poll(async () => (await fetch(at(`/compare/poll?${query}`))).status).toBe(404)
  })

  test('Closing answers what waits and ends every connection', async () => {
    const other = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false })
    const control = await connect(`${other.url.replace('http', 'ws')}compare/control`)
    const { viewer, last } = json(await control.next())
    const parked = fetch(new URL(`/compare/long-poll?viewer=${viewer}&after=${last + 1_000}`, other.url))
    const isParked = async (): Promise<boolean> =>
      json(await control.next()).traffic?.longPoll.requests === 1 || isParked()
    expect(await isParked()).toBe(true)
    await other.close()
    expect((await parked).status).toBe(200)
    expect((await control.closed).code).toBe(1001)
  })
})
