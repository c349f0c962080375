import { once } from 'node:events'
import { startNginx } from '@bothways/test-support/nginx'
import type { ProxyProcess } from '@bothways/test-support/proxy'
import {
  nextEvent,
  type SocketIoClient,
  socketIoClients,
  socketIoWays,
} from '@bothways/test-support/socket-io-clients'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Socket } from '../../drop-ins/socket.io/src/index.ts'
import { converse, expectedReport, type TalkingClient } from './conversation.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let nginx: ProxyProcess

const proxy = (port: number) => `
    listen 127.0.0.1:${port};
    proxy_http_version 1.1;
    location /right/ { proxy_pass http://127.0.0.1:${scene.port}/;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }
    location /upgrade-lost/ { proxy_pass http://127.0.0.1:${scene.port}/; }`

const clients: SocketIoClient[] = []
function connect(version: 2 | 3 | 4, location: string, options: object): SocketIoClient & TalkingClient {
  const client = socketIoClients[version](`http://127.0.0.1:${nginx.port}`, {
    path: `${location}/socket.io`,
    forceNew: true,
    reconnection: false,
    ...options,
  })
  clients.push(client)
  return client as SocketIoClient & TalkingClient
}

beforeAll(async () => {
  scene = await openScene()
  nginx = await startNginx(proxy)
})
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect()
})
afterAll(async () => {
  await nginx.stop()
  await scene.close()
})

describe.each([4, 3, 2] as const)('socket.io-client %s behind nginx', version => {
  test.each(Object.entries(socketIoWays))(
    'gets through the whole conversation by %s',
    async (way, options) => {
      const awaited = way === 'upgrade' ? 'upgrade' : undefined
      const report = await converse(() => connect(version, '/right', options), awaited)
      expect(report).toEqual(expectedReport(way === 'polling' ? 'polling' : 'websocket'))
    },
  )

  test('stays with polling, and loses nothing, when nginx drops Upgrade', async () => {
    const report = await converse(() => connect(version, '/upgrade-lost', {}), 'upgradeError')
    expect(report).toEqual(expectedReport('polling'))
  })

  test('is told at once when WebSocket is all that it may use, and nginx drops Upgrade', async () => {
    const client = connect(version, '/upgrade-lost', socketIoWays.websocket ?? {})
    await nextEvent(client, 'connect_error')
    expect(client.connected).toBe(false)
  })
})

test('The server sees what nginx says about the client', async () => {
  const connected = once(scene.io, 'connection') as Promise<[Socket]>
  await nextEvent(connect(4, '/right', {}), 'connect')
  const [{ handshake }] = await connected
  expect(handshake.headers).toMatchObject({
    host: `127.0.0.1:${nginx.port}`,
    'x-forwarded-for': '127.0.0.1',
  })
})

test('When nginx goes, the server hears of its clients that they are gone', async () => {
  const own = await startNginx(
    port => `
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${scene.port}/; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }`,
  )
  const connected = once(scene.io, 'connection') as Promise<[Socket]>
  const client = socketIoClients[4](`http://127.0.0.1:${own.port}`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  })
  clients.push(client)
  const [[socket]] = await Promise.all([connected, nextEvent(client, 'connect')])
  const gone = Promise.all([
    new Promise(resolve => socket.on('disconnect', resolve)),
    nextEvent(client, 'disconnect'),
  ])
  await own.stop()
  const [reason, [atClient]] = await gone
  expect([reason, atClient]).toEqual(['transport close', 'transport close'])
})
