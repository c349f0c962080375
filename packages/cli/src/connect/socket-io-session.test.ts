import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from '@bothways/socket.io'
import { echoUrl, launch, run, stopCommands } from '@bothways/test-support/command'
import { afterEach, expect, test } from 'vitest'
import { socketIoUrl } from './socket-io-session.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  await stopCommands()
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(): Promise<{ io: Server; url: string }> {
  const http = createServer()
  const io = new Server(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(() => io.close())
  return { io, url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}` }
}

test('Lines are events, events are lines, and acknowledgements are printed', async () => {
  const { io, url } = await serve()
  io.on('connection', socket => {
    socket.emit('welcome', { n: 1 })
    socket.on('chat', (...args) => socket.emit('chat', ...args))
    socket.on('join', (room, done) => done(`in ${room}`))
    socket.on('bytes', () => socket.emit('bytes', Buffer.from([0, 255])))
  })
  const { code, output, errors } = await run(
    ['connect', url, '--socket.io'],
    'chat "hi" {"a":1}\njoin? "r"\nbytes\n',
  )
  expect([code, errors]).toEqual([0, ''])
  expect(output.trim().split('\n')).toEqual([
    'welcome {"n":1}',
    'chat "hi" {"a":1}',
    '/ack 0 "in r"',
    'bytes "0x00ff"',
  ])
})

test('The path is the namespace, --socket.io-auth reaches it, and a refusal is told', async () => {
  const { io, url } = await serve()
  io.of('/admin').use((socket, next) => {
    const { token } = socket.handshake.auth as { token?: string }
    next(token === 'x' ? undefined : new Error('who are you?'))
  })
  io.of('/admin').on('connection', socket => socket.emit('hello', socket.handshake.query.q))
  const options = ['--socket.io', '--socket.io-auth', '{"token":"x"}', '-x', 'ping', '--json']
  const { code, output } = await run(['connect', `${url}/admin?q=1`, ...options])
  const events = output
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(code).toBe(0)
  // The first events of the two sides may cross on the way.
  const [opened, ...rest] = events
  expect([opened.type, rest.pop().type]).toEqual(['open', 'close'])
  expect(rest.sort((a, b) => a.name.localeCompare(b.name))).toMatchObject([
    { type: 'event', name: 'hello', args: ['1'] },
    { type: 'emitted', name: 'ping', args: [] },
  ])
  const refused = await run(['connect', `${url}/admin`, '--socket.io', '-x', 'ping'])
  expect(refused.code).toBe(1)
  expect(refused.errors).toContain('The namespace /admin refuses: who are you?')
  const wrong = await run(['connect', url, '--socket.io', '--socket.io-auth', 'token'])
  expect([wrong.code, wrong.errors]).toEqual([2, expect.stringContaining('--socket.io-auth takes an object')])
})

test('What the server asks an acknowledgement of is acknowledged by a line', async () => {
  const { io, url } = await serve()
  const answered = new Promise(resolve => {
    io.on('connection', async socket => resolve(await socket.timeout(20_000).emitWithAck('sure?')))
  })
  const { child, outcome } = launch(['connect', url, '--socket.io'])
  await once(child.stdout, 'data')
  child.stdin.end('/ack 0 "yes"\n')
  expect(await answered).toBe('yes')
  expect(await outcome).toMatchObject({ output: 'sure?\n' })
})

test('A server that does not speak it is told apart', async () => {
  const { code, errors } = await run(['connect', await echoUrl(), '--socket.io', '-x', 'hi', '-w', '1'])
  expect([code, errors]).toEqual([1, expect.stringContaining('did not answer as Socket.IO')])
})

test.each([
  ['ws://h:1', '/socket.io/', 'ws://h:1/socket.io/?EIO=4&transport=websocket', '/'],
  ['wss://h/ns?a=b', '/x/', 'wss://h/x/?a=b&EIO=4&transport=websocket', '/ns'],
])('%s with %s is %s, namespace %s', (url, path, engine, namespace) => {
  expect(socketIoUrl(url, path)).toEqual({ url: engine, namespace })
})
