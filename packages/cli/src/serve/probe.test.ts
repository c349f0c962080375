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
  expect((await ask(other, 'x'.repeat(probeLimits.bodyBytes))).status).toBe(400)
})

test('Without --allow-probe only this machine is a target, whatever it is called', async () => {
  const other = await serve()
  for (const url of ['ws://192.0.2.1/', 'ws://[2001:db8::1]/', 'ws://0.0.0.0:1/']) {
    const answer = await ask(other, url)
    expect([answer.status, await answer.json()]).toEqual([403, { refused: 'target' }])
  }
})

test('Few probes run at a time', async () => {
  const other = await serve()
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(other, 'no://url')))
  expect(answers.filter(it => it.status === 429).length).toBeGreaterThan(0)
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
