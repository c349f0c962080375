import { once } from 'node:events'
import { createClient } from '@bothways/client/core'
import { ReconnectingWebSocket } from '@bothways/client/websocket'
import { checkResponse } from '@bothways/protocol'
import { WebSocket, type WebSocketErrorEvent } from 'bothways'
import { afterAll, expect, test } from 'vitest'
import { findingCodes } from './catalogue/page.ts'
import { answering, closeAll, examine, http, isUpgrade, opening, switching } from './zoo/keeper.ts'

afterAll(closeAll)

const finding = async (url: string): Promise<string | undefined> => {
  const socket = new WebSocket(url)
  const [event] = (await once(socket, 'error')) as [WebSocketErrorEvent]
  return event.doctor
}

const cases: readonly (readonly [string, (head: string) => string])[] = [
  ['a page', () => http('200 OK', '<html>')],
  ['nobody', () => http('404 Not Found', 'Cannot GET /')],
  ['a login', () => http('302 Found', '', 'Location: /login\r\n')],
  ['missing credentials', () => http('401 Unauthorized')],
  ['a firewall', () => http('403 Forbidden')],
  ['a rate limit', () => http('429 Too Many Requests')],
  ['a handler that throws', () => http('500 Internal Server Error')],
  ['maintenance', () => http('503 Service Unavailable')],
  ['a gateway', () => http('502 Bad Gateway')],
  ['a stripped upgrade', () => http('426 Upgrade Required')],
  ['a teapot', () => http('418 Teapot')],
  [
    'a 101 without Upgrade',
    head => (isUpgrade(head) ? switching(head).replace('Upgrade: websocket\r\n', '') : http('404 Not Found')),
  ],
  [
    'a wrong key',
    head =>
      isUpgrade(head) ? switching(head).replace(/Accept: ..../, 'Accept: AAAA') : http('404 Not Found'),
  ],
]

test.concurrent.each(cases)('The error event for %s names what the doctor finds', async (_, answer) => {
  const url = `ws://127.0.0.1:${await answering(answer)}/`
  const [told, event] = await Promise.all([examine(url, { totalMs: 4000 }), finding(url)])
  expect([event]).toEqual(told.problems.map(code => `BW_DOCTOR_${code}`))
})

test('The error event for a closed port and for a lost connection names its finding', async () => {
  expect(await finding('ws://127.0.0.1:1/')).toBe('BW_DOCTOR_PORT_CLOSED')
  const cut = await opening(socket => setTimeout(() => socket.resetAndDestroy(), 50))
  expect(await finding(`ws://127.0.0.1:${cut}/`)).toBe('BW_DOCTOR_ABNORMAL_CLOSURE')
})

test('Every answer that is refused leads to a finding that there is', () => {
  for (let status = 200; status < 600; status++) {
    const result = checkResponse({ status, headers: {} }, { key: 'x' })
    if (!result.ok)
      expect([status, findingCodes]).toEqual([status, expect.arrayContaining([result.error.doctor])])
  }
})

test('The clients that come back pass the finding on', async () => {
  const url = `ws://127.0.0.1:${await answering(() => http('404 Not Found'))}/`
  const options = { WebSocket: WebSocket as never }
  const socket = new ReconnectingWebSocket(url, [], options)
  const told = await new Promise<{ doctor: string | undefined }>(resolve => {
    socket.onerror = resolve
  })
  socket.close()
  expect(told.doctor).toBe('BW_DOCTOR_NOT_FOUND')

  const client = createClient(url, options)
  const reason = await new Promise(resolve => {
    client.on('status', state => {
      if (state.status === 'waiting') resolve(state.reason)
    })
  })
  await client.close()
  expect(reason).toMatchObject({ code: 'not_opened', doctor: 'BW_DOCTOR_NOT_FOUND' })
})
