import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isLoopbackAddress, probeLimits } from './probe.ts'
import { type Serving, startServe } from './serve.ts'

const servings: Serving[] = []
afterAll(async () => {
  for (const serving of servings) await serving.close()
})

async function serve(probesAnywhere = false): Promise<Serving> {
  const serving = await startServe({
    port: 0,
    host: '127.0.0.1',
    origins: ['https://listed.example'],
    page: false,
    probesAnywhere,
  })
  servings.push(serving)
  return serving
}

let serving: Serving
beforeAll(async () => {
  serving = await serve()
})

const ask = (to: Serving, url: string, headers: Record<string, string> = {}, body?: string) =>
  fetch(new URL('diagnose', to.url), {
    method: 'POST',
    headers: { Origin: new URL(to.url).origin, 'Content-Type': 'application/json', ...headers },
    body: body ?? JSON.stringify({ url, protocols: [], language: 'zh' }),
  })

test('The page is told why a connection does not come about, in its language', async () => {
  const own = serving.url.replace('http:', 'ws:')
  const answer = await ask(serving, `${own}nowhere`)
  expect(answer.status).toBe(200)
  const report = (await answer.json()) as { ok: boolean; findings: { code: string; title: string }[] }
  expect(report.ok).toBe(false)
  expect(report.findings[0]?.code).toMatch(/^BW_DOCTOR_/)
  expect(report.findings[0]?.title).toMatch(/\p{Script=Han}/u)
  expect(await (await ask(serving, `${own}echo`)).json()).toMatchObject({ ok: true })
})

test.each([
  [{ Origin: 'https://evil.example' }, 403, 'page'],
  [{ Origin: 'https://listed.example' }, 403, 'page'],
  [{ 'Sec-Fetch-Site': 'cross-site' }, 403, 'page'],
  [{ 'Content-Type': 'text/plain' }, 415, 'json'],
  [{ 'X-Forwarded-For': '203.0.113.9' }, 403, 'reader'],
])('%j is refused', async (headers, status, refused) => {
  const answer = await ask(serving, 'ws://127.0.0.1:1/', headers)
  expect([answer.status, await answer.json()]).toEqual([status, { refused }])
})

test('A request of another method, or with no Origin, or that cannot be read, is refused', async () => {
  const url = new URL('diagnose', serving.url)
  expect([(await fetch(url)).status, (await fetch(url)).headers.get('allow')]).toEqual([405, 'POST'])
  const headers = { 'Content-Type': 'application/json' }
  expect((await fetch(url, { method: 'POST', headers, body: '{}' })).status).toBe(403)
  const other = await serve()
  expect((await ask(other, '', {}, '{}')).status).toBe(400)
  const fields = { url: 'no://url', protocols: [], language: 'zh' }
  const long = JSON.stringify({ ...fields, more: 'x'.repeat(probeLimits.bodyBytes) })
  expect((await ask(other, '', {}, long)).status).toBe(400)
  expect((await ask(other, '', {}, JSON.stringify(fields))).status).toBe(200)
})

test('Without --allow-probe only this machine is a target, whatever it is called', async () => {
  const other = await serve()
  for (const url of ['ws://192.0.2.1/', 'ws://[2001:db8::1]/', 'ws://0.0.0.0:1/']) {
    const answer = await ask(other, url)
    expect([answer.status, await answer.json()]).toEqual([403, { refused: 'target' }])
  }
})

test('Few probes run at a time', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const sockets: Socket[] = []
  const bothAreHere = new Promise<void>(resolve => {
    silent.on('connection', socket => {
      socket.on('error', () => {})
      if (sockets.push(socket) === probeLimits.atOnce) resolve()
    })
  })
  const other = await serve()
  const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`
  const running = Array.from({ length: probeLimits.atOnce }, () => ask(other, url))
  await bothAreHere
  expect((await ask(other, 'no://url')).status).toBe(429)
  for (const socket of sockets) socket.destroy()
  silent.close()
  for (const answer of running) expect((await answer).status).toBe(200)
})

test('Few probes may come in a burst', async () => {
  const other = await serve()
  const statuses: number[] = []
  for (let count = 0; count < 8; count++) statuses.push((await ask(other, 'no://url')).status)
  expect(statuses.slice(0, 5)).toEqual(Array(5).fill(200))
  expect(statuses).toContain(429)
})

test.each([
  ['127.0.0.1', true],
  ['127.255.0.3', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:10.0.0.1', false],
  ['128.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['localhost', false],
])('%s is the loopback: %s', (address, isLoopback) => {
  expect(isLoopbackAddress(address)).toBe(isLoopback)
})
