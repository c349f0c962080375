import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { connect, refusalOf } from '@bothways/test-support/test-client'
import { WebSocket } from 'bothways'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Change, type Way, type WireBytes, ways } from './messages.ts'
import { type Serving, startServe } from './serve.ts'

let serving: Serving
let ws: string

beforeAll(async () => {
  serving = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false })
  ws = serving.url.replace('http:', 'ws:').slice(0, -1)
})
afterAll(() => serving.close())

const at = (path: string) => new URL(path, serving.url)

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

  test('A viewer of the host’s figures gets samples at the interval of its topic, which nobody else may set', async () => {
    const client = await connectTopics('/figures')
    client.call({ type: 'subscribe', id: 1, topic: 'load/50' })
    const samples = [await client.take('state'), await client.take('state'), await client.take('state')]
    const [first, second, third] = samples.map(({ data }) => data)
    expect(second).toMatchObject({ connections: 1, host: { nodeVersion: process.version } })
    expect([first, second, third].map(it => it.sequence)).toEqual([0, 1, 2])
    expect(third.date).toBeGreaterThan(first.date)
    expect(first.memory.rss).toBeGreaterThan(10_000_000)
    client.call({ type: 'publish', id: 2, topic: 'load/50', data: 1 })
    expect(await client.take('error')).toMatchObject({ id: 2, code: 'forbidden' })
    client.call({ type: 'subscribe', id: 3, topic: 'load/51' })
    expect(await client.take('error')).toMatchObject({ id: 3, code: 'unknown_topic' })
    await client.close()
  })

  test('A flood of wishes for other intervals makes nobody wait', async () => {
    const client = await connectTopics('/figures')
    for (let id = 1; id <= 2_000; id++) {
      const topic = `load/${id % 2 === 0 ? 50 : 10_000}`
      client.call({ type: 'subscribe', id, topic })
      client.call({ type: 'unsubscribe', id: -id, topic })
    }
    const begunMs = performance.now()
    expect((await fetch(at('/healthz'))).status).toBe(200)
    expect(performance.now() - begunMs).toBeLessThan(1_000)
    client.call({ type: 'subscribe', id: 'last', topic: 'load/50' })
    while ((await client.take('subscribed')).id !== 'last');
    await client.close()
  })
})

interface TopicsClient {
  call(message: object): void
  /** The next message of that type. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says
  take(type: string): Promise<any>
  close(): Promise<unknown>
}

async function connectTopics(path: string, url = ws): Promise<TopicsClient> {
  const client = await connect(url + path, { headers: { 'Sec-WebSocket-Protocol': 'bothways.v1' } })
  return {
    call: message => void client.connection.send(JSON.stringify(message)),
    async take(type) {
      for (;;) {
        const message = JSON.parse(String(await client.next()))
        if (message.type === type) return message
      }
    },
    close() {
      client.connection.close(1000)
      return client.closed
    },
  }
}

describe('Figures', () => {
  const topic = 'topic=changes/50'

  async function trafficOf(client: TopicsClient, meter: string): Promise<Record<Way, WireBytes>> {
    client.call({ type: 'request', id: 1, method: 'traffic', data: meter })
    return (await client.take('response')).data
  }

  async function poll(query: string): Promise<{ since: string; messages: { data: Change }[] }> {
    return (await (await fetch(at(`/figures/poll?${query}`))).json()) as Awaited<ReturnType<typeof poll>>
  }

  test('All four ways deliver the same changes, and what each has cost is told', async () => {
    const control = await connectTopics('/figures')
    const meter = (way: Way) => `meter=all-four&way=${way}`
    const socket = await connectTopics(`/figures?${meter('socket')}`)
    socket.call({ type: 'subscribe', id: 1, topic: 'changes/50' })
    const { since } = await poll(`${topic}&${meter('poll')}`)
    const events = await fetch(at(`/figures/events?${topic}&${meter('events')}&since=${since}`))
    const reader = events.body?.getReader()
    const { data: change } = await socket.take('publication')
    expect(change).toMatchObject({ date: expect.any(Number), value: expect.any(Number) })
    const sequencesOf = (messages: { data: Change }[]) => messages.map(({ data }) => data.sequence)
    const [waiting] = sequencesOf((await poll(`${topic}&since=${since}&${meter('longPoll')}`)).messages)
    const polled = sequencesOf((await poll(`${topic}&since=${since}&waitMs=0&${meter('poll')}`)).messages)
    expect(polled[0]).toBe(waiting)
    expect(polled).toContain(change.sequence)
    let text = ''
    while (!text.includes('"sequence"')) text += new TextDecoder().decode((await reader?.read())?.value)
    expect(text).toContain(`"sequence":${waiting}`)

    const traffic = await trafficOf(control, 'all-four')
    for (const way of ways) {
      expect(traffic[way].up).toBeGreaterThan(100)
      expect(traffic[way].up).toBeLessThan(2_000)
      expect(traffic[way].down).toBeGreaterThan(100)
    }
    expect(await trafficOf(control, 'of nobody')).toMatchObject({ poll: { up: 0, down: 0 } })
    await reader?.cancel()
    await Promise.all([socket.close(), control.close()])
  })

  test('The bytes of a request are exactly those on its TCP connection', async () => {
    const control = await connectTopics('/figures')
    const tcp = connectTcp(Number(at('/').port), '127.0.0.1')
    let received = 0
    tcp.on('data', chunk => {
      received += chunk.length
    })
    const request = (target: string, header: string) =>
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`
    const other = request('/healthz', '')
    const poll = request(`/figures/poll?${topic}&meter=exact&way=poll`, `Cookie: ${'x'.repeat(99)}\r\n`)
    const exchange = async (text: string): Promise<number> => {
      const before = received
      tcp.write(text)
      await new Promise(resolve => tcp.once('data', resolve))
      return received - before
    }
    // Requests beside them on the same connection count for nobody.
    await exchange(other)
    let down = await exchange(poll)
    await exchange(other)
    down += await exchange(poll)
    await exchange(other)
    expect((await trafficOf(control, 'exact')).poll).toEqual({ up: 2 * poll.length, down })
    tcp.destroy()
    await control.close()
  })

  test('The clock is told with fractions; a meter is called by a string', async () => {
    const control = await connectTopics('/figures')
    control.call({ type: 'request', id: 1, method: 'time', data: null })
    expect(Math.abs((await control.take('response')).data - Date.now())).toBeLessThan(5_000)
    control.call({ type: 'request', id: 2, method: 'traffic', data: { meter: 1 } })
    expect(await control.take('error')).toMatchObject({ id: 2, code: 'invalid_data' })
    await control.close()
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
  })

  test('Closing answers what waits and ends every connection', async () => {
    const other = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false })
    const client = await connectTopics('/figures', other.url.replace('http', 'ws').slice(0, -1))
    const slow = 'topic=changes/0.1'
    const { since } = (await (await fetch(new URL(`/figures/poll?${slow}`, other.url))).json()) as {
      since: string
    }
    const parked = fetch(new URL(`/figures/poll?${slow}&since=${since}`, other.url))
    client.call({ type: 'subscribe', id: 1, topic: 'changes/0.1' })
    await client.take('subscribed')
    await other.close()
    expect((await parked).status).toBe(200)
    expect(await client.take('goodbye')).toMatchObject({ retryAfterMs: expect.any(Number) })
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
    '/figures/poll?topic=changes/1',
    '/socket.io/?EIO=4&transport=polling',
    '/nowhere',
  ])('is not answered at %s, and neither is a POST with a body', async path => {
    expect(await ask(serving.url, path, evil)).toEqual([421, expect.stringContaining(advice)])
    const post = await ask(serving.url, path, { ...evil, method: 'POST' })
    expect(post).toEqual([421, expect.stringContaining('--allow-host evil.example')])
  })

  test.each(['/echo', '/figures', '/socket.io/?EIO=4&transport=websocket', '/nowhere'])(
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
