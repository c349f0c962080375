import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { createHub, createServer, type Hub, type Server, TopicsHttp, topicsRoute } from 'bothways'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const folder = import.meta.dirname

/** The page's program with the React that a workspace has. */
async function bundle(workspace: string): Promise<{ code: string; version: string }> {
  const require = createRequire(join(folder, '../..', workspace, 'package.json'))
  const [react, reactDom] = ['react', 'react-dom'].map(name =>
    dirname(require.resolve(`${name}/package.json`)),
  )
  const build = await rolldown({
    input: join(folder, 'react-app.mjs'),
    platform: 'browser',
    logLevel: 'silent',
    resolve: {
      conditionNames: ['@bothways/source', 'import', 'browser', 'default'],
      alias: { react: react as string, 'react-dom': reactDom as string },
    },
    transform: { define: { 'process.env.NODE_ENV': '"development"' } },
  })
  try {
    const { output } = await build.generate({ format: 'es', codeSplitting: false })
    return { code: output[0].code, version: require('react/package.json').version }
  } finally {
    await build.close()
  }
}

let chromium: Chromium
let hub: Hub<true>
let server: Server<true>
let http: HttpServer
let url: string
let code = ''
const opened: string[] = []

beforeAll(async () => {
  chromium = await launchChromium()
  hub = createHub<true>({
    topics: {
      'room/:id': { history: { count: 500, ageMs: 600_000 }, presence: true },
      load: { state: true },
    },
  })
  hub.handle('echo', input => input)
  const overHttp = new TopicsHttp(hub, { authenticate: () => ({ user: true as const }) })
  http = createHttpServer((request, response) => {
    if (overHttp.handle(request, response)) return
    if (request.url === '/app.js') response.setHeader('Content-Type', 'text/javascript').end(code)
    else {
      response.setHeader('Content-Type', 'text/html')
      response.end(
        '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/app.js"></script>',
      )
    }
  })
  server = createServer({
    authenticate: request => {
      opened.push(request.path)
      return true as const
    },
  })
  server.route('/bothways', topicsRoute(hub))
  server.route('/echo', { message: (socket, message) => socket.send(message) })
  server.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
})

afterAll(async () => {
  await chromium.close()
  await server.close({ timeoutMs: 0 })
  await hub.close({ spreadMs: 0 })
  http.closeAllConnections()
  http.close()
})

describe.each([
  ['19', 'packages/react'],
  ['18', 'test/react-18'],
])('React %s', (version, workspace) => {
  test('All hooks share one connection, in StrictMode, over unmounting, and over a cut', async () => {
    const bundled = await bundle(workspace)
    expect(bundled.version.split('.')[0]).toBe(version)
    code = bundled.code
    opened.length = 0
    const page = await chromium.context.newPage()
    const problems: string[] = []
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', error => problems.push(error.message))
    await page.goto(url)
    await page.locator('#connection', { hasText: 'open' }).waitFor()
    await page.locator('#at-once', { hasText: 'asked string' }).waitFor()
    await page.locator('#room-status', { hasText: 'subscribed 0' }).waitFor()
    await page.locator('#members', { hasText: 'Li Si' }).waitFor()
    const before = await page.locator('li').count()
    await page.click('#say')
    await page.locator(`li:nth-child(${before + 1})`, { hasText: '你好' }).waitFor()
    await page.click('#ask')
    await page.locator('#ask', { hasText: '答' }).waitFor()
    await page.click('#load')
    await page.locator('#load', { hasText: /^\d+$/ }).waitFor()
    await page.locator('#plain', { hasText: '1' }).waitFor()
    await page.click('#plain')
    await page.locator('#plain', { hasText: '1 plain' }).waitFor()
    // Away and back within the linger: the earlier values are there at once.
    const load = await page.locator('#load').textContent()
    await page.click('#toggle')
    await page.click('#toggle')
    expect(await page.locator('li').count()).toBe(before + 1)
    expect(await page.locator('#load').textContent()).toBe(load)
    expect([opened.toSorted(), problems]).toEqual([['/bothways', '/echo'], []])
    for (const socket of server.sockets) socket.terminate()
    await page.locator('#connection', { hasText: /waiting|connecting/ }).waitFor()
    await hub.topic('room/1').publish(`while React ${version} was away`)
    await page
      .locator('li', { hasText: `while React ${version} was away` })
      .first()
      .waitFor()
    expect(await page.locator('#room-status').textContent()).toBe('subscribed 0')
    await page.close()
  })
})
