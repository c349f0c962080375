import { once } from 'node:events'
import { type Example, startExample } from '@bothways/test-support/example'
import { messagesOf } from '@bothways/test-support/messages'
import { type HandshakeError, WebSocket, type WebSocketErrorEvent } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'

let example: Example
beforeAll(async () => {
  example = await startExample('echo/server.js')
})
afterAll(() => example.child.stop())

test('The server prefers its own order of subprotocols, and each has its handlers', async () => {
  for (const [offered, chosen, answer] of [
    [['echo.v1', 'shout.v1'], 'shout.v1', 'HELLO'],
    [['echo.v2', 'echo.v1'], 'echo.v1', 'hello'],
  ] as const) {
    const socket = new WebSocket(example.url, [...offered], { origin: 'https://example.com' })
    const next = messagesOf(socket)
    await once(socket, 'open')
    socket.send('hello')
    expect([socket.protocol, await next()]).toEqual([chosen, answer])
    socket.terminate()
  }
})

test('The client of a foreign page is refused, and so is one that speaks neither subprotocol', async () => {
  expect(await refusalOf('https://evil.example', ['echo.v1'])).toEqual([
    403,
    expect.stringContaining('https://evil.example'),
  ])
  expect(await refusalOf('https://example.com', [])).toEqual([
    400,
    expect.stringContaining('none was offered'),
  ])
})

async function refusalOf(origin: string, protocols: string[]) {
  const socket = new WebSocket(example.url, protocols, { origin })
  const [event] = (await once(socket, 'error')) as [WebSocketErrorEvent]
  const { answer } = event.error as HandshakeError
  return [answer?.status, answer?.body]
}
