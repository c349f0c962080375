import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createBothways } from 'bothways'
import { expect, test } from 'vitest'
import { SocketIoFront } from './socket-io-front.ts'

test('One client too many is refused, and so is everybody new while it drains', async () => {
  const front = new SocketIoFront({ origins: [], topics: createBothways(), maxClients: 1 })
  const http = createServer((request, response) => front.handle(request, response)).listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/socket.io/?EIO=4&transport=polling`
  const ask = async (): Promise<unknown> => {
    const answer = await fetch(url, { headers: { Connection: 'close' } })
    return [answer.status, ((await answer.json().catch(() => ({}))) as { message?: string }).message]
  }
  expect(await ask()).toEqual([200, undefined])
  expect(await ask()).toEqual([403, 'The server is full: come back later.'])
  expect(front.clientCounts).toEqual({ polling: 1, websocket: 0 })
  front.drain()
  expect(await ask()).toEqual([403, 'The server is going away.'])
  await front.close()
  expect(front.clientCounts).toEqual({ polling: 0, websocket: 0 })
  http.close()
})
