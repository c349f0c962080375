import { once } from 'node:events'
import { FaultyBroker } from '@bothways/test-support/faulty-broker'
import { afterEach, expect, test } from 'vitest'
import { carriedAlone } from '../../hub/broker/broker.ts'
import { MemoryBroker, WebSocket } from '../../index.ts'
import { createServer, type Server } from '../server.ts'
import type { Message } from '../server-socket.ts'

const servers: Server[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map(it => it.close()))
})

function serverOn(broker: MemoryBroker | FaultyBroker, errors: unknown[] = []): Server {
  const server = createServer({ broker, onError: error => errors.push(error) })
  servers.push(server)
  return server
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 1))
}

test('What is published reaches the subscribers of all servers with the broker once, text and bytes, in order', async () => {
  const broker = new MemoryBroker()
  const [one, other] = [serverOn(broker), serverOn(broker)]
  const [here, there]: [Message[], Message[]] = [[], []]
  one.subscribe('news', message => here.push(message))
  const end = other.subscribe('news', message => there.push(message))
  await new Promise(resolve => setTimeout(resolve, 5))
  expect(one.publish('news', '你好 \ud800')).toBe(1)
  expect(one.publish('news', new Uint8Array([1, 2]))).toBe(1)
  await until(() => there.length === 2)
  expect(there).toEqual(['你好 \ufffd', Buffer.from([1, 2])])
  expect(here).toEqual(there)
  end()
  one.publish('news', 'late')
  other.publish('news', 'from one without subscribers')
  await until(() => here.length === 4)
  expect([here.slice(2), there.length]).toEqual([['late', 'from one without subscribers'], 2])
})

test('A client that publishes to others reaches those at another server, and does not get it back', async () => {
  const broker = new MemoryBroker()
  const open = async (server: Server) => {
    server.route('/', {
      open: socket => socket.subscribe('room'),
      message: (socket, message) => {
        socket.publish('room', message)
      },
    })
    const { url } = await server.listen()
    const client = new WebSocket(url)
    const heard: unknown[] = []
    client.onmessage = ({ data }) => heard.push(data)
    await once(client, 'open')
    return { client, heard }
  }
  const [one, other] = [await open(serverOn(broker)), await open(serverOn(broker))]
  await new Promise(resolve => setTimeout(resolve, 5))
  one.client.send('hello')
  await until(() => other.heard.length === 1)
  other.client.send('and back')
  await until(() => one.heard.length === 1)
  expect([one.heard, other.heard]).toEqual([['and back'], ['hello']])
  for (const { client } of [one, other]) client.close()
})

test('While the broker is away this process hears what it publishes, and onError of the rest; topics join when it is back', async () => {
  const broker = new FaultyBroker(new MemoryBroker())
  const errors: unknown[] = []
  const [one, other] = [serverOn(broker, errors), serverOn(broker)]
  broker.goAway()
  const [here, there]: [Message[], Message[]] = [[], []]
  one.subscribe('news', message => here.push(message))
  other.subscribe('news', message => there.push(message))
  expect(one.publish('news', 'lost for others')).toBe(1)
  await until(() => errors.length >= 2)
  broker.comeBack()
  await until(() => {
    one.publish('news', 'back')
    return there.length > 0
  })
  expect([here[0], there[0]]).toEqual(['lost for others', 'back'])
})

test('What is no broker is refused', () => {
  expect(() => createServer({ broker: {} as MemoryBroker })).toThrow('Option broker')
})

test('Who subscribes and thinks better of it at once asks nothing of the broker, and who comes back hears once', async () => {
  let count = 0
  class Counting extends MemoryBroker {
    override subscribe(...args: Parameters<MemoryBroker['subscribe']>) {
      count++
      return super.subscribe(...args)
    }
  }
  const broker = new Counting()
  const [one, other] = [serverOn(broker), serverOn(broker)]
  const heard: Message[] = []
  const subscribe = () => one.subscribe('news', message => heard.push(message))
  subscribe()()
  await new Promise(setImmediate)
  expect(count).toBe(0)
  subscribe()()
  subscribe()
  await new Promise(setImmediate)
  expect(count).toBe(1)
  for (const text of ['first', 'second']) other.publish('news', text)
  await until(() => heard.includes('second'))
  expect(heard).toEqual(['first', 'second'])
})

test('What is no message of another server goes to onError, and nobody else hears of it', async () => {
  const broker = new MemoryBroker()
  const errors: unknown[] = []
  const [one, other] = [serverOn(broker, errors), serverOn(broker)]
  const heard: Message[] = []
  one.subscribe('news', message => heard.push(message))
  await new Promise(setImmediate)
  const foreign = [
    'no JSON',
    'null',
    '5',
    '{}',
    '{"from":1,"text":"x"}',
    '{"from":"a","text":5}',
    '{"from":"a"}',
  ]
  for (const data of foreign) {
    await broker.publish({
      ...carriedAlone,
      topic: '\u0001plain news',
      data,
    })
  }
  expect(errors).toHaveLength(foreign.length)
  other.publish('news', 'good')
  await until(() => heard.length > 0)
  expect(heard).toEqual(['good'])
})
