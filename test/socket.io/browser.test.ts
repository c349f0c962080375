import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { socketIoWays } from '@bothways/test-support/socket-io-clients'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Socket } from '../../drop-ins/socket.io/src/index.ts'
import { converse, expectedReport } from './conversation.ts'
import { openScene, type Scene } from './scene.ts'

/** The bundle that a page loads, by the main version. */
const bundles = {
  4: 'socket.io-client/dist/socket.io.min.js',
  3: 'socket.io-client-3/dist/socket.io.min.js',
  2: 'socket.io-client-2/dist/socket.io.js',
}

let scene: Scene
let chromium: Chromium

beforeAll(async () => {
  scene = await openScene({}, (request, response) => {
    const version = request.url?.slice(1) as keyof typeof bundles | ''
    if (version === '') {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Socket.IO</title>')
    } else if (bundles[version] === undefined) {
      response.writeHead(404).end()
    } else {
      response.setHeader('content-type', 'text/javascript')
      response.end(readFileSync(`node_modules/${bundles[version]}`))
    }
  })
  chromium = await launchChromium()
})
afterAll(async () => {
  await chromium.close()
  await scene.close()
})

describe.each(Object.keys(bundles))('The bundle of socket.io-client %s in Chromium', version => {
  test.each(Object.entries(socketIoWays))(
    'gets through the whole conversation by %s',
    async (way, options) => {
      const page = await chromium.context.newPage()
      try {
        await page.goto(`http://127.0.0.1:${scene.port}/`)
        await page.addScriptTag({ url: `/${version}` })
        const clientOptions = JSON.stringify({ ...options, forceNew: true, reconnection: false })
        const awaited = way === 'upgrade' ? "'upgrade'" : 'undefined'
        const report = await page.evaluate(`(${converse})(() => io(${clientOptions}), ${awaited})`)
        expect(report).toEqual(expectedReport(way === 'polling' ? 'polling' : 'websocket'))
      } finally {
        await page.close()
      }
    },
  )
})

/** The page with a client's bundle, from our server. */
async function openPage(script = '/4'): Promise<Page> {
  const page = await chromium.context.newPage()
  await page.goto(`http://127.0.0.1:${scene.port}/`)
  await page.addScriptTag({ url: script })
  return page
}

test('The bundle that the server itself serves works', async () => {
  const page = await openPage('/socket.io/socket.io.min.js')
  const report = await page.evaluate(`(${converse})(() => io({ forceNew: true }), 'upgrade')`)
  expect(report).toEqual(expectedReport('websocket'))
  await page.close()
})

describe('A page of another origin', () => {
  const first = (event: string, options: object) =>
    `new Promise(resolve => {
      const client = io('ORIGIN', ${JSON.stringify({ ...options, forceNew: true, reconnection: false })})
      client.once('connect', () => resolve('connect'))
      client.once('${event}', error => resolve(error.message))
    })`

  test.each(['polling', 'upgrade'])('is let in when cors names it: %s', async way => {
    const origin = `http://127.0.0.1:${scene.port}`
    const other = await openScene({ cors: { origin, credentials: true }, cookie: true })
    const page = await openPage()
    const options = JSON.stringify({
      ...socketIoWays[way],
      forceNew: true,
      withCredentials: true,
      // It makes the browser ask before each request.
      extraHeaders: { 'x-own': 'header' },
    })
    const awaited = way === 'upgrade' ? "'upgrade'" : 'undefined'
    const connect = `() => io('http://127.0.0.1:${other.port}', ${options})`
    const report = await page.evaluate(`(${converse})(${connect}, ${awaited})`)
    expect(report).toEqual(expectedReport(way === 'polling' ? 'polling' : 'websocket'))
    await page.close()
    await other.close()
  })

  test.each([
    ['no cors', {}],
    ['cors that names another', { cors: { origin: 'http://another.example' } }],
  ])('reads no answer to its polls with %s', async (_, options) => {
    const other = await openScene(options)
    const page = await openPage()
    const expression = first('connect_error', { transports: ['polling'] })
    const url = `http://127.0.0.1:${other.port}`
    expect(await page.evaluate(expression.replace('ORIGIN', url))).toBe('xhr poll error')
    await page.close()
    await other.close()
  })
})

test.each([
  ['polling', 'transport error'],
  ['websocket', 'transport close'],
])('The server hears that a page was closed: %s', async (way, expected) => {
  const connected = once(scene.io, 'connection') as Promise<[Socket]>
  const page = await openPage()
  const connect = `new Promise(resolve => io(${JSON.stringify(socketIoWays[way])}).on('connect', () => resolve()))`
  const [[socket]] = await Promise.all([connected, page.evaluate(connect)])
  const gone = new Promise(resolve => socket.on('disconnect', resolve))
  await page.close()
  expect(await gone).toBe(expected)
})
