import { test } from 'vitest'
import { WebSocket } from './websocket.ts'

test('Subprotocols are a string or a list of strings, and options the third argument', () => {
  const url = 'ws://127.0.0.1'
  const socket = new WebSocket(url)
  new WebSocket(new URL(url), 'chat', { headers: { A: 'a' } })
  new WebSocket(url, new Set(['chat']))
  // @ts-expect-error Options are the third argument.
  new WebSocket(url, { headers: { A: 'a' } })
  // @ts-expect-error No subprotocols are undefined or an empty list.
  new WebSocket(url, null)
  // @ts-expect-error An unknown option.
  new WebSocket(url, [], { header: {} })
  socket.close()
  socket.close(1000, 'done')
  // @ts-expect-error A code is a number.
  socket.close('1000')
})
