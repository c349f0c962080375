import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { connect, refusalOf, type TestClient } from '@bothways/test-support/test-client'
import { WebSocket } from 'bothways'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChangesAnswer, CompareEvent } from './messages.ts'
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
const changesAt = async (url: URL): Promise<ChangesAnswer> =>
  (await (await fetch(url)).json()) as ChangesAnswer

describe('serve', () => {
  test('It is healthy, and its figures are in the Prometheus format', async () => {
    const health = await fetch(at('/healthz'))
    expect([health.status, await health.text()]).toEqual([200, 'ok\n'])
    const text = await (await fetch(at('/metrics'))).text()
    expect(text).toMatch(/^# TYPE bothways_connections gauge\nbothways_connections \d+$/m)
    expect(text).toMatch(/^bothways_messages_total\{direction="in"\} \d+$/m)
    for (const line of text.trim().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="\w+"\})? [\d.e+-]+)$/)
    }
  })

  test('Paths that speak WebSocket, or nothing, say so over HTTP', async () => {
    const plain = await fetch(at('/echo'))
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket'])
    expect((await fetch(at('/nowhere'))).status).toBe(404)
    expect((await refusalOf(`${ws}/nowhere`)).status).toBe(404)
    expect((await refusalOf(`${ws}/echo`, { headers: { Origin: 'https://evil.example' } })).status).toBe(403)
  })

  test('Only GET and HEAD are answered', async () => {
    const answer = await fetch(at('/healthz'), { method: 'POST', body: 'x' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    const head = await fetch(at('/healthz'), { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  test('/echo echoes', async () => {
    const client = await connect(`${ws}/echo`)
    client.connection.send('文字')
    client.connection.send(Buffer.of(0, 255))
    expect([await client.next(), await client.next()]).toEqual(['文字', Buffer.of(0, 255)])
    client.connection.close(1000)
    await client.closed
  })

  test('/chat carries a message from one to the other, and says who comes and goes', async () => {
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
    expect(json(await a.next())).toMatchObject({ type: 'sent', text: '你好', date: expect.any(Number) })
    expect(json(await b.next())).toMatchObject({ type: 'message', text: '你好', name: '张三' })
    b.connection.send('not json')
    expect(json(await b.next())).toMatchObject({ type: 'error', code: 'not-json' })
    a.connection.terminate()
    expect(json(await b.next())).toMatchObject({ type: 'member-left', name: '张三' })
    b.connection.close(1000)
    await b.closed
  })

  test('/monitor pushes real figures at the rate that is asked for', async () => {
    const client = await connect(`${ws}/monitor`)
    expect(json(await client.next())).toMatchObject({ type: 'hello', intervalMs: 500 })
    client.connection.send('{"type":"rate","intervalMs":1}')
    expect(json(await client.next())).toMatchObject({ type: 'hello', intervalMs: 50 })
    const [first, second] = [json(await client.next()), json(await client.next())]
    expect(second.date).toBeGreaterThan(first.date)
    expect(first).toMatchObject({ type: 'sample', connections: 1, skipped: 0 })
    expect(first.memory.rss).toBeGreaterThan(10_000_000)
    client.connection.send('{"type":"rate"}')
    const isError = async (): Promise<boolean> => json(await client.next()).type === 'error' || isError()
    expect(await isError()).toBe(true)
    client.connection.close(1000)
    await client.closed
  })

  test('/monitor follows the last of many wishes, and not each of them', async () => {
    const client = await connect(`${ws}/monitor`)
    for (let count = 0; count < 2_000; count++) {
      void client.connection.send(`{"type":"rate","intervalMs":${9_000 + (count % 500)}}`)
    }
    void client.connection.send('{"type":"rate","intervalMs":9999}')
    let hellos = 0
    for (let intervalMs = 0; intervalMs !== 9_999; ) {
      const event = json(await client.next())
      if (event.type === 'hello') hellos++
      intervalMs = event.intervalMs
    }
    // One at the beginning, one for the first wish, and one for each quarter of a second that the others took.
    expect(hellos).toBeLessThan(50)
    client.connection.close(1000)
    await client.closed
  })
})

type Traffic = Extract<CompareEvent, { type: 'traffic' }>

/** Waits for the report that the condition asks for. */
async function trafficOf(control: TestClient, isWanted: (traffic: Traffic) => boolean): Promise<Traffic> {
  for (;;) {
    const event: CompareEvent = json(await control.next())
    if (event.type === 'traffic' && isWanted(event)) return event
  }
}

describe('compare', () => {
  test('All four ways deliver the same changes, and what each has cost is told', async () => {
    const control = await connect(`${ws}/compare/control`)
    const { viewer } = json(await control.next())
    control.connection.send('{"type":"rate","perSecond":50}')
    const query = `viewer=${viewer}`

    const socket = await connect(`${ws}/compare/socket?${query}&after=0`)
    const change = json(await socket.next())
    expect(change).toMatchObject({ sequence: 1, date: expect.any(Number), value: expect.any(Number) })

    const waiting = await changesAt(at(`/compare/long-poll?${query}&after=1`))
    expect(waiting.changes[0]?.sequence).toBe(2)
    const polled = await changesAt(at(`/compare/poll?${query}&after=0`))
    expect(polled.changes[0]).toEqual(change)
    const nothing = await changesAt(at(`/compare/poll?${query}&after=1000000`))
    expect(nothing.changes).toEqual([])

    const events = await fetch(at(`/compare/events?${query}&after=0`), { headers: { 'Last-Event-ID': '1' } })
    const reader = events.body?.getReader()
    let text = ''
    while (!text.includes('data:')) text += new TextDecoder().decode((await reader?.read())?.value)
    expect(text).toMatch(/^retry: 1000\n\nid: 2\ndata: \{"sequence":2,/)

    const { ways, changes } = await trafficOf(control, it => it.ways.events.bytesDown > 0)
    expect(changes).toBeGreaterThanOrEqual(2)
    expect(ways).toMatchObject({
      poll: { requests: 2, emptyAnswers: 1 },
      longPoll: { requests: 1, emptyAnswers: 0 },
      events: { requests: 1, emptyAnswers: 0 },
      socket: { requests: 1, emptyAnswers: 0 },
    })
    for (const way of ['poll', 'longPoll', 'events', 'socket'] as const) {
      expect(ways[way].bytesUp).toBeGreaterThan(100)
      expect(ways[way].bytesUp).toBeLessThan(2_000)
      expect(ways[way].bytesDown).toBeGreaterThan(100)
    }
    socket.connection.close(1000)
    control.connection.close(1000)
    await control.closed
    // The viewer is gone: its stream ends, and its id means nothing any more.
    while (!(await reader?.read())?.done);
    await expect.poll(async () => (await fetch(at(`/compare/poll?${query}`))).status).toBe(400)
  })

  test('The bytes of a request are exactly those on its TCP connection', async () => {
    const control = await connect(`${ws}/compare/control`)
    const { viewer } = json(await control.next())
    control.connection.send('{"type":"rate","perSecond":0.1}')
    const tcp = connectTcp(Number(at('/').port), '127.0.0.1')
    let received = 0
    tcp.on('data', chunk => {
      received += chunk.length
    })
    const other = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const poll = `GET /compare/poll?viewer=${viewer}&after=0 HTTP/1.1\r\nHost: localhost\r\nCookie: ${'x'.repeat(99)}\r\n\r\n`
    const exchange = async (request: string): Promise<number> => {
      const before = received
      tcp.write(request)
      await new Promise(resolve => tcp.once('data', resolve))
      return received - before
    }
    // Requests beside them on the same connection count for nobody.
    await exchange(other)
    let down = await exchange(poll)
    await exchange(other)
    down += await exchange(poll)
    const { ways } = await trafficOf(control, it => it.ways.poll.requests === 2)
    expect(ways.poll).toMatchObject({ bytesUp: 2 * poll.length, bytesDown: down })
    tcp.destroy()
    control.connection.close(1000)
    await control.closed
  })

  test('What stays open is bounded for each viewer', async () => {
    const control = await connect(`${ws}/compare/control`)
    const { viewer } = json(await control.next())
    control.connection.send('{"type":"rate","perSecond":0.1}')
    const leave = new AbortController()
    const query = `viewer=${viewer}&after=1000000`
    const parked = Array.from({ length: 8 }, () =>
      fetch(at(`/compare/long-poll?${query}`), { signal: leave.signal }).catch(() => undefined),
    )
    await trafficOf(control, it => it.ways.longPoll.requests === 8)
    expect((await fetch(at(`/compare/events?${query}`))).status).toBe(429)
    leave.abort()
    await Promise.all(parked)
    await expect
      .poll(async () => {
        const late = new AbortController()
        const { status } = await fetch(at(`/compare/events?${query}`), { signal: late.signal })
        late.abort()
        return status
      })
      .toBe(200)
    control.connection.close(1000)
    await control.closed
  })

  test('A client that says half of a request is let go after 10 s, and others are served meanwhile', async () => {
    const tcp = connectTcp(Number(at('/').port), '127.0.0.1')
    tcp.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n')
    const begunMs = performance.now()
    expect((await fetch(at('/healthz'))).status).toBe(200)
    const [answer] = await once(tcp, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1.1 408/)
    expect(performance.now() - begunMs).toBeGreaterThan(9_000)
    tcp.destroy()
  }, 30_000)

  test.each([
    ['/monitor', 100],
    ['/compare/control', 50],
  ])('%s has at most %i viewers; one more is closed with 1013', async (path, count) => {
    const other = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false })
    const url = other.url.replace('http', 'ws').slice(0, -1) + path
    const viewers = await Promise.all(Array.from({ length: count }, () => connect(url)))
    const late = await connect(url)
    expect((await late.closed).received?.code).toBe(1013)
    await other.close()
    for (const viewer of viewers) expect((await viewer.closed).received?.code).toBe(1001)
  })

  test('A long poll without a change is answered when its time is over', async () => {
    const other = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false, longPollMs: 50 })
    const control = await connect(`${other.url.replace('http', 'ws')}compare/control`)
    const { viewer } = json(await control.next())
    const answer = await fetch(new URL(`/compare/long-poll?viewer=${viewer}&after=1000000`, other.url))
    expect(await answer.json()).toEqual({ changes: [] })
    await other.close()
  })

  test('Closing answers what waits and ends every connection', async () => {
    const other = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false })
    const control = await connect(`${other.url.replace('http', 'ws')}compare/control`)
    const { viewer } = json(await control.next())
    const parked = fetch(new URL(`/compare/long-poll?viewer=${viewer}&after=1000000`, other.url))
    await trafficOf(control, it => it.ways.longPoll.requests === 1)
    await other.close()
    expect((await parked).status).toBe(200)
    expect((await control.closed).code).toBe(1001)
  })
})

describe('A host that is not known, as after DNS rebinding', () => {
  const evil = { headers: { Host: 'evil.example' } }
  const advice = "does not answer for the host 'evil.example'"

  /** `fetch` sends no Host but the address's. */
  async function ask(
    url: string,
    path: string,
    options: RequestOptions,
  ): Promise<[number | undefined, string]> {
    const request = httpRequest(new URL(path, url), { agent: false, ...options }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let body = ''
    for await (const chunk of response) body += chunk
    return [response.statusCode, body]
  }

  test.each([
    '/',
    '/metrics',
    '/healthz',
    '/compare/changes',
    '/socket.io/?EIO=4&transport=polling',
    '/nowhere',
  ])('is not answered at %s, and neither is a POST with a body', async path => {
    expect(await ask(serving.url, path, evil)).toEqual([421, expect.stringContaining(advice)])
    const post = await ask(serving.url, path, { ...evil, method: 'POST' })
    expect(post).toEqual([421, expect.stringContaining('--allow-host evil.example')])
  })

  test.each(['/echo', '/monitor', '/socket.io/?EIO=4&transport=websocket', '/nowhere'])(
    'gets no WebSocket at %s, also where its page says that it is of this host',
    async path => {
      const headers = { Host: 'evil.example', Origin: 'http://evil.example' }
      const { status, body } = await refusalOf(`${ws}${path}`, { headers })
      expect([status, body]).toEqual([421, expect.stringContaining(advice)])
    },
  )

  test('is counted; localhost and the names that are allowed are answered', async () => {
    const hosts = ['chat.example.com', '192.0.2.7']
    const other = await startServe({
      port: 0,
      host: '127.0.0.1',
      origins: [],
      allowedHosts: hosts,
      page: false,
    })
    const otherWs = other.url.replace('http:', 'ws:').slice(0, -1)
    await ask(other.url, '/', evil)
    await refusalOf(`${otherWs}/echo`, evil)
    await refusalOf(`${otherWs}/nowhere`, {})
    await ask(other.url, '/socket.io/?EIO=4&transport=nonsense', {})
    for (const host of ['localhost:1', ...hosts, 'CHAT.example.com:443']) {
      const [status, metrics] = await ask(other.url, '/metrics', { headers: { Host: host } })
      expect(status).toBe(200)
      expect(metrics).toContain('\nbothways_foreign_hosts_total 2\n')
      expect(metrics).toContain('\nbothways_refusals_by_reason_total{reason="BW_NO_ROUTE"} 1\n')
      expect(metrics).toContain('\nbothways_socket_io_refusals_total{reason="Transport_unknown"} 1\n')
    }
    const client = await connect(`${otherWs}/echo`, { headers: { Host: 'chat.example.com' } })
    client.connection.close(1000)
    await client.closed
    await other.close()
  })
})

test('The client of topics is there as one module, for pages without a bundler', async () => {
  const response = await fetch(new URL('bothways/client.js', serving.url))
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  const code = await response.text()
  const client: typeof import('@bothways/client') = await import(
    /* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  )
  const made = client.createClient(new URL('bothways', serving.url), { WebSocket })
  expect(await made.request('echo', '二')).toBe('二')
  made.close()
})
