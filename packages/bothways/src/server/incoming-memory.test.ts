import { collectGarbage } from '@bothways/test-support/garbage'
import { connect, type TestClient } from '@bothways/test-support/test-client'
import { afterEach, expect, test } from 'vitest'
import { createServer, type Server } from './server.ts'

const MiB = 1024 * 1024

const running: Server[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close({ timeoutMs: 0 })
})

test.each(['auto', 'stream'] as const)(
  'What all clients send to handlers that are busy is bounded; the fullest are closed with 1013 (transport %s)',
  async transport => {
    const closed: (number | undefined)[] = []
    const errors: unknown[] = []
    let release: (() => void) | undefined
    const busy = new Promise<void>(resolve => {
      release = resolve
    })
    const server = createServer({
      transport,
      maxTotalIncomingBytes: 8 * MiB,
      onError: error => void errors.push(error),
    })
    server.route('/', {
      message: () => busy,
      close(socket) {
        closed.push(socket.disconnect?.sent?.code)
        expect(socket.disconnect?.error).toMatchObject({ code: 'BW_RECEIVED_TOO_MUCH' })
      },
    })
    running.push(server)
    const { url } = await server.listen()
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    // Each has a message that is handled and holds up one of 1 MiB behind it.
    const clients: TestClient[] = []
    for (let count = 0; count < 24; count++) {
      const client = await connect(url)
      clients.push(client)
      client.connection.send(Buffer.alloc(1))
      client.connection.send(Buffer.alloc(1 * MiB))
      await expect.poll(() => client.connection.bufferedAmount).toBe(0)
    }
    expect(await Promise.race(clients.map(client => client.closed))).toMatchObject({ code: 1013, by: 'peer' })
    await expect.poll(() => server.sockets.size).toBeLessThan(9)
    const taken = (): number => {
      collectGarbage()
      return process.memoryUsage().arrayBuffers - before
    }
    await expect.poll(taken).toBeLessThan(8 * MiB + 4 * MiB)
    release?.()
    await expect.poll(() => closed.length).toBeGreaterThan(14)
    expect(new Set(closed)).toEqual(new Set([1013]))
    expect(errors).toEqual([])
  },
  60_000,
)

test.each(['nobody', 'a loop that was left', 'an iteration that was forgotten'])(
  'What clients leave behind for %s costs those who stay nothing',
  async reader => {
    const server = createServer({ maxTotalIncomingBytes: 1 * MiB })
    server.route('/left', {
      async open(socket) {
        if (reader === 'nobody') return
        const iterator = socket[Symbol.asyncIterator]()
        await iterator.next()
        if (reader === 'a loop that was left') await iterator.return?.()
      },
    })
    server.route('/kept', { message: (socket, message) => void socket.send(String(message.length)) })
    running.push(server)
    const { url } = await server.listen()
    const honest = await connect(`${url}kept`)
    const message = Buffer.alloc(300_000)
    honest.connection.sendFrame(message, { opcode: 2, isFinal: false })
    for (let count = 0; count < 30; count++) {
      const client = await connect(`${url}left`)
      for (let sent = 0; sent < 5; sent++) client.connection.send(Buffer.alloc(12_000))
      client.connection.close(1000)
      expect(await client.closed).toMatchObject({ code: 1000 })
    }
    honest.connection.sendFrame(message, { opcode: 0, isFinal: true })
    expect(await honest.next()).toBe('600000')
    expect(server.counts.violationsByCode).toEqual({})
  },
)

test.each(['auto', 'stream'] as const)(
  'After terminate() an asynchronous handler and a loop get nothing more, and close follows (transport %s)',
  async transport => {
    const seen: string[] = []
    const server = createServer({ transport })
    server.route('/handler', {
      async message(socket, message) {
        await new Promise(resolve => setTimeout(resolve, 20))
        seen.push(String(message))
        if (message === '2') socket.terminate()
      },
      close: () => void seen.push('closed'),
    })
    server.route('/loop', {
      async open(socket) {
        for await (const message of socket) {
          seen.push(String(message))
          if (message === '2') socket.terminate()
        }
        seen.push('loop ended')
      },
      close: () => void seen.push('closed'),
    })
    running.push(server)
    const { url } = await server.listen()
    for (const path of ['handler', 'loop']) {
      const client = await connect(url + path)
      for (const message of ['1', '2', '3', '4']) client.connection.send(message)
      expect(await client.closed).toMatchObject({ code: 1006 })
      await expect.poll(() => seen.includes('closed')).toBe(true)
      expect(seen.splice(0).toSorted()).toEqual([
        '1',
        '2',
        'closed',
        ...(path === 'loop' ? ['loop ended'] : []),
      ])
    }
  },
)
