import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from '../index.ts'
import { createServer, type Server } from './server.ts'
import type { Message } from './server-socket.ts'

const servers: Server[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map(it => it.close()))
})

function serverWith(errors: unknown[] = []): Server {
  const server = createServer({ onError: error => errors.push(error) })
  servers.push(server)
  return server
}

test('A listener hears text as a string and bytes as a Buffer, until it ends that', () => {
  const server = serverWith()
  const heard: Message[] = []
  const end = server.subscribe('news', message => heard.push(message))
  expect(server.publish('news', 'text ✓')).toBe(1)
  expect(server.publish('news', new Uint8Array([1, 2]))).toBe(1)
  expect(server.publish('other', 'text')).toBe(0)
  end()
  expect(server.publish('news', 'late')).toBe(0)
  expect(heard).toEqual(['text ✓', Buffer.from([1, 2])])
})

test('A listener hears what a socket publishes, and subscribers what a listener publishes without an echo', async () => {
  const server = serverWith()
  server.route('/', {
    open: socket => {
      socket.subscribe('news')
      socket.publish('news', 'from the socket')
    },
  })
  const heard: Message[] = []
  const told = new Promise<void>(resolve => {
    const listener = (message: Message): void => {
      heard.push(message)
      expect(server.publish('news', 'answer', { except: listener })).toBe(1)
      resolve()
    }
    server.subscribe('news', listener)
  })
  const { url } = await server.listen()
  const client = new WebSocket(url)
  const [event] = await once(client as never, 'message')
  await told
  expect((event as MessageEvent).data).toBe('answer')
  expect(heard).toEqual(['from the socket'])
  client.close()
})

test('A function hears a topic once, however often it subscribes', () => {
  const server = serverWith()
  const heard: Message[] = []
  const listener = (message: Message): void => void heard.push(message)
  server.subscribe('news', listener)
  const end = server.subscribe('news', listener)
  server.publish('news', 'x')
  end()
  server.publish('news', 'y')
  expect(heard).toEqual(['x'])
})

test('What a listener throws goes to onError, and the other subscribers still hear', () => {
  const errors: unknown[] = []
  const server = serverWith(errors)
  const heard: Message[] = []
  const failure = new Error('no')
  server.subscribe('news', () => {
    throw failure
  })
  server.subscribe('news', message => heard.push(message))
  expect(server.publish('news', 'x')).toBe(2)
  expect(errors).toEqual([failure])
  expect(heard).toEqual(['x'])
})

test('A misspelt option of publish is refused', () => {
  expect(() => serverWith().publish('news', 'x', { exept: () => {} } as never)).toThrow(/except/)
})
