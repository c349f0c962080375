import { once } from 'node:events'
import { request } from 'node:http'
import { type Example, startExample } from '@bothways/test-support/example'
import { messagesOf } from '@bothways/test-support/messages'
import {
  type CloseEvent,
  createServer,
  type HandshakeError,
  WebSocket,
  type WebSocketErrorEvent,
} from 'bothways'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

describe.each(['Express', 'Koa', 'Fastify', 'Hono'])('%s', framework => {
  let example: Example
  beforeAll(async () => {
    example = await startExample(`frameworks/${framework.toLowerCase()}.js`)
  })
  afterAll(() => example.child.stop())

  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(new URL(path, example.url), init)
    return { status: answer.status, body: await answer.text() }
  }

  test('answers HTTP as before', async () => {
    expect(await ask('/')).toEqual({ status: 200, body: `HTTP by ${framework}` })
    // The framework answers a path and a method that it does not know, also where a WebSocket is.
    const unknown = await ask('/unknown')
    expect(unknown.status).toBe(404)
    expect((await ask('/echo')).body).toBe(unknown.body.replaceAll('/unknown', '/echo'))
    expect((await ask('/', { method: 'POST' })).status).toBe(404)
  })

  test('answers a client of HTTP/2 that asks for an upgrade by the way', async () => {
    const asked = request(example.url, { headers: { Connection: 'Upgrade', Upgrade: 'h2c' } }).end()
    const [answer] = await once(asked, 'response')
    expect(answer.statusCode).toBe(200)
    answer.resume()
  })

  test('leaves the WebSocket to Bothways', async () => {
    const socket = new WebSocket(new URL('/echo', example.url))
    const next = messagesOf(socket)
    await once(socket, 'open')
    socket.send('hello')
    expect(await next()).toBe('hello')
    // HTTP goes on beside it.
    expect((await ask('/')).status).toBe(200)
    socket.terminate()
  })

  test('does not answer an upgrade on a path of its own: Bothways refuses it and says why', async () => {
    const [event] = (await once(new WebSocket(example.url), 'error')) as [WebSocketErrorEvent]
    const { answer } = event.error as HandshakeError
    expect([answer?.status, answer?.body]).toEqual([
      404,
      expect.stringContaining('No WebSocket is served at this path'),
    ])
  })
})

test('Fastify closes with open WebSockets when preClose closes them, and waits for them when not', async () => {
  for (const isClosedByHook of [true, false]) {
    const app = Fastify()
    const sockets = createServer().route('/', {})
    sockets.attach(app.server)
    if (isClosedByHook) app.addHook('preClose', () => sockets.close())
    const socket = new WebSocket(await app.listen({ port: 0 }))
    await once(socket, 'open')
    const closed = once(socket, 'close') as Promise<[CloseEvent]>
    const over = app.close().then(() => 'over' as const)
    if (!isClosedByHook) {
      // Nothing has told the connection, and it lives on.
      expect(await socket.ping()).toEqual(expect.any(Number))
      expect(socket.readyState).toBe(WebSocket.OPEN)
      await sockets.close()
    }
    expect((await closed)[0].code).toBe(1001)
    expect(await over).toBe('over')
  }
})
