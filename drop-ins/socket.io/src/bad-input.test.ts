import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Server } from './public-classes.ts'

// Invalid input of a client: it ends the client's own connection at most, and costs nobody else anything.

let io: Server
let url: string
const clients: Raw[] = []

beforeEach(async () => {
  io = new Server({ maxHttpBufferSize: 10_000, maxTotalIncomingBytes: 12_000 })
  io.listen(0)
  const { httpServer } = io
  if (!httpServer.listening) await once(httpServer, 'listening')
  url = `ws://127.0.0.1:${(httpServer.address() as AddressInfo).port}/socket.io/?EIO=4&transport=websocket`
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate()
  await io.close()
})

/** A client that says anything. */
class Raw {
  readonly socket: WebSocket
  readonly received: string[] = []
  readonly closed: Promise<unknown>
  #waiting: (() => void)[] = []

  constructor() {
    this.socket = new WebSocket(url)
    this.closed = once(this.socket, 'close')
    this.socket.on('message', data => {
      this.received.push(String(data))
      for (const waiting of this.#waiting.splice(0)) waiting()
    })
    this.socket.on('close', () => {
      for (const waiting of this.#waiting.splice(0)) waiting()
    })
  }

  /** The first message that begins so, waiting for it; undefined when the connection ends first. */
  async until(beginning: string): Promise<string | undefined> {
    for (;;) {
      const found = this.received.find(it => it.startsWith(beginning))
      if (found !== undefined || this.socket.readyState === WebSocket.CLOSED) return found
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }
}

/** A client that has joined the namespace `/`. */
async function joined(): Promise<Raw> {
  const client = new Raw()
  clients.push(client)
  await client.until('0')
  client.socket.send('40')
  await client.until('40')
  return client
}

/** Somebody else still gets an answer. */
async function expectOthersServed(): Promise<void> {
  const client = await joined()
  client.socket.send('427["question"]')
  expect(await client.until('437')).toBe('437["answer"]')
}

function answering(): void {
  io.on('connection', socket => {
    socket.on('question', (answer: (text: string) => void) => answer('answer'))
  })
}

/** One more value of a list, that many lists deep. */
function nested(depth: number): string {
  return `,${'['.repeat(depth)}${']'.repeat(depth)}`
}

describe('Nonsense ends the connection that says it', () => {
  test.each([
    ['a packet of no type', '4'],
    ['a packet of an unknown type', '49'],
    ['an event that is no JSON', '42["a"'],
    ['an event that is no list', '42{}'],
    ['an event without a name', '42[]'],
    ['an event with the name of an event of its own', '42["connect"]'],
    ['an acknowledgement that is no list', '431{}'],
    ['an acknowledgement id that overflows', `42${'9'.repeat(400)}["a"]`],
    ['a million attachments', '451000000-["a",{"_placeholder":true,"num":0}]'],
    ['attachments without end', `45${'9'.repeat(400)}-["a"]`],
    ['another packet where an attachment should come', '451-["a",{"_placeholder":true,"num":0}]', '42["b"]'],
    ['an attachment that nobody announced', Buffer.from([1, 2, 3])],
    ['a placeholder beyond the attachments', '451-["a",{"_placeholder":true,"num":7}]', Buffer.from([1])],
    ['an unknown packet of Engine.IO', '9'],
    ['a message over the limit', `42["a","${'x'.repeat(10_001)}"]`],
    ['an event to a namespace that was not joined', '42/other,["a"]'],
    ['an error, which only a server says', '44{"message":"mine"}'],
    ['a second time to join', '40'],
    ['an event nested 1,001 deep', `42["a"${nested(1_000)}]`],
    ['an event nested 1,501 deep in objects', `42["a",${'{"a":'.repeat(1_500)}1${'}'.repeat(1_500)}]`],
    ['an acknowledgement nested 4,000 deep', `431[1${nested(4_000)}]`],
    [
      'an event nested 4,000 deep with attachments',
      `451-["a",{"_placeholder":true,"num":0}${nested(4_000)}]`,
      Buffer.from([1]),
    ],
  ])('%s', async (_, ...messages) => {
    answering()
    const events: unknown[] = []
    io.on('connection', socket => {
      socket.onAny((...args) => void events.push(args[0]))
    })
    const client = await joined()
    for (const message of messages) client.socket.send(message)
    await client.closed
    expect(events).toEqual([])
    await expectOthersServed()
  })

  test('what is nested as deep as is allowed can be relayed and acknowledged, with bytes too', async () => {
    io.on('connection', socket => {
      socket.on('relay', (...values) => void io.emit('told', ...values.slice(0, -1)))
      socket.on('relay', (...values) => values.at(-1)(...values.slice(0, -1)))
    })
    const client = await joined()
    const deep = nested(999).slice(1)
    client.socket.send(`427["relay",${deep}]`)
    expect(await client.until('42["told"')).toBe(`42["told",${deep}]`)
    expect(await client.until('437')).toBe(`437[${deep}]`)
    const bytes = '{"_placeholder":true,"num":0}'
    const deepBytes = `${'['.repeat(998)}${bytes}${']'.repeat(998)}`
    client.socket.send(`451-8["relay",${deepBytes}]`)
    client.socket.send(Buffer.from([1]))
    expect(await client.until('451-["told"')).toBe(`451-["told",${deepBytes}]`)
    expect(await client.until('461-8')).toBe(`461-8[${deepBytes}]`)
  })

  test('attachments that wait for others have a bound for all clients: the one that holds most is ended', async () => {
    answering()
    const clients = [await joined(), await joined()] as const
    const begun = '452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
    for (const client of clients) client.socket.send(begun)
    const [short, long] = clients
    short.socket.send(Buffer.alloc(4_000))
    long.socket.send(Buffer.alloc(9_000))
    await long.closed
    expect(short.socket.readyState).toBe(WebSocket.OPEN)
    expect(io.engine._incoming.usedBytes).toBe(begun.length - 1 + 4_000)
    short.socket.send(Buffer.alloc(1))
    short.socket.send('427["question"]')
    await short.until('43')
    expect(io.engine._incoming.usedBytes).toBe(0)
  })

  test('a name to join that comes with something nested too deeply', async () => {
    answering()
    const client = new Raw()
    clients.push(client)
    await client.until('0')
    client.socket.send(`40{"a":${'['.repeat(4_000)}${']'.repeat(4_000)}}`)
    await client.closed
    await expectOthersServed()
  })

  test('a packet whose attachments come no more ends the connection', async () => {
    answering()
    const client = await joined()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const begun = '452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
      client.socket.send(begun)
      client.socket.send(Buffer.alloc(1_000))
      await expect.poll(() => io.engine._incoming.usedBytes).toBe(begun.length - 1 + 1_000)
      vi.advanceTimersByTime(60_000)
      expect(io.engine._incoming.usedBytes).toBeGreaterThan(0)
      vi.advanceTimersByTime(60_000)
      expect(io.engine._incoming.usedBytes).toBe(0)
    } finally {
      vi.useRealTimers()
    }
    await client.closed
    await expectOthersServed()
  })

  test('attachments that never come are forgotten with the connection', async () => {
    answering()
    const reasons: string[] = []
    io.on('connection', socket => void socket.on('disconnect', reason => void reasons.push(reason)))
    const client = await joined()
    client.socket.send('452-["question",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
    client.socket.send(Buffer.from([1]))
    client.socket.close()
    await client.closed
    await expectOthersServed()
    expect(reasons).toEqual(['transport close'])
  })
})

describe('Names of what every object has', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']

  test.each(names)(
    '%s is a name as any other for events, rooms, namespaces and acknowledgements',
    async name => {
      answering()
      const heard: unknown[] = []
      io.on('connection', socket => {
        socket.on('join', (room: string) => void socket.join(room))
        socket.onAny(event => void heard.push(event))
      })
      io.of(name).on('connection', () => void heard.push(`in /${name}`))
      const client = await joined()
      client.socket.send(`42["${name}",{"${name}":{"polluted":true}}]`)
      client.socket.send(`420["join","${name}"]`)
      client.socket.send('427["question"]')
      await client.until('437')
      io.to(name).emit(name, { [name]: 1 })
      expect(await client.until(`42["${name}"`)).toBeDefined()
      client.socket.send(`40/${name},{"__proto__":{"polluted":true}}`)
      await client.until(`40/${name}`)
      client.socket.send(`43${0}["${name}"]`)
      await expectOthersServed()
      expect(heard).toContain(name)
      expect(heard).toContain(`in /${name}`)
      expect(Reflect.get({}, 'polluted')).toBeUndefined()
    },
  )

  test('an acknowledgement that nobody waits for is nobody’s', async () => {
    answering()
    const client = await joined()
    client.socket.send('4312345["x"]')
    client.socket.send('427["question"]')
    expect(await client.until('437')).toBe('437["answer"]')
  })
})

describe('Floods of namespaces', () => {
  test('A client that asks for a hundred that there are not is let go', async () => {
    answering()
    const client = await joined()
    // Fewer than may wait to be joined at once, which is a bound of its own.
    for (let count = 0; count < 500; count++) client.socket.send(`40/unknown-${count},`)
    await client.closed
    const refusals = client.received.filter(it => it.startsWith('44/unknown-'))
    expect(refusals.length).toBeLessThanOrEqual(101)
    expect(refusals[0]).toBe('44/unknown-0,{"message":"Invalid namespace"}')
    await expectOthersServed()
  })

  test('A connection makes a thousand dynamic ones at most', async () => {
    answering()
    io.of(/^\/dynamic-/)
    const client = await joined()
    for (let count = 0; count < 1_200; count++) client.socket.send(`40/dynamic-${count},`)
    await client.closed
    expect([...io._nsps.keys()].filter(it => it.startsWith('/dynamic-')).length).toBeLessThanOrEqual(1_000)
    await expectOthersServed()
  })

  test('Those that wait for a middleware count', async () => {
    answering()
    let asked = 0
    io.of('/slow').use(() => {
      asked++
    })
    const client = await joined()
    for (let count = 0; count < 3_000; count++) client.socket.send('40/slow,')
    await client.closed
    expect(asked).toBeLessThanOrEqual(1_000)
    await expectOthersServed()
  })
})
