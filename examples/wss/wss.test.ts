import { once } from 'node:events'
import { runChild } from '@bothways/test-support/child'
import { type Example, startExample } from '@bothways/test-support/example'
import { WebSocket, type WebSocketErrorEvent } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'

let example: Example
beforeAll(async () => {
  example = await startExample('wss/server.js')
})
afterAll(() => example.child.stop())

test('A client that trusts the certificate talks over TLS', async () => {
  const certificate = example.child.firstLine.split(' trusting ')[1] ?? ''
  expect(await runChild('node', ['examples/wss/client.js', example.url, certificate])).toBe('over TLS\n')
})

test('One that does not is told why', async () => {
  const [event] = (await once(new WebSocket(example.url), 'error')) as [WebSocketErrorEvent]
  expect(event.message).toContain('self-signed')
})
