import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { framesTo, type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import { type Notes, sameOnBoth, type Ws } from '@bothways/test-support/ws-differential'
import { describe } from 'vitest'

/** Does something, and writes down what it gives or throws. */
function note(notes: Notes, who: string, work: () => unknown): void {
  try {
    notes.add(who, work())
  } catch (error) {
    notes.add(who, 'thrown', error)
  }
}

describe('subprotocol.parse', () => {
  for (const header of [
    '',
    'a',
    'a,b',
    'a, b\t,c',
    ' a',
    'a ',
    'a,',
    'a,,b',
    ',a',
    'a b',
    'a,a',
    'a;b',
    'a\u00e9',
    'a, b ,',
  ]) {
    sameOnBoth(JSON.stringify(header), async ({ WebSocket }, notes) => {
      note(notes, 'parsed', () => WebSocket.subprotocol.parse(header))
    })
  }
})

describe('extension', () => {
  const headers = [
    '',
    'foo',
    'foo,',
    'foo,,bar',
    ' foo',
    'foo ',
    'foo, bar',
    'foo;',
    'foo;bar',
    'foo; bar ; baz',
    'foo; bar=1; bar=2; baz',
    'foo; bar="1"',
    'foo; bar="a\\b\\c"',
    'foo; bar=""',
    'foo; bar="a b"',
    'foo; bar="a',
    'foo; bar="a\\',
    'foo; bar="a"b',
    'foo; bar= 1',
    'foo; bar =1',
    'foo; bar=1 ',
    'foo; bar=1, foo; baz, x',
    'foo; =',
    'foo; bar=;',
    'foo bar',
    'f<oo',
    'foo; b<ar',
    'foo; bar=b<az',
    'permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate',
  ]
  for (const header of headers) {
    sameOnBoth(`parse(${JSON.stringify(header)})`, async ({ WebSocket }, notes) => {
      note(notes, 'parsed', () => JSON.stringify(WebSocket.extension.parse(header)))
    })
  }

  for (const extensions of [
    {},
    { foo: {} },
    { foo: { bar: true, baz: 1 } },
    { foo: [{ a: ['x', true] }, {}], bar: { b: 'c' } },
  ]) {
    sameOnBoth(`format(${JSON.stringify(extensions)})`, async ({ WebSocket }, notes) => {
      note(notes, 'formatted', () => WebSocket.extension.format(extensions as never))
    })
  }
})

describe('PerMessageDeflate', () => {
  const inits: object[] = [
    {},
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    { serverNoContextTakeover: false, clientNoContextTakeover: false },
    { serverMaxWindowBits: 10, clientMaxWindowBits: 11 },
    { serverMaxWindowBits: false, clientMaxWindowBits: false },
    { clientMaxWindowBits: true },
    { threshold: 5 },
  ]
  const headers = [
    'permessage-deflate',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=10',
    'permessage-deflate; client_max_window_bits=15; server_max_window_bits=9',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    'permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=12',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; client_max_window_bits=16',
    'permessage-deflate; client_no_context_takeover=1',
    'permessage-deflate; x',
    'permessage-deflate; server_max_window_bits=9; server_max_window_bits=9',
  ]
  for (const init of inits) {
    for (const isServer of [true, false]) {
      sameOnBoth(
        `as ${isServer ? 'server' : 'client'} with ${JSON.stringify(init)}`,
        async ({ WebSocket }, notes) => {
          const make = () => new WebSocket.PerMessageDeflate({ ...init, isServer })
          note(notes, 'offer', () => JSON.stringify(make().offer()))
          for (const header of headers) {
            note(notes, header, () => {
              const deflate = make()
              const given = WebSocket.extension.parse(header)['permessage-deflate'] ?? []
              const params = deflate.accept(given)
              return JSON.stringify(Object.entries(params).sort())
            })
          }
        },
      )
    }
  }

  for (const header of [
    'permessage-deflate',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  ]) {
    sameOnBoth(`compresses and inflates with ${header}`, async ({ WebSocket }, notes) => {
      const [server, client] = [true, false].map(isServer => {
        const deflate = new WebSocket.PerMessageDeflate({ isServer, threshold: 0, maxPayload: 5_000 })
        deflate.accept(WebSocket.extension.parse(header)['permessage-deflate'] ?? [])
        return deflate
      }) as [InstanceType<Ws['PerMessageDeflate']>, InstanceType<Ws['PerMessageDeflate']>]
      const call = (
        work: (callback: (error: Error | null, result?: Buffer) => void) => void,
      ): Promise<Buffer> =>
        new Promise((resolve, reject) =>
          work((error, result) => (error ? reject(error) : resolve(result ?? Buffer.alloc(0)))),
        )
      for (const message of ['hello', 'hello', '', 'x'.repeat(2_000)]) {
        const deflated = await call(done => server.compress(Buffer.from(message), true, done))
        notes.add('deflated', deflated)
        notes.add('inflated', await call(done => client.decompress(deflated, true, done)))
      }
      const halves = [
        await call(done => server.compress('one', false, done)),
        await call(done => server.compress('two', true, done)),
      ]
      const parts = [
        await call(done => client.decompress(halves[0]!, false, done)),
        await call(done => client.decompress(halves[1]!, true, done)),
      ]
      notes.add('parts', Buffer.concat(parts).toString())
      const bomb = await call(done => server.compress('x'.repeat(6_000), true, done))
      await call(done => client.decompress(bomb, true, done)).catch(error => notes.add('error', error))
      server.cleanup()
      client.cleanup()
    })
  }
})

describe('Sender', () => {
  const frames: Record<string, [Buffer | string, object]> = {
    text: ['text', { opcode: 1, fin: true }],
    bytes: [Buffer.from('bytes'), { opcode: 2, fin: true, readOnly: true }],
    nothing: [Buffer.alloc(0), { opcode: 2, fin: true }],
    'a fragment': [Buffer.from('a'), { opcode: 1, fin: false, rsv1: true }],
    '126 bytes': [Buffer.alloc(126, 1), { opcode: 2, fin: true }],
    '65,536 bytes': [Buffer.alloc(65_536, 1), { opcode: 2, fin: true }],
    masked: [
      Buffer.from('bytes'),
      {
        opcode: 2,
        fin: true,
        mask: true,
        readOnly: true,
        generateMask: (mask: Buffer) => mask.set([1, 2, 3, 4]),
      },
    ],
    'masked in place': [
      Buffer.from('bytes'),
      {
        opcode: 2,
        fin: true,
        mask: true,
        readOnly: false,
        generateMask: (mask: Buffer) => mask.set([1, 2, 3, 4]),
      },
    ],
    'masked with nothing': [
      Buffer.from('bytes'),
      { opcode: 2, fin: true, mask: true, readOnly: true, generateMask: (mask: Buffer) => mask.fill(0) },
    ],
  }
  for (const [name, [data, options]] of Object.entries(frames)) {
    sameOnBoth(`frame of ${name}`, async ({ WebSocket }, notes) => {
      const copy = typeof data === 'string' ? data : Buffer.from(data)
      const pieces = WebSocket.Sender.frame(copy, options as never)
      notes.add('pieces', pieces.length, Buffer.concat(pieces))
      notes.add('data', copy)
    })
  }

  sameOnBoth('writes to a stream in order', async ({ WebSocket }, notes) => {
    const stream = new PassThrough()
    const deflate = new WebSocket.PerMessageDeflate({ isServer: true, threshold: 5 })
    deflate.accept(
      WebSocket.extension.parse('permessage-deflate; server_no_context_takeover')['permessage-deflate'] ?? [],
    )
    const sender = new WebSocket.Sender(stream, { 'permessage-deflate': deflate })
    const done: string[] = []
    const tell = (name: string) => () => void done.push(name)
    sender.send('abc', { fin: true, binary: false }, tell('abc'))
    sender.send('x'.repeat(50), { fin: true, binary: true, compress: true }, tell('compressed'))
    sender.send(Buffer.from('tiny'), { fin: true, binary: true, compress: true }, tell('tiny'))
    sender.ping('ping', false, tell('ping'))
    sender.send('a', { fin: false }, tell('a'))
    sender.send([1, 2], { fin: true }, tell('b'))
    sender.pong(Buffer.from('pong'), false, tell('pong'))
    const closed = new Promise<void>(resolve => sender.close(1000, 'bye', false, () => resolve()))
    await closed
    notes.add('bytes', stream.read())
    notes.add('done', done)
    note(notes, 'ping', () => sender.ping(Buffer.alloc(126)))
    note(notes, 'close', () => sender.close(1))
    note(notes, 'close', () => sender.close(1000, 'x'.repeat(124)))
  })
})

describe('Receiver', () => {
  const inputs: Record<string, readonly RawFrame[]> = {
    messages: [['81 01', 'a'], ['82 01', 'b'], ['82 00'], ['81 00']],
    fragments: [['01 01', 'a'], ['89 01', 'p'], ['80 01', 'b'], ['8a 00']],
    'a close': [
      ['88 05', Buffer.from([3, 232, 98, 121, 101])],
      ['81 01', 'x'],
    ],
    'a close without a code': [['88 00']],
    'a bad opcode': [['83 00']],
    'bad text': [['81 01', Buffer.from([0xff])]],
    'too long': [rawFrame('82', Buffer.alloc(100))],
    'too many fragments': [['01 00'], ['00 00'], ['00 00'], ['00 00'], ['80 00']],
    compressed: [rawFrame('c1', Buffer.from([0x4a, 0x04, 0x00])), ['81 01', 'b']],
    'compressed badly': [rawFrame('c1', Buffer.from([0xff, 0xff, 0xff]))],
  }
  for (const isServer of [true, false]) {
    for (const options of [{}, { allowSynchronousEvents: false }, { binaryType: 'arraybuffer' as const }]) {
      for (const [name, frames] of Object.entries(inputs)) {
        sameOnBoth(
          `${isServer ? 'of a server' : 'of a client'} with ${JSON.stringify(options)} reads ${name}`,
          async ({ WebSocket }, notes) => {
            const deflate = new WebSocket.PerMessageDeflate({ isServer })
            deflate.accept(WebSocket.extension.parse('permessage-deflate')['permessage-deflate'] ?? [])
            const receiver = new WebSocket.Receiver({
              ...options,
              isServer,
              maxPayload: 50,
              maxFragments: 4,
              extensions: { 'permessage-deflate': deflate },
            })
            notes.watch('receiver', receiver, ['message', 'ping', 'pong', 'conclude'])
            receiver.on('error', error =>
              notes.add('receiver', (error as NodeJS.ErrnoException).code, error.constructor.name),
            )
            const bytes = framesTo(isServer ? 'server' : 'client', frames)
            const ended = new Promise<void>(resolve => {
              receiver.once('error', () => resolve())
              receiver.once('finish', () => resolve())
            })
            receiver.write(Buffer.from(bytes.subarray(0, 3)))
            receiver.write(Buffer.from(bytes.subarray(3)))
            if (!name.includes('close')) receiver.end()
            await ended
            notes.add('ended', receiver.writableFinished)
          },
        )
      }
    }
  }
})

describe('createWebSocketStream', () => {
  type Streams = { near: import('node:stream').Duplex; far: InstanceType<Ws> }

  const withStream = (
    name: string,
    use: (streams: Streams, notes: Notes) => Promise<unknown>,
    options: object = {},
  ): void =>
    sameOnBoth(name, async (stage, notes) => {
      const { wss, url } = await stage.serve()
      const connected = once(wss, 'connection')
      const client = stage.connect(url)
      const near = stage.WebSocket.createWebSocketStream(client, options)
      notes.watch('stream', near, ['data', 'end', 'finish', 'close', 'error'])
      near.once('end', () => near.end())
      const [far] = await connected
      await use({ near, far }, notes)
      await stage.closed()
      if (!near.closed) await new Promise(resolve => near.once('close', resolve))
      notes.add('destroyed', near.destroyed)
    })

  withStream('writes before the socket is open', async ({ near, far }) => {
    near.write('one')
    near.write(Buffer.from('two'))
    near.end('three')
    near.resume()
    await once(far, 'close')
  })

  withStream('reads until the other side closes', async ({ far }) => {
    far.send('a')
    far.send(Buffer.from('b'))
    far.close(1000)
  })

  withStream(
    'reads text as text in object mode',
    async ({ near, far }, notes) => {
      near.on('data', chunk => notes.add('type', typeof chunk))
      far.send('text')
      far.send(Buffer.from('bytes'))
      await once(near, 'data')
      near.end()
    },
    { readableObjectMode: true, encoding: undefined },
  )

  withStream('is destroyed', async ({ near }) => {
    await new Promise(resolve => setImmediate(resolve))
    near.destroy()
  })

  withStream('is destroyed with an error', async ({ near }) => {
    near.destroy(new Error('mine'))
  })

  withStream('ends with the network', async ({ far }) => {
    far.terminate()
  })

  withStream('waits for a slow reader', async ({ near, far }, notes) => {
    near.removeAllListeners('data')
    near.pause()
    const total = 1_000_000
    far.send(Buffer.alloc(total, 1))
    far.send(Buffer.alloc(total, 2))
    far.close(1000)
    let bytes = 0
    near.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    near.resume()
    await once(near, 'end')
    notes.add('bytes', bytes)
  })

  withStream('sends in order under load', async ({ near, far }, notes) => {
    let bytes = 0
    far.on('message', message => {
      bytes += (message as Buffer).length
    })
    for (let count = 0; count < 100; count++) {
      if (!near.write(Buffer.alloc(10_000, count))) await once(near, 'drain')
    }
    near.end()
    await once(far, 'close')
    notes.add('bytes', bytes)
  })
})
