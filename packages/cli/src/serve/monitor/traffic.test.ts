import { expect, test } from 'vitest'
import { maxMeters, Traffic } from './traffic.ts'

const query = (text: string) => new URLSearchParams(text)

test('A WebSocket counts from its handshake to its end, for the meter and the way that it names', () => {
  const traffic = new Traffic()
  const socket = { bytesReceived: 200, bytesSent: 150 }
  traffic.onOpen(socket, query('meter=a&way=socket'))
  expect(traffic.read('a').socket).toEqual({ up: 200, down: 150 })
  Object.assign(socket, { bytesReceived: 210, bytesSent: 450 })
  traffic.onClose(socket)
  Object.assign(socket, { bytesSent: 999 })
  expect(traffic.read('a')).toMatchObject({ socket: { up: 210, down: 450 }, poll: { up: 0, down: 0 } })
  expect(traffic.read('b').socket).toEqual({ up: 0, down: 0 })
})

test.each([
  '',
  'meter=a',
  'way=socket',
  'meter=&way=socket',
  'meter=a&way=other',
  `meter=${'a'.repeat(65)}&way=socket`,
])('A query %j names nothing to count for', text => {
  const traffic = new Traffic()
  const socket = { bytesReceived: 200, bytesSent: 150 }
  traffic.onOpen(socket, query(text))
  expect(traffic.read('a').socket).toEqual({ up: 0, down: 0 })
})

test('When there are too many meters, the one goes that was not read for longest', () => {
  const traffic = new Traffic()
  const socket = { bytesReceived: 1, bytesSent: 1 }
  for (const name of ['kept', 'forgotten']) {
    traffic.onOpen(socket, query(`meter=${name}&way=socket`))
    traffic.onClose(socket)
  }
  for (let count = 0; count < maxMeters - 1; count++) {
    traffic.read('kept')
    traffic.read(String(count))
  }
  expect(traffic.read('kept').socket.up).toBe(1)
  expect(traffic.read('forgotten').socket.up).toBe(0)
})
