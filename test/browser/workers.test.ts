import { readFileSync } from 'node:fs'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { bundleClient } from '@bothways/test-support/client-page'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  reportOf,
  type ServedConversation,
  serveConversation,
} from '../client/runtimes/serve-conversation.ts'

// The client of topics in each kind of worker that a page can have.

let chromium: Chromium
let server: ServedConversation
beforeAll(async () => {
  const conversation = new URL('../client/runtimes/conversation.mjs', import.meta.url)
  const talk = `import { createClient } from '/client.js'
    import { converse } from '/conversation.mjs'
    const talk = () => converse(createClient, '/bothways', 'room/' + location.pathname.slice(1))`
  server = await serveConversation({
    '/': '<!doctype html><link rel="icon" href="data:,">',
    '/client.js': await bundleClient(),
    '/conversation.mjs': readFileSync(conversation, 'utf8'),
    '/dedicated.js': `${talk}; postMessage(await talk())`,
    '/shared.js': `${talk}; onconnect = async ({ ports: [port] }) => port.postMessage(await talk())`,
    '/service.js': `${talk}; onmessage = event => event.waitUntil(talk().then(report => event.source.postMessage(report)))`,
  })
  chromium = await launchChromium()
})
afterAll(async () => {
  await chromium?.close()
  await server?.close()
})

/** Scripts of the page: each starts a worker, and is a promise of its report. */
const starts = {
  dedicated: `new Promise(resolve => {
    new Worker('/dedicated.js', { type: 'module' }).onmessage = ({ data }) => resolve(data)
  })`,
  shared: `new Promise(resolve => {
    new SharedWorker('/shared.js', { type: 'module' }).port.onmessage = ({ data }) => resolve(data)
  })`,
  service: `new Promise(async resolve => {
    navigator.serviceWorker.onmessage = ({ data }) => resolve(data)
    await navigator.serviceWorker.register('/service.js', { type: 'module' })
    const { active } = await navigator.serviceWorker.ready
    active.postMessage('begin')
  })`,
}

test.each(Object.keys(starts) as (keyof typeof starts)[])(
  'The client keeps its promises in a %s worker',
  async kind => {
    const page = await chromium.context.newPage()
    await page.goto(new URL('/', server.url).href)
    expect(await page.evaluate(starts[kind])).toEqual(reportOf('websocket'))
    await page.close()
  },
)
