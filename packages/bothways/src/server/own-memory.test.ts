import { runInNewContext } from 'node:vm'
import { connect } from '@bothways/test-support/test-client'
import { afterEach, describe, expect, test } from 'vitest'
import { createServer, type Server } from './server.ts'

const running: Server[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
})

async function listen(server: Server): Promise<string> {
  running.push(server)
  return (await server.listen()).url
}

function giveAway({ buffer }: Buffer): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
}

describe.each(['auto', 'stream'] as const)('A message by the transport %s', transport => {
  test.each([3, 64, 65, 3_000, 70_000])(
    'of %i bytes may be given away, and nobody else notices',
    async length => {
      const server = createServer({ transport })
      server.route('/', {
        message(socket, message) {
          const bytes = message as Buffer
          const answer = Buffer.concat([Buffer.of(bytes.buffer.byteLength === bytes.length ? 1 : 0), bytes])
          giveAway(bytes)
          socket.send(answer)
        },
      })
      const url = await listen(server)
      const clients = [await connect(url), await connect(url)]
      for (const round of [1, 2, 3]) {
        for (const { connection } of clients) {
          connection.send(Buffer.alloc(length, round))
          connection.send(Buffer.alloc(length, round))
        }
        for (const client of [...clients, ...clients]) {
          const expected = Buffer.concat([Buffer.of(1), Buffer.alloc(length, round)])
          expect(expected.equals((await client.next()) as Buffer)).toBe(true)
        }
      }
    },
  )

  test('waits for an asynchronous handler in memory of its own', async () => {
    const server = createServer({ transport })
    server.route('/', {
      async message(socket, message) {
        await new Promise(setImmediate)
        socket.send(Buffer.from(message as Buffer))
        giveAway(message as Buffer)
      },
    })
    const client = await connect(await listen(server))
    const sent = ['one', 'two', 'x'.repeat(100), 'y'.repeat(100)].map(text => Buffer.from(text))
    for (const bytes of sent) client.connection.send(bytes)
    for (const bytes of sent) expect(await client.next()).toEqual(bytes)
  })
})

test('Each listener of a topic gets bytes of its own, and subscribers what was published', async () => {
  const server = createServer()
  server.route('/', {
    open(socket) {
      socket.subscribe('news')
      socket.send('ready')
    },
  })
  const client = await connect(await listen(server))
  const heard: string[] = []
  for (const _ of [1, 2]) {
    server.subscribe('news', message => {
      heard.push(String(message))
      expect((message as Buffer).buffer.byteLength).toBe(4)
      giveAway(message as Buffer)
    })
  }
  expect(await client.next()).toBe('ready')
  server.publish('news', Buffer.from('news'))
  expect(heard).toEqual(['news', 'news'])
  expect(await client.next()).toEqual(Buffer.from('news'))
})

describe('What a program sends', () => {
  const foreign = (): ArrayBuffer => runInNewContext('new Uint8Array([1, 2, 3]).buffer')
  const shared = (): SharedArrayBuffer => {
    const memory = new SharedArrayBuffer(3)
    new Uint8Array(memory).set([1, 2, 3])
    return memory
  }
  const resizable = (): ArrayBuffer => {
    const memory = Reflect.construct(ArrayBuffer, [3, { maxByteLength: 8 }]) as ArrayBuffer
    new Uint8Array(memory).set([1, 2, 3])
    return memory
  }
  test.each(Object.entries({ foreign, shared, resizable }))(
    'is bytes: %s memory, as it was at the call',
    async (_, make) => {
      const server = createServer()
      server.route('/', {
        open(socket) {
          socket.subscribe('bytes')
          for (const memory of [make(), make()]) {
            for (const data of [memory, new Uint8Array(memory)]) {
              socket.send(data)
              server.publish('bytes', data)
            }
            new Uint8Array(memory).fill(9)
          }
        },
      })
      const client = await connect(await listen(server))
      for (let count = 0; count < 8; count++) expect(await client.next()).toEqual(Buffer.of(1, 2, 3))
    },
  )

  test('is refused when its memory is gone', async () => {
    const server = createServer()
    const thrown: unknown[] = []
    server.route('/', {
      open(socket) {
        const bytes = Buffer.alloc(5_000)
        giveAway(bytes)
        for (const send of [() => socket.send(bytes), () => server.publish('topic', bytes)]) {
          try {
            send()
          } catch (error) {
            thrown.push((error as { code?: string }).code)
          }
        }
        socket.send('alive')
      },
    })
    const client = await connect(await listen(server))
    expect(await client.next()).toBe('alive')
    expect(thrown).toEqual(['BW_INVALID_MESSAGE', 'BW_INVALID_MESSAGE'])
  })
})
