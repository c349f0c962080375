import { startWithClock, tick } from '@bothways/test-support/clock'
import { MemoryLink } from '@bothways/test-support/memory-transport'
import { describe, expect, test } from 'vitest'
import { Connection } from './connection.ts'
import type { ConnectionHandler } from './connection-init.ts'
import type { CloseFrame, Disconnect } from './disconnect.ts'
import { ReadyState } from './ending.ts'
import { type ConnectionOptions, resolveConnectionOptions } from './options.ts'
import { deflatedFrame } from './sending/frame-formats.ts'
import { Publication } from './sending/publication.ts'

class Recorder implements ConnectionHandler {
  readonly messages: (string | Buffer)[] = []
  readonly sentBytes: number[] = []
  readonly pings: string[] = []
  readonly pongs: string[] = []
  drains = 0
  closings = 0
  closedBy: CloseFrame | undefined
  disconnect: Disconnect | undefined

  onMessage(message: string | Buffer): void {
    this.messages.push(message)
  }

  onSent(byteLength: number): void {
    this.sentBytes.push(byteLength)
  }

  onPing(payload: Buffer): void {
    this.pings.push(payload.toString())
  }

  onPong(payload: Buffer): void {
    this.pongs.push(payload.toString())
  }

  onDrain(): void {
    this.drains++
  }

  onClosing(received: CloseFrame | undefined): void {
    this.closings++
    this.closedBy = received
  }

  onClose(disconnect: Disconnect): void {
    expect(this.disconnect).toBeUndefined()
    this.disconnect = disconnect
  }
}

interface PairOptions {
  server?: ConnectionOptions
  client?: ConnectionOptions
  deflate?: { readonly noContextTakeover: boolean; readonly windowBits: number }
}

function connect({ server = {}, client = {}, deflate }: PairOptions = {}) {
  const link = new MemoryLink()
  const serverSide = new Recorder()
  const clientSide = new Recorder()
  const negotiated = deflate && { outgoing: deflate, incoming: deflate }
  const ends = {
    link,
    serverSide,
    clientSide,
    server: new Connection(serverSide, {
      role: 'server',
      transport: link.server,
      settings: resolveConnectionOptions(server, 'server'),
      deflate: negotiated,
    }),
    client: new Connection(clientSide, {
      role: 'client',
      transport: link.client,
      settings: resolveConnectionOptions(client, 'client'),
      deflate: negotiated,
    }),
  }
  startWithClock(ends.server)
  startWithClock(ends.client)
  return ends
}

describe('Messages', () => {
  test('Text, bytes in every form and Blobs arrive whole and in the order they were sent', async () => {
    const { link, client, serverSide } = connect()
    client.send('文字')
    client.send(new Blob(['blob']))
    client.send(Uint8Array.of(1, 2, 3).buffer)
    client.send(new Uint8Array([0, 9, 8, 0]).subarray(1, 3))
    client.send('')
    await link.settle()
    await link.settle()
    expect(serverSide.messages).toEqual([
      '文字',
      Buffer.from('blob'),
      Buffer.from([1, 2, 3]),
      Buffer.from([9, 8]),
      '',
    ])
  })

  test('Bytes may be reused by the caller as soon as send has returned, also behind a Blob', async () => {
    const { link, server, clientSide } = connect()
    const bytes = Buffer.from('first')
    server.send(bytes)
    bytes.fill(0)
    server.send(new Blob(['blob']))
    bytes.write('third')
    server.send(bytes)
    bytes.fill(0)
    await link.settle()
    await link.settle()
    expect(clientSide.messages.map(String)).toEqual(['first', 'blob', 'third'])
  })

  test('What one turn of the event loop sends goes out as one write', async () => {
    const { link, server } = connect()
    const writes: number[] = []
    const write = link.server.write.bind(link.server)
    link.server.write = bytes => {
      writes.push(bytes.length)
      return write(bytes)
    }
    for (let count = 0; count < 5; count++) server.send('tick')
    server.sendShared(new Publication('tock'))
    server.send('tick')
    await link.settle()
    expect(writes).toEqual([7 * 6])
  })
})

test('Its owner is told how many bytes each message has that was taken, whoever sends it and however', () => {
  const texts = [
    '',
    'a'.repeat(125),
    'ä'.repeat(63),
    'a'.repeat(126),
    '消息'.repeat(10_920),
    'a'.repeat(70_000),
  ]
  const bytes = [0, 5, 125, 126, 65_535, 65_536].map(length => Buffer.alloc(length))
  const data = [
    ...texts,
    ...bytes,
    new Uint8Array(7).buffer,
    new DataView(new ArrayBuffer(9), 2),
    new Blob(['four']),
  ]
  const expected = [
    ...texts.map(text => Buffer.byteLength(text)),
    ...bytes.map(({ length }) => length),
    7,
    7,
    4,
  ]
  for (const deflate of [undefined, { noContextTakeover: true, windowBits: 15 }]) {
    const compression = deflate !== undefined && { thresholdBytes: 100 }
    const { server, client, serverSide, clientSide } = connect({
      server: { compression },
      client: { compression },
      ...(deflate && { deflate }),
    })
    for (const each of data) {
      server.send(each)
      client.send(each)
    }
    expect(serverSide.sentBytes).toEqual(expected)
    expect(clientSide.sentBytes).toEqual(expected)
    server.terminate()
    client.terminate()
    expect(server.send('late')).toBe('refused')
    expect(serverSide.sentBytes.length).toBe(expected.length)
  }
})

describe('Compression', () => {
  const sizes = [0, 1, 1023, 1024, 5_000, 40_000, 200_000]

  for (const noContextTakeover of [true, false]) {
    for (const windowBits of [9, 12, 15]) {
      const name = `${noContextTakeover ? 'no ' : ''}context takeover and ${windowBits} window bits`
      test(`Messages of all sizes survive with ${name}, sent and published in turn`, async () => {
        const { link, server, client, clientSide, serverSide } = connect({
          server: { compression: { windowBits: 9, thresholdBytes: 64 } },
          client: { compression: { thresholdBytes: 64 } },
          deflate: { noContextTakeover, windowBits },
        })
        const texts = sizes.map(size =>
          'Bothways speaks to every client. '.repeat(size / 30 + 1).slice(0, size),
        )
        for (const text of texts) {
          server.send(text)
          server.sendShared(new Publication(`published ${text}`))
          client.send(text)
        }
        while (clientSide.messages.length < texts.length * 2 || serverSide.messages.length < texts.length) {
          await link.settle()
        }
        expect(clientSide.messages).toEqual(texts.flatMap(text => [text, `published ${text}`]))
        expect(serverSide.messages).toEqual(texts)
        expect(server.bytesSent).toBeLessThan(100_000)
      })
    }
  }

  test('A publish is compressed once for all connections that do not keep a context', async () => {
    const deflate = { noContextTakeover: true, windowBits: 15 }
    const pairs = [1, 2, 3].map(() => connect({ server: { compression: true }, deflate }))
    const message = new Publication('x'.repeat(2_000))
    for (const { server } of pairs) server.sendShared(message)
    const format = deflatedFrame(15, 6)
    const frame = message.encoded(format)
    expect(message.encoded(format)).toBe(frame)
    for (const { link, clientSide } of pairs) {
      await link.settle()
      expect(clientSide.messages).toEqual(['x'.repeat(2_000)])
    }
  })

  test('A small message that inflates beyond the limit is refused with 1009 while it inflates', async () => {
    const { link, client, serverSide, clientSide } = connect({
      server: { compression: true, maxMessageBytes: 10_000 },
      deflate: { noContextTakeover: false, windowBits: 15 },
    })
    client.send('a'.repeat(10_000))
    client.send('a'.repeat(10_001))
    await link.settle()
    expect(serverSide.messages).toEqual(['a'.repeat(10_000)])
    expect(clientSide.disconnect?.received).toEqual({
      code: 1009,
      reason: 'Message of 10001 bytes is over the limit of 10000 (option maxMessageBytes).',
    })
  })
})

describe('Close handshake', () => {
  test.each(['client', 'server'] as const)(
    'The %s closes: both sides learn code and reason, cleanly',
    async side => {
      const ends = connect()
      ends[side].close(4001, 'bye')
      expect(ends[side].readyState).toBe(ReadyState.Closing)
      await ends.link.settle()
      const other = side === 'client' ? ends.serverSide : ends.clientSide
      const own = side === 'client' ? ends.clientSide : ends.serverSide
      expect(other.disconnect).toMatchObject({ code: 4001, reason: 'bye', wasClean: true, by: 'peer' })
      expect(own.disconnect).toMatchObject({ code: 4001, wasClean: true, by: 'us', retry: 'no' })
      expect(ends.server.readyState).toBe(ReadyState.Closed)
    },
  )

  test('A close without a code is 1005 on both sides', async () => {
    const { link, client, clientSide, serverSide } = connect()
    client.close()
    await link.settle()
    expect(serverSide.disconnect).toMatchObject({ code: 1005, wasClean: true })
    expect(clientSide.disconnect).toMatchObject({ code: 1005, wasClean: true })
  })

  test('What was sent before close arrives before it, Blobs too', async () => {
    const { link, client, serverSide } = connect()
    client.send(new Blob(['last words']))
    client.close(1000)
    await link.settle()
    await link.settle()
    expect(serverSide.messages).toEqual([Buffer.from('last words')])
    expect(serverSide.disconnect).toMatchObject({ code: 1000, wasClean: true })
  })

  test('The server ends TCP at once after the handshake; the client waits for it', async () => {
    const { link, client } = connect()
    client.close(1000)
    await new Promise(resolve => setImmediate(resolve))
    link.client.deliver()
    expect(link.server.isEnded).toBe(true)
    link.server.deliver()
    expect(link.client.isEnded).toBe(false)
  })

  test("The handler is told the peer's close frame at once, if that began the closing", () => {
    const { link, client, server, clientSide, serverSide } = connect()
    client.close(4000, 'enough')
    client.flush()
    link.client.deliver()
    expect([clientSide.closedBy, serverSide.closedBy]).toEqual([undefined, { code: 4000, reason: 'enough' }])
    expect([clientSide.closings, serverSide.closings]).toEqual([1, 1])
    expect(server.readyState).toBe(ReadyState.Closing)
  })

  test('A peer that never answers the close frame is cut after closeTimeoutMs, with 1006', async () => {
    const { client, clientSide } = connect({ client: { closeTimeoutMs: 5_000 } })
    client.close(1000)
    tick(client, performance.now() + 4_900)
    await Promise.resolve()
    expect(clientSide.disconnect).toBeUndefined()
    tick(client, performance.now() + 5_001)
    await Promise.resolve()
    expect(clientSide.disconnect).toMatchObject({ code: 1006, wasClean: false, by: 'us' })
  })

  test('A peer that has taken everything and never answers is given no more time; one that still takes is', async () => {
    for (const isSlow of [false, true]) {
      const { link, client, clientSide } = connect({ client: { closeTimeoutMs: 5_000 } })
      client.send('x'.repeat(1_000))
      client.close(1000)
      await new Promise(resolve => setImmediate(resolve))
      if (!isSlow) link.client.deliver()
      tick(client, performance.now() + 100)
      link.client.deliver()
      tick(client, performance.now() + 5_001)
      await Promise.resolve()
      expect(clientSide.disconnect?.code).toBe(isSlow ? undefined : 1006)
    }
  })

  test('A side that does not read still closes cleanly; what it has not taken is dropped', async () => {
    const { link, server, client, serverSide } = connect()
    server.pause()
    client.send('unread')
    await link.settle()
    server.close(1000)
    client.send('late')
    await link.settle()
    expect(serverSide.messages).toEqual([])
    expect(serverSide.disconnect).toMatchObject({ code: 1000, wasClean: true })
  })

  test('Once a message was dropped while closing, no later one is delivered', async () => {
    const { link, server, client, serverSide } = connect()
    server.pause()
    server.close(1000)
    client.send('dropped')
    await new Promise(resolve => setImmediate(resolve))
    link.client.deliver()
    server.resume()
    client.send('would leave a gap')
    await link.settle()
    expect(serverSide.messages).toEqual([])
    expect(serverSide.disconnect).toMatchObject({ code: 1000, wasClean: true })
  })

  test('TCP that ends without a close frame is 1006 by the network', async () => {
    const { link, clientSide, serverSide } = connect()
    link.client.destroy(new Error('ECONNRESET'))
    await link.settle()
    expect(serverSide.disconnect).toMatchObject({ code: 1006, wasClean: false, by: 'network' })
    expect(clientSide.disconnect).toMatchObject({ error: { message: 'ECONNRESET' }, retry: 'now' })
  })

  test('Nothing is sent after the close frame, and send says so', async () => {
    const { link, server, clientSide } = connect()
    server.close(1000)
    expect(server.send('late')).toBe('refused')
    await link.settle()
    expect(server.send('later')).toBe('refused')
    expect(clientSide.messages).toEqual([])
  })
})

describe('Keepalive', () => {
  const keepalive = { intervalMs: 1_000, timeoutMs: 500 }

  test('An idle peer is pinged, answers, and the round-trip time is known', async () => {
    const { link, server, clientSide } = connect({ server: { keepalive } })
    tick(server, performance.now() + 1_000)
    await link.settle()
    expect(clientSide.pings).toHaveLength(1)
    expect(server.roundTripTimeMs).toBeTypeOf('number')
    tick(server, performance.now() + 1_400)
    expect(server.readyState).toBe(ReadyState.Open)
  })

  test('A peer that stays silent after the ping is given up with 1006', async () => {
    const { server, serverSide } = connect({ server: { keepalive } })
    const start = performance.now()
    tick(server, start + 1_000)
    tick(server, start + 1_499)
    expect(server.readyState).toBe(ReadyState.Open)
    tick(server, start + 1_501)
    await Promise.resolve()
    expect(serverSide.disconnect).toMatchObject({
      code: 1006,
      by: 'network',
      error: { code: 'BW_PEER_SILENT' },
    })
  })

  test('A connection that does not read by its own will never gives the peer up', async () => {
    const { server } = connect({ server: { keepalive } })
    server.pause()
    const start = performance.now()
    for (let at = 0; at < 10_000; at += 250) tick(server, start + at)
    expect(server.readyState).toBe(ReadyState.Open)
  })

  test('ping promises the round-trip time, and undefined when the connection ends first', async () => {
    const { link, client } = connect()
    const answered = client.ping(Buffer.from('one'))
    await link.settle()
    expect(await answered).toBeTypeOf('number')
    const lost = client.ping()
    client.terminate()
    expect(await lost).toBeUndefined()
    expect(await client.ping()).toBeUndefined()
  })
})

describe('Backpressure', () => {
  test('send answers false above the high-water mark, and drain follows once the peer has read', async () => {
    const { link, server, serverSide } = connect({ server: { highWaterMarkBytes: 100 } })
    link.client.isPaused = true
    expect(server.send('x'.repeat(50))).toBe('sent')
    expect(server.send('x'.repeat(50))).toBe('queued')
    await link.settle()
    expect(serverSide.drains).toBe(0)
    expect(server.bufferedAmount).toBe(104)
    link.client.isPaused = false
    await link.settle()
    expect(serverSide.drains).toBe(1)
    expect(server.bufferedAmount).toBe(0)
  })

  test('drain follows although the message became short when it was compressed', async () => {
    const { link, server, serverSide, clientSide } = connect({
      server: { compression: true },
      deflate: { noContextTakeover: true, windowBits: 15 },
    })
    expect(server.send('x'.repeat(1_000_000))).toBe('queued')
    while (clientSide.messages.length === 0) await link.settle()
    expect(serverSide.drains).toBe(1)
  })

  test('drain follows although the peer has read before the message is written', async () => {
    const { link, server, serverSide } = connect({ server: { highWaterMarkBytes: 100 } })
    link.client.isPaused = true
    expect(server.send('x'.repeat(60))).toBe('sent')
    await link.settle()
    expect(server.send('x'.repeat(60))).toBe('queued')
    link.client.isPaused = false
    link.server.deliver()
    await link.settle()
    expect(serverSide.drains).toBe(1)
  })

  test('A message dropped below the high-water mark is followed by drain, too', async () => {
    const { link, server, serverSide } = connect({
      server: { maxBufferedBytes: 1_000, whenBufferFull: 'drop' },
    })
    link.client.isPaused = true
    expect([1, 2, 3].map(() => server.send('x'.repeat(600)))).toEqual(['sent', 'queued', 'refused'])
    link.client.isPaused = false
    await link.settle()
    expect(serverSide.drains).toBe(1)
  })

  test('At maxBufferedBytes the connection closes with 1013 by policy', async () => {
    const { link, server, serverSide, clientSide } = connect({ server: { maxBufferedBytes: 1_000 } })
    link.client.isPaused = true
    for (let count = 0; count < 5; count++) server.send('x'.repeat(400))
    expect(server.readyState).toBe(ReadyState.Closing)
    link.client.isPaused = false
    await link.settle()
    expect(clientSide.messages).toHaveLength(3)
    expect(clientSide.disconnect).toMatchObject({ code: 1013 })
    expect(serverSide.disconnect).toMatchObject({ by: 'policy', error: { code: 'BW_SEND_QUEUE_FULL' } })
  })

  test('With whenBufferFull drop, messages over the bound are dropped and the rest arrives', async () => {
    const { link, server, clientSide } = connect({
      server: { maxBufferedBytes: 1_000, whenBufferFull: 'drop' },
    })
    link.client.isPaused = true
    for (let count = 0; count < 5; count++) server.send(`${count}`.repeat(400))
    link.client.isPaused = false
    await link.settle()
    server.send('after')
    await link.settle()
    expect(clientSide.messages.map(message => message.toString()[0])).toEqual(['0', '1', '2', 'a'])
  })

  test('Pings of a peer that does not read its pongs do not pile up: the latest is answered', async () => {
    const { link, server, client } = connect({ server: { highWaterMarkBytes: 10 } })
    link.client.isPaused = true
    server.send('x'.repeat(100))
    const before = link.server.queuedBytes
    const answers = Array.from({ length: 50 }, (_, at) => client.ping(Buffer.from(`ping ${at}`)))
    await link.settle()
    expect(link.server.queuedBytes - before).toBeLessThan(200)
    link.client.isPaused = false
    await link.settle()
    expect(await Promise.all(answers)).not.toContain(undefined)
  })

  test('The pong for an earlier ping does not come behind that for a later one', async () => {
    const deflate = { noContextTakeover: true, windowBits: 15 }
    const { link, server, client, clientSide } = connect({
      server: { highWaterMarkBytes: 500, compression: { thresholdBytes: 0 } },
      deflate,
    })
    // It counts with its own length until it has been read, and is short once it is compressed.
    const blob = new Blob(['x'.repeat(1_000)])
    let read = () => {}
    blob.arrayBuffer = () =>
      new Promise(resolve => {
        read = () => resolve(new ArrayBuffer(1_000))
      })
    server.send(blob)
    void client.ping(Buffer.from('earlier'))
    await link.settle()
    link.client.isPaused = true
    read()
    void client.ping(Buffer.from('later'))
    await link.settle()
    link.client.isPaused = false
    await link.settle()
    expect(clientSide.pongs.at(-1)).toBe('later')
  })

  test('pause keeps what comes, resume delivers it in order', async () => {
    const { link, server, client, serverSide } = connect()
    server.pause()
    for (let count = 0; count < 100; count++) client.send(`${count}`)
    await link.settle()
    expect(serverSide.messages).toEqual([])
    server.resume()
    await link.settle()
    expect(serverSide.messages).toEqual(Array.from({ length: 100 }, (_, at) => `${at}`))
  })
})
