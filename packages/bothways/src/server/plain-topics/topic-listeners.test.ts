import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from '../../index.ts'
import { createServer, type Server } from '../server.ts'
import type { Message, ServerSocket } from '../server-socket.ts'

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

test('A publish leaves out the socket that is passed as except, and several of sockets and listeners', async () => {
  const server = serverWith()
  const opened: ServerSocket[] = []
  server.route('/', {
    open: socket => {
      socket.subscribe('news')
      opened.push(socket)
    },
  })
  const { url } = await server.listen()
  const heard: string[] = []
  const open = async (name: string) => {
    const client = new WebSocket(url)
    client.addEventListener('message', ({ data }) => heard.push(`${name} ${data}`))
    await once(client, 'open')
    return client
  }
  const clients = [await open('first'), await open('second'), await open('third')]
  const listener = (message: Message) => heard.push(`listener ${message}`)
  server.subscribe('news', listener)
  const [first, second] = opened as [ServerSocket, ServerSocket]
  expect(server.publish('news', '1', { except: first })).toBe(3)
  expect(server.publish('news', '2', { except: [first, second, listener] })).toBe(1)
  expect(server.publish('news', '3', { except: new Set([second]) })).toBe(3)
  expect(server.publish('news', '4', { except: [] })).toBe(4)
  await Promise.all(opened.map(socket => socket.ping()))
  expect(heard.toSorted()).toEqual([
    'first 3',
    'first 4',
    'listener 1',
    'listener 3',
    'listener 4',
    'second 1',
    'second 4',
    'third 1',
    'third 2',
    'third 3',
    'third 4',
  ])
  for (const client of clients) client.terminate()
})

test.each(['7f3a', 7, { id: 1 }, [{}]])('except is no %o: a publish says whom it takes', except => {
  const server = serverWith()
  expect(() => server.publish('news', 'x', { except: except as never })).toThrow(
    expect.objectContaining({ code: 'BW_INVALID_OPTION', message: expect.stringContaining('a socket') }),
  )
})
