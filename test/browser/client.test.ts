import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { launchChromium } from '@bothways/test-support/chromium'
import { launchFirefox } from '@bothways/test-support/firefox'
import { createHub, createServer, MemoryBroker, TopicsHttp, topicsRoute } from 'bothways'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ChaosProxy } from '../../packages/cli/src/chaos/chaos-proxy.ts'

// The client of topics in real browsers, behind a network that misbehaves.

/** What the page keeps of what it heard. */
interface Heard {
  readonly log: readonly number[]
  readonly gapCount: number
  readonly status: string
  readonly transport: string | undefined
  readonly answered: number
}

interface Page {
  goto(url: string): Promise<unknown>
  evaluate<Result, Argument = undefined>(
    callback: (argument: Argument) => Result,
    argument?: Argument,
  ): Promise<Result>
}

let code: string
const broker = new MemoryBroker()
const closeBroker = broker.close.bind(broker)
// It outlives the servers of these tests.
broker.close = async () => {}

beforeAll(async () => {
  const build = await rolldown({
    input: join(import.meta.dirname, '../../packages/client/src/index.ts'),
    platform: 'browser',
    logLevel: 'silent',
  })
  const { output } = await build.generate({ format: 'es' })
  code = output[0].code
  await build.close()
})
afterAll(() => closeBroker())

const html = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import { createClient } from '/client.js'
  const client = createClient('/bothways', { firstRetryMs: 100, maxRetryMs: 300 })
  const room = client.topic('room/' + location.hash.slice(1))
  const heard = { log: [], gapCount: 0, answered: 0 }
  room.on('publication', ({ data }) => heard.log.push(data))
  room.on('gap', () => heard.gapCount++)
  window.publish = data => room.publish(data).then(() => heard.answered++)
  window.heard = () => ({ ...heard, ...client.connection })
</script>`

async function serve(port = 0) {
  const hub = createHub({ topics: { 'room/:id': { history: { count: 5_000, ageMs: 600_000 } } }, broker })
  const overHttp = new TopicsHttp(hub)
  const http: HttpServer = createHttpServer((request, response) => {
    if (overHttp.handle(request, response)) return
    const isScript = request.url === '/client.js'
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html').end(isScript ? code : html)
  })
  const server = createServer().route('/bothways', topicsRoute(hub))
  server.attach(http)
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return {
    port: (http.address() as AddressInfo).port,
    /** As a process that is killed: nobody is told. */
    kill: async () => {
      for (const socket of server.sockets) socket.terminate()
      http.closeAllConnections()
      const closed = new Promise(resolve => http.close(resolve))
      await server.close({ timeoutMs: 0 })
      http.closeAllConnections()
      await closed
    },
  }
}

const faults = {
  latencyMs: 5,
  jitterMs: 5,
  killEveryMs: 0,
  halfOpenShare: 0,
  stripsUpgrade: false,
  bytesPerSecond: 0,
}

async function until(page: Page, isSo: (heard: Heard) => boolean): Promise<Heard> {
  for (;;) {
    const heard = await page.evaluate(() => (globalThis as never as { heard(): Heard }).heard())
    if (isSo(heard)) return heard
    await new Promise(resolve => setTimeout(resolve, 30))
  }
}

const say = (page: Page, data: number) =>
  page.evaluate(
    (given: number) => void (globalThis as never as { publish(data: number): void }).publish(given),
    data,
  )

const numbers = (count: number) => [...Array(count).keys()]

/** Cut twice, the server killed and started again: all that was published comes once, in order. */
async function survives(page: Page, room: string): Promise<void> {
  let serving = await serve()
  const target = new URL(`http://127.0.0.1:${serving.port}/`)
  const proxy = new ChaosProxy({ target, port: 0, host: '127.0.0.1', seed: 1, faults })
  try {
    await page.goto(`http://127.0.0.1:${await proxy.listen()}/#${room}`)
    await until(page, ({ status }) => status === 'open')
    for (const n of numbers(5)) await say(page, n)
    await until(page, ({ log }) => log.length === 5)
    proxy.cutAll()
    for (const n of numbers(5)) await say(page, 5 + n)
    await until(page, ({ answered }) => answered === 10)
    await serving.kill()
    for (const n of numbers(5)) await say(page, 10 + n)
    await until(page, ({ status }) => status !== 'open')
    serving = await serve(serving.port)
    const heard = await until(page, ({ answered, log }) => answered === 15 && log.length >= 15)
    expect([heard.log, heard.gapCount]).toEqual([numbers(15), 0])
  } finally {
    await proxy.close()
    await serving.kill()
  }
}

describe('In Chromium', () => {
  let chromium: Awaited<ReturnType<typeof launchChromium>>
  beforeAll(async () => {
    chromium = await launchChromium()
  })
  afterAll(() => chromium.close())

  test('the client survives cuts and a server that is killed', async () => {
    const page = await chromium.context.newPage()
    await survives(page as never, 'chromium')
    await page.close()
  })

  test('what is published while the device is offline arrives when it is online again', async () => {
    const serving = await serve()
    const target = new URL(`http://127.0.0.1:${serving.port}/`)
    const proxy = new ChaosProxy({ target, port: 0, host: '127.0.0.1', seed: 1, faults })
    const page = await chromium.context.newPage()
    const view = page as never as Page
    try {
      await page.goto(`http://127.0.0.1:${await proxy.listen()}/#offline`)
      await until(view, ({ status }) => status === 'open')
      await chromium.context.setOffline(true)
      proxy.cutAll()
      await until(view, ({ status }) => status === 'offline')
      for (const n of numbers(3)) await say(view, n)
      await chromium.context.setOffline(false)
      const heard = await until(view, ({ log, answered }) => log.length === 3 && answered === 3)
      expect([heard.log, heard.gapCount]).toEqual([numbers(3), 0])
    } finally {
      await chromium.context.setOffline(false)
      await page.close()
      await proxy.close()
      await serving.kill()
    }
  })

  test('a proxy that strips upgrades leads to an event stream, and the next visit begins there', async () => {
    const serving = await serve()
    const target = new URL(`http://127.0.0.1:${serving.port}/`)
    const stripping = { ...faults, stripsUpgrade: true }
    const proxy = new ChaosProxy({ target, port: 0, host: '127.0.0.1', seed: 1, faults: stripping })
    const page = await chromium.context.newPage()
    const view = page as never as Page
    try {
      const url = `http://127.0.0.1:${await proxy.listen()}/#stripped`
      await page.goto(url)
      await until(view, ({ transport }) => transport === 'event-stream')
      for (const n of numbers(3)) await say(view, n)
      const heard = await until(view, ({ log, answered }) => log.length === 3 && answered === 3)
      expect(heard.log).toEqual(numbers(3))
      await page.reload()
      await until(view, ({ transport }) => transport === 'event-stream')
    } finally {
      await page.close()
      await proxy.close()
      await serving.kill()
    }
  })
})

test('In Firefox the client survives cuts and a server that is killed', async () => {
  const firefox = await launchFirefox()
  try {
    await survives((await firefox.newPage()) as never, 'firefox')
  } finally {
    await firefox.close()
  }
})
