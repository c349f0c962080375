import { nextEvent as next, type SocketIoClient } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterEach, describe, expect, test } from 'vitest'
import { Encoder } from './parser/encoder.ts'
import * as parser from './parser/index.ts'

const stage = new SocketIoStage()

afterEach(() => stage.clear())

describe('A broadcast', () => {
  test('is encoded once, whatever the clients speak, and reaches each once', async () => {
    let count = 0
    class Counting extends Encoder {
      override encode(packet: parser.Packet): ReturnType<Encoder['encode']> {
        if (packet.type === parser.PacketType.EVENT) count++
        return super.encode(packet)
      }
    }
    const { io, url } = await stage.listen({ parser: { ...parser, Encoder: Counting } })
    io.on('connection', socket => void socket.join(['a', 'b']))
    const clients: SocketIoClient[] = []
    for (const version of [4, 3, 2] as const) {
      for (const transports of [['websocket'], ['polling']]) {
        const client = stage.connect(url, { transports }, version)
        clients.push(client)
        await next(client, 'connect')
      }
    }
    const heard = clients.map((client, at) => {
      const all: unknown[] = []
      client.on('e', ((...args: unknown[]) => all.push([at, ...args])) as never)
      return all
    })
    const over = Promise.all(clients.map(it => next(it, 'over')))
    io.to(['a', 'b', 'none']).emit('e', 'text', Buffer.from([1]))
    expect(count).toBe(1)
    io.in('a').emit('over')
    await over
    expect(count).toBe(2)
    expect(heard).toEqual(clients.map((_, at) => [[at, 'text', Buffer.from([1])]]))
  })

  test('goes on when a listener disconnects who is next', async () => {
    const { io, url } = await stage.listen()
    const clients = [stage.connect(url), stage.connect(url), stage.connect(url)]
    await Promise.all(clients.map(it => next(it, 'connect')))
    const [first, second, third] = [...io.sockets.sockets.values()]
    first!.onAnyOutgoing(() => second!.disconnect())
    const byId = (id: string): SocketIoClient => clients.find(it => it.id === id)!
    const gone = next(byId(second!.id), 'disconnect')
    const heard = Promise.all([next(byId(first!.id), 'e'), next(byId(third!.id), 'e')])
    byId(second!.id).on('e', () => expect.unreachable('it is gone'))
    io.emit('e')
    await Promise.all([heard, gone])
  })
})
