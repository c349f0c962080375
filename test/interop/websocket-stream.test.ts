import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { launchChromium } from '@bothways/test-support/chromium'
import { createServer, type Server, WebSocketError, WebSocketStream } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tellStory } from './peers/stream-story.mjs'

let server: Server
let http: HttpServer
let url: string
let ours: Record<string, unknown>

beforeAll(async () => {
  server = createServer()
  server.route('/echo', { protocols: ['a'], message: (socket, message) => socket.send(message) })
  server.route('/closes', {
    protocols: ['a'],
    open: socket => {
      socket.send('one')
      socket.send('two')
      socket.close(4002, 'over')
    },
  })
  server.route('/cuts', { protocols: ['a'], message: socket => socket.terminate() })
  // The page that Chromium needs; the story's addresses are those of its sockets.
  http = createHttpServer((_, response) => response.setHeader('Content-Type', 'text/html').end())
  server.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`
  ours = JSON.parse(JSON.stringify(await tellStory(WebSocketStream, WebSocketError, url)))
})
afterAll(async () => {
  await server.close({ timeoutMs: 500 })
  http.close()
  http.closeAllConnections()
})

test('The story has what the explainer of WebSocketStream says', () => {
  expect(ours).toMatchObject({
    protocol: 'a',
    text: { done: false, value: 'text 文' },
    bytes: [[1, 2], false],
    closed: { closeCode: 4001, reason: 'bye' },
    reasonAlone: { closeCode: 1000, reason: 'a reason alone' },
    aborted: { closeCode: 4003, reason: 'enough' },
    theirClose: { closeCode: 4002, reason: 'over' },
    refused: ['WebSocketError', 'WebSocketError'],
    signal: ['AbortError', 'AbortError'],
  })
})

test("Chromium's WebSocketStream tells the same story", async () => {
  const chromium = await launchChromium()
  try {
    const page = await chromium.context.newPage()
    await page.goto(url.replace('ws:', 'http:'))
    const story = await page.evaluate(`(${tellStory})(WebSocketStream, WebSocketError, '${url}')`)
    expect(JSON.parse(JSON.stringify(story))).toEqual(ours)
  } finally {
    await chromium.close()
  }
})
