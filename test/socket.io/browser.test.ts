import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Chromium, launchChromium } from '../support/chromium.ts'
import { socketIoWays } from '../support/socket-io-clients.ts'
import { converse, expectedReport } from './conversation.ts'
import { openScene, type Scene } from './scene.ts'

/** What a page loads, by the main version. */
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
