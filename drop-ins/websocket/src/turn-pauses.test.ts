import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { expect, test } from 'vitest'
import type { WebSocketConnection } from './connection.ts'
import { client as WebSocketClient, server as WebSocketServer } from './index.ts'

/** A connection over TLS, where pausing shows in the events of the socket; its listener is busy with each message. */
async function serveBusily(onMessage: (connection: WebSocketConnection, text: string) => void) {
  const { cert, key } = await makeCertificate()
  const http = createServer({ cert, key })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const server = new WebSocketServer({ httpServer: http, autoAcceptConnections: true })
  const events: string[] = []
  server.on('connect', connection => {
    connection.on('pause', () => events.push('pause'))
    connection.on('resume', () => events.push('resume'))
    connection.on('message', message => {
      const end = performance.now() + 1
      while (performance.now() < end);
      if (message.type === 'utf8') onMessage(connection, message.utf8Data)
    })
  })
  const client = new WebSocketClient({ tlsOptions: { rejectUnauthorized: false } })
  client.connect(`wss://127.0.0.1:${(http.address() as AddressInfo).port}/`)
  const connection = await new Promise<WebSocketConnection>(resolve => client.once('connect', resolve))
  const close = (): void => {
    connection.drop()
    http.close()
  }
  return { connection, events, close }
}

test('That others have their turn is no event of a connection', async () => {
  const texts: string[] = []
  const { connection, events, close } = await serveBusily((_, text) => texts.push(text))
  const sent = Array.from({ length: 200 }, (_, at) => `${at}`)
  for (const text of sent) connection.sendUTF(text)
  await expect.poll(() => texts.length).toBe(sent.length)
  expect(texts).toEqual(sent)
  // That reading has begun.
  expect(events).toEqual(['resume'])
  close()
})

test('pause() holds also while others have their turn, and is told', async () => {
  const texts: string[] = []
  const { connection, events, close } = await serveBusily((accepted, text) => {
    texts.push(text)
    if (text !== '7') return
    // The share of this turn is used up by then.
    setImmediate(() => {
      accepted.pause()
      const { length } = texts
      setTimeout(() => {
        events.push(`${texts.length - length} messages`)
        accepted.resume()
      }, 50)
    })
  })
  const sent = Array.from({ length: 100 }, (_, at) => `${at}`)
  for (const text of sent) connection.sendUTF(text)
  await expect.poll(() => texts.length).toBe(sent.length)
  expect(texts).toEqual(sent)
  expect(events).toEqual(['resume', 'pause', '0 messages', 'resume'])
  close()
})
