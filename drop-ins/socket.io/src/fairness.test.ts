import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Server } from './public-classes.ts'

// Nobody waits for long because another client sends much: a listener is busy with each event, and turns are counted.

const busyMs = 1
const eventCount = 100
/** Two turns of the longest work that one may do while much is to be written, since a count may cover two. */
const longestCount = 2 * (16 / busyMs + 1)

let io: Server
let origin: string
let client: WebSocket | undefined
const events: number[] = []
const perTurn: number[] = []

beforeEach(async () => {
  events.length = 0
  perTurn.length = 0
  let thisTurn = 0
  io = new Server()
  io.on('connection', socket => {
    socket.on('event', (at: number) => {
      if (thisTurn++ === 0) {
        setImmediate(() => {
          perTurn.push(thisTurn)
          thisTurn = 0
        })
      }
      events.push(at)
      const end = performance.now() + busyMs
      while (performance.now() < end);
    })
  })
  io.listen(0)
  const { httpServer } = io
  if (!httpServer.listening) await once(httpServer, 'listening')
  origin = `127.0.0.1:${(httpServer.address() as AddressInfo).port}/socket.io/?EIO=4`
})

afterEach(async () => {
  client?.terminate()
  await io.close()
})

const packets = Array.from({ length: eventCount }, (_, at) => `42["event",${at}]`)
const inOrder = packets.map((_, at) => at)

test('Events by WebSocket are handled in order, some in each turn of the event loop', async () => {
  const socket = new WebSocket(`ws://${origin}&transport=websocket`)
  client = socket
  const received: string[] = []
  socket.on('message', data => received.push(String(data)))
  await expect.poll(() => received.length).toBe(1)
  socket.send('40')
  await expect.poll(() => received.length).toBe(2)
  const { _socket: tcp } = socket as unknown as { _socket: import('node:net').Socket }
  tcp.cork()
  for (const packet of packets) socket.send(packet)
  tcp.uncork()
  await expect.poll(() => events.length).toBe(eventCount)
  expect(events).toEqual(inOrder)
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(longestCount)
})

test('Events of one POST are handled in order, some in each turn of the event loop', async () => {
  const url = `http://${origin}&transport=polling`
  const opening = await (await fetch(url)).text()
  const session = `${url}&sid=${JSON.parse(opening.slice(1)).sid}`
  await fetch(session, { method: 'POST', body: '40' })
  const answer = await fetch(session, { method: 'POST', body: packets.join('\x1e') })
  expect([answer.status, await answer.text()]).toEqual([200, 'ok'])
  await expect.poll(() => events.length).toBe(eventCount)
  expect(events).toEqual(inOrder)
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(longestCount)
})
