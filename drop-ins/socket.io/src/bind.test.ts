import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'bothways'
import { expect, test } from 'vitest'
import { Engine, Server } from './index.ts'

test('A bound engine serves the requests and upgrades that the program hands over, and close leaves its port open', async () => {
  const engine = new Engine()
  const io = new Server().bind(engine)
  const http = createServer((request, response) => engine.handleRequest(request, response))
  http.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  try {
    const polling = `http://127.0.0.1:${port}/anywhere/?EIO=4&transport=polling`
    const answer = await fetch(polling, { headers: { Connection: 'close' } })
    expect(await answer.text()).toMatch(/^0\{"sid":/)

    const connected = new Promise(resolve => io.on('connection', resolve))
    const socket = new WebSocket(`ws://127.0.0.1:${port}/anywhere/?EIO=4&transport=websocket`)
    socket.onopen = () => socket.send('40')
    const closed = new Promise(resolve => socket.addEventListener('close', resolve))
    await connected
    expect(engine.clientsCount).toBe(2)

    await io.close()
    await closed
    expect(engine.clientsCount).toBe(0)
    expect(http.listening).toBe(true)
  } finally {
    http.closeAllConnections()
    http.close()
  }
})
