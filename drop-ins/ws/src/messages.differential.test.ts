import { once } from 'node:events'
import { runInNewContext } from 'node:vm'
import { deflateRawSync } from 'node:zlib'
import { type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import {
  type Notes,
  noise,
  requestWith,
  type Stage,
  sameOnBoth,
  socketEvents,
  type Ws,
} from '@bothways/test-support/ws-differential'
import { describe } from 'vitest'

type Socket = InstanceType<Ws>

const deflate = {
  'Sec-WebSocket-Extensions': 'permessage-deflate; client_no_context_takeover; server_no_context_takeover',
}

/** A bare client of a server; the events of the server's socket are written down. */
async function open(
  stage: Stage,
  options: object = {},
  headers: Record<string, string> = {},
): Promise<{ peer: Awaited<ReturnType<Stage['connectRaw']>>; socket: Socket }> {
  const { wss, port } = await stage.serve(options)
  const connected = once(wss, 'connection')
  const peer = await stage.connectRaw(port, requestWith(headers))
  const [socket] = (await connected) as [Socket]
  await peer.head
  return { peer, socket }
}

/** Two sockets of the library, connected. */
async function pair(
  stage: Stage,
  serverOptions: object = {},
  clientOptions: object = {},
): Promise<{ server: Socket; client: Socket }> {
  const { wss, url } = await stage.serve(serverOptions)
  const connected = once(wss, 'connection')
  const client = stage.connect(url, clientOptions)
  const [[server]] = (await Promise.all([connected, once(client, 'open')])) as [[Socket], unknown]
  return { server, client }
}

const closeFrame: RawFrame = ['88 02', Buffer.from([3, 232])]

function deflated(text: string): Buffer {
  return deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4)
}

const frames: Record<string, readonly RawFrame[]> = {
  text: [['81 05', 'hello']],
  'empty text': [['81 00']],
  bytes: [['82 03', Buffer.from([1, 2, 3])]],
  'no bytes': [['82 00']],
  'Chinese text': [rawFrame('81', '你好，世界')],
  '200 bytes': [rawFrame('82', Buffer.alloc(200, 7))],
  '70,000 bytes': [rawFrame('82', Buffer.alloc(70_000, 7))],
  fragments: [
    ['01 01', 'a'],
    ['00 01', 'b'],
    ['80 01', 'c'],
  ],
  'fragments of bytes': [['02 01', 'a'], ['00 00'], ['80 01', 'c']],
  'a ping': [['89 02', 'hi']],
  'a ping without bytes': [['89 00']],
  'a pong': [['8a 02', 'hi']],
  'a ping amid a message': [
    ['01 01', 'a'],
    ['89 01', 'p'],
    ['80 01', 'b'],
  ],
  RSV1: [['c1 01', 'a']],
  RSV2: [['a1 01', 'a']],
  RSV3: [['91 01', 'a']],
  'opcode 3': [['83 00']],
  'opcode 11': [['8b 00']],
  'a continuation of nothing': [['80 00']],
  'a message in a message': [['01 00'], ['81 00']],
  'a fragmented ping': [['09 00']],
  'a compressed ping': [['c9 00']],
  'a long ping': [['89 7e 00 7e', Buffer.alloc(126)]],
  'a compressed continuation': [['01 00'], ['c0 00']],
  'a length above 2^53': [['82 7f 00 20 00 00 00 00 00 00']],
  'bad UTF-8': [['81 01', Buffer.from([0xff])]],
  'UTF-8 cut short': [['81 02', Buffer.from([0xe4, 0xbd])]],
  'a character in two fragments': [
    ['01 01', Buffer.from([0xc3])],
    ['80 01', Buffer.from([0xa9])],
  ],
  'a close without a code': [['88 00']],
  'a close of one byte': [['88 01', Buffer.from([3])]],
  'a close with a bad code': [['88 02', Buffer.from([3, 237])]],
  'a close with a reason': [['88 05', Buffer.from([3, 233, 98, 121, 101])]],
  'a close with a bad reason': [['88 03', Buffer.from([3, 232, 0xff])]],
  'a close with a code of the program': [['88 02', Buffer.from([0x0f, 0xa0])]],
  'what follows a close': [closeFrame, ['81 01', 'x']],
}

const servers: Record<string, [object, Record<string, string>?]> = {
  'by default': [{}],
  'that gives each event its turn': [{ allowSynchronousEvents: false }],
  'with compression': [{ perMessageDeflate: true }, deflate],
  'without auto pong': [{ autoPong: false }],
  'that does not check UTF-8': [{ skipUTF8Validation: true }],
  'with a small limit': [{ maxPayload: 4 }],
  'without a limit': [{ maxPayload: 0 }],
  'with few fragments': [{ maxFragments: 2 }],
}

describe.each(Object.entries(servers))('A server %s', (_, [options, headers]) => {
  for (const [name, sent] of Object.entries(frames)) {
    // The drop-in gives such a reason as text, with a replacement character.
    if (name === 'a close with a bad reason' && 'skipUTF8Validation' in options) continue
    sameOnBoth(`that gets ${name}`, async (stage, notes) => {
      const { peer } = await open(stage, options, headers)
      peer.write(...sent, closeFrame)
      notes.add('bytes', await stage.endOf(peer))
    })
  }
})

sameOnBoth('A close frame of one byte is refused at its header', async (stage, notes) => {
  const { peer } = await open(stage)
  peer.socket.write(Buffer.from([0x88, 0x81]))
  notes.add('bytes', await stage.endOf(peer))
})

sameOnBoth('No bytes are always the same object', async (stage, notes) => {
  const { peer, socket } = await open(stage)
  const given: unknown[] = []
  for (const event of ['message', 'ping', 'pong']) socket.on(event, data => given.push(data))
  socket.on('close', (_, reason) => given.push(reason))
  peer.write(['82 00'], ['81 00'], ['02 00'], ['80 00'], ['89 00'], ['8a 00'], ['88 00'])
  await stage.endOf(peer)
  notes.add('kinds', given.length, new Set(given).size)
})

describe('A server with compression', () => {
  const inflating: Record<string, readonly RawFrame[]> = {
    'a compressed message': [rawFrame('c1', deflated('hello'))],
    'a compressed message in fragments': [
      rawFrame('41', deflated('hello').subarray(0, 3)),
      rawFrame('80', deflated('hello').subarray(3)),
    ],
    'two messages': [rawFrame('c1', deflated('a')), rawFrame('c2', deflated('b'))],
    'a bomb': [rawFrame('c2', deflated('x'.repeat(100_000)))],
    'compressed bytes that are no text': [
      rawFrame('c1', deflateRawSync(Buffer.from([0xff]), { finishFlush: 2 }).subarray(0, -4)),
    ],
  }
  for (const [name, sent] of Object.entries(inflating)) {
    sameOnBoth(`that gets ${name}`, async (stage, notes) => {
      const { peer } = await open(stage, { perMessageDeflate: true, maxPayload: 50_000 }, deflate)
      peer.write(...sent, closeFrame)
      notes.add('bytes', await stage.endOf(peer))
    })
  }

  sameOnBoth('that gets what does not inflate', async (stage, notes) => {
    const { peer, socket } = await open(stage, { perMessageDeflate: true }, deflate)
    socket.removeAllListeners('error')
    socket.on('error', error =>
      notes.add('error', (error as NodeJS.ErrnoException).code, (error as { errno?: number }).errno),
    )
    peer.write(rawFrame('c1', Buffer.from([0xff, 0xff, 0xff])))
    notes.add('bytes', await stage.endOf(peer))
  })
})

describe('What a server sends', () => {
  const sends: Record<string, (socket: Socket, notes: Notes) => void> = {
    text: socket => socket.send('a'),
    'empty text': socket => socket.send(''),
    nothing: socket => (socket.send as (data?: unknown) => void)(),
    null: socket => (socket.send as (data?: unknown) => void)(null),
    'a number': socket => socket.send(42),
    zero: socket => socket.send(0),
    'a Buffer': socket => socket.send(Buffer.from('abc')),
    'an ArrayBuffer': socket => socket.send(new Uint8Array([1, 2]).buffer),
    'a view': socket => socket.send(new Uint16Array([1, 2]).subarray(1)),
    'an ArrayBuffer of another realm': socket =>
      socket.send(runInNewContext('new Uint8Array([1, 2]).buffer')),
    'a view of another realm': socket => socket.send(runInNewContext('new Uint8Array([1, 2])')),
    'shared memory': socket => socket.send(new SharedArrayBuffer(2)),
    'memory that was transferred': (socket, notes) => {
      const { buffer } = new Uint8Array([1, 2])
      const view = new Uint8Array(buffer)
      structuredClone(buffer, { transfer: [buffer] })
      for (const data of [buffer, view]) {
        try {
          socket.send(data)
        } catch (error) {
          notes.add('thrown', (error as Error).constructor.name)
        }
      }
    },
    'a DataView': socket => socket.send(new DataView(new ArrayBuffer(4), 1, 2)),
    'an array': socket => socket.send([1, 2, 3]),
    'a Blob': socket => socket.send(new Blob(['blob']) as never),
    'an object': (socket, notes) => {
      try {
        socket.send({} as never)
      } catch (error) {
        notes.add('thrown', (error as Error).constructor.name, (error as NodeJS.ErrnoException).code)
      }
    },
    'text as bytes': socket => socket.send('a', { binary: true }),
    'bytes as text': socket => socket.send(Buffer.from('a'), { binary: false }),
    'bytes as undefined': socket => socket.send(Buffer.from('a'), { binary: undefined }),
    masked: (socket, notes) => {
      socket.send('a', { mask: true })
      notes.add('masked', 'yes')
    },
    fragments: socket => {
      socket.send('a', { fin: false })
      socket.send('b', { fin: false, binary: true })
      socket.ping('p')
      socket.send('c', { fin: true })
    },
    'fragments and a plain end': socket => {
      socket.send('a', { fin: false })
      socket.send('b')
      socket.send('c')
    },
    'pings and pongs': socket => {
      socket.ping()
      socket.ping('text')
      socket.ping(Buffer.from('bytes'))
      socket.ping(1)
      socket.pong()
      socket.pong('text')
      socket.pong([1, 2])
    },
    'too long a ping': (socket, notes) => {
      for (const name of ['ping', 'pong'] as const) {
        try {
          socket[name](Buffer.alloc(126))
        } catch (error) {
          notes.add('thrown', error)
        }
      }
    },
    '70,000 bytes': socket => socket.send(Buffer.alloc(70_000, 1)),
    callbacks: (socket, notes) => {
      const tell = (name: string) => (error?: Error | null) =>
        notes.add('callback', name, error?.message ?? 'sent')
      socket.send('a', tell('a'))
      socket.send('b', {}, tell('b'))
      socket.ping(tell('ping'))
      // The types of ws do not have this.
      socket.ping('x', tell('ping x') as unknown as boolean)
      socket.pong('x', false, tell('pong x'))
      notes.add('buffered', socket.bufferedAmount)
    },
    'then ends the stream beneath': socket => {
      socket.send('a')
      ;(socket as unknown as { _socket: import('node:net').Socket })._socket.end()
    },
    'raw bytes between': socket => {
      socket.send('a')
      ;(socket as unknown as { _socket: import('node:net').Socket })._socket.write(
        Buffer.from([0x81, 1, 0x62]),
      )
      socket.send('c')
    },
    'frames made before': socket => {
      const { Sender } = socket.constructor as unknown as {
        Sender: { frame(data: Buffer, options: object): Buffer[] }
      }
      const frame = Sender.frame(Buffer.from('made'), {
        readOnly: false,
        mask: false,
        rsv1: false,
        opcode: 1,
        fin: true,
      })
      const { _sender } = socket as unknown as {
        _sender: { sendFrame(frame: Buffer[], callback?: () => void): void }
      }
      socket.send('a')
      _sender.sendFrame(frame)
      _sender.sendFrame(frame, () => {})
    },
  }
  for (const [name, send] of Object.entries(sends)) {
    sameOnBoth(name, async (stage, notes) => {
      const { peer, socket } = await open(stage)
      send(socket, notes)
      if (name === 'a Blob') await peer.bytes(6)
      socket.close(1000)
      socket.on('close', () => notes.add('buffered', socket.bufferedAmount))
      if (name !== 'then ends the stream beneath') {
        const isMasked = name === 'masked'
        await peer.bytes(isMasked ? 11 : 4)
        peer.write(closeFrame)
      }
      const bytes = await stage.endOf(peer)
      notes.add('bytes', name === 'masked' ? bytes.length : bytes)
    })
  }

  sameOnBoth('a message, then terminates', async (stage, notes) => {
    const { peer, socket } = await open(stage)
    socket.send('last words')
    socket.terminate()
    notes.add('state', socket.readyState)
    socket.send('later', error => notes.add('callback', error))
    notes.add('bytes', await stage.endOf(peer))
  })

  for (const compress of [true, false]) {
    sameOnBoth(`compressed messages (${compress})`, async (stage, notes) => {
      const { peer, socket } = await open(stage, { perMessageDeflate: { threshold: 5 } }, deflate)
      socket.send('aaaa', { compress })
      socket.send('a'.repeat(500), { compress })
      socket.send('aa', { compress, fin: false })
      socket.send('a'.repeat(500), { compress })
      socket.send('a'.repeat(500), { compress, fin: false })
      socket.send('aa', error => notes.add('callback', error?.message ?? 'sent'))
      const { client } = await pair(stage, { perMessageDeflate: true })
      notes.add('extensions', client.extensions)
      await peer.bytes(30)
      socket.close(1000)
      peer.write(closeFrame)
      notes.add('bytes', await peer.ended)
    })
  }
})

describe('Between a client and a server', () => {
  for (const type of ['nodebuffer', 'arraybuffer', 'fragments', 'blob', 'nonsense']) {
    sameOnBoth(`binaryType ${type}`, async (stage, notes) => {
      const { server, client } = await pair(stage)
      client.binaryType = type as 'nodebuffer'
      notes.add('type', client.binaryType)
      for (const data of [Buffer.from('bytes'), 'text', Buffer.alloc(0)]) server.send(data)
      const lengths: number[] = []
      client.onmessage = ({ data }) => lengths.push((data as Buffer).length ?? 0)
      server.close(1000)
      await stage.closed()
      notes.add('lengths', lengths)
    })
  }

  sameOnBoth('the WHATWG interface', async (stage, notes) => {
    const { server, client } = await pair(stage)
    const names = (event: object): string[] => {
      const found: string[] = []
      for (const name in event) found.push(name)
      return found.sort()
    }
    const handler = (event: object & { type?: string }): void => {
      notes.add('event', event.constructor.name, names(event), event.type)
    }
    const object = {
      handleEvent: (event: { data: unknown; target: unknown }) =>
        notes.add('object', event.data, event.target === client),
    }
    client.onmessage = handler
    client.onclose = handler
    client.addEventListener('message', handler)
    client.addEventListener('message', handler)
    client.addEventListener('message', handler, { once: true })
    client.addEventListener('message', object as never)
    client.addEventListener('close', event => notes.add('close', event.code, event.reason, event.wasClean))
    client.addEventListener('nonsense' as 'close', handler)
    notes.add(
      'listeners',
      client.listenerCount('message'),
      client.onmessage === handler,
      String(client.onopen),
    )
    notes.add('first', client.listeners('message').length)
    server.send('a')
    await once(client, 'message')
    client.removeEventListener('message', handler)
    client.removeEventListener('message', object as never)
    notes.add('listeners', client.listenerCount('message'))
    client.onmessage = null
    notes.add('listeners', client.listenerCount('message'), String(client.onmessage))
    client.onmessage = 'nonsense' as never
    notes.add('listeners', client.listenerCount('message'))
    server.close(4000, 'reason')
    await stage.closed()
  })

  sameOnBoth('an error as an event', async (stage, notes) => {
    const { url } = await stage.serveRaw(peer => peer.write(['83 00']))
    const client = stage.connect(url)
    client.addEventListener('error', event => notes.add('event', event.type, event.message, event.error))
    await stage.closed()
  })

  for (const [code, reason] of [
    [],
    [1000],
    [1001, 'going'],
    [3000, Buffer.from('bytes')],
    [4999, '界'.repeat(41)],
    [1000, ''],
  ] as [number?, string?][]) {
    sameOnBoth(`close(${code}, ${reason})`, async (stage, notes) => {
      const { server, client } = await pair(stage)
      client.close(code, reason)
      notes.add('state', client.readyState)
      client.close(1002)
      client.send('late', error => notes.add('callback', error))
      await stage.closed()
      notes.add('state', client.readyState, server.readyState)
      client.close()
      client.terminate()
    })
  }

  for (const args of [
    [999],
    [1005],
    [1006],
    [5000],
    ['1000'],
    [1000, 'x'.repeat(124)],
    [1000, ['a']],
    [null],
  ] as unknown as [number?, string?][]) {
    sameOnBoth(`close(${args}) is refused`, async (stage, notes) => {
      const { client } = await pair(stage)
      try {
        client.close(...args)
      } catch (error) {
        notes.add('thrown', error)
      }
      notes.add('state', client.readyState)
    })
  }

  sameOnBoth('both close at once', async (stage, notes) => {
    const { server, client } = await pair(stage)
    client.close(4001)
    server.close(4002)
    await stage.closed()
    notes.add('done', 'yes')
  })

  sameOnBoth('a client that goes', async (stage, notes) => {
    const { server, client } = await pair(stage)
    client.terminate()
    notes.add('state', client.readyState)
    await stage.closed()
    notes.add('state', server.readyState)
  })

  sameOnBoth('messages in the same write as the close', async (stage, notes) => {
    const { server, client } = await pair(stage)
    for (let count = 0; count < 5; count++) server.send(`${count}`)
    server.close(1000, 'done')
    client.on('message', () => notes.add('state', client.readyState))
    await stage.closed()
  })

  sameOnBoth('pause and resume', async (stage, notes) => {
    const { server, client } = await pair(stage)
    client.pause()
    notes.add('paused', client.isPaused)
    const order: string[] = []
    client.on('message', message => order.push(String(message)))
    await new Promise<void>(resolve => server.send('a', () => resolve()))
    order.push('resumed')
    client.resume()
    notes.add('paused', client.isPaused)
    await once(client, 'message')
    client.close()
    await stage.closed()
    client.resume()
    client.pause()
    notes.add('order', order, client.isPaused)
  })

  sameOnBoth('a message from inside a message', async (stage, notes) => {
    const { server, client } = await pair(stage)
    server.on('message', message => server.send(`${message}!`))
    client.send('a')
    client.send('b')
    let count = 0
    await new Promise<void>(resolve => client.on('message', () => ++count === 2 && resolve()))
    client.close(1000)
    await stage.closed()
    notes.add('done', 'yes')
  })

  sameOnBoth('an address that keeps its class', async (stage, notes) => {
    class Mine extends stage.WebSocket {}
    const { url } = await stage.serve({}, socket => socket.close())
    const mine = new Mine(url)
    notes.watch('mine', mine, socketEvents)
    await new Promise(resolve => mine.once('close', resolve))
    notes.add('class', mine instanceof stage.WebSocket, mine instanceof Mine)
  })

  sameOnBoth('keys that the program makes', async (stage, notes) => {
    const { url } = await stage.serveRaw(peer => {
      void peer.bytes(6 + 5 + 6).then(bytes => {
        notes.add('bytes', bytes)
        peer.socket.destroy()
      })
    })
    const client = stage.connect(url, {
      perMessageDeflate: false,
      generateMask: (mask: Buffer) => mask.set([1, 2, 3, 4]),
    })
    await once(client, 'open')
    client.send('hello')
    client.ping()
    await stage.closed()
  })

  for (const bytes of [1_000, 100_000, 1_000_000]) {
    sameOnBoth(`${bytes} bytes, compressed and not`, async (stage, notes) => {
      const { server, client } = await pair(stage, { perMessageDeflate: true })
      const random = noise(bytes)
      let equal = 0
      client.on('message', message => {
        if ((message as Buffer).equals(random)) equal++
        if (equal === 3) client.close(1000)
      })
      server.send(random)
      server.send(random, { compress: false })
      server.send(random)
      await stage.closed()
      notes.add('equal', equal)
    })
  }
})

describe('The socket under a socket', () => {
  sameOnBoth('that is paused does not keep it from going on', async (stage, notes) => {
    const { server, client } = await pair(stage)
    server.pause()
    notes.add('paused', server._socket?.isPaused())
    client.send('a'.repeat(1_000_000))
    client.send('b')
    await new Promise(resolve => setImmediate(resolve))
    server.resume()
    notes.add('paused', server._socket?.isPaused())
    client.close(4000)
    await stage.closed()
  })
})

describe('The end of a connection', () => {
  const acts: Record<string, (socket: Socket) => unknown> = {
    terminate: socket => socket.terminate(),
    close: socket => socket.close(4000),
    'the socket under it destroyed': socket => socket._socket?.destroy(),
  }
  for (const [name, act] of Object.entries(acts)) {
    for (const allowSynchronousEvents of [true, false]) {
      sameOnBoth(
        `comes behind what was read: ${name}, ${allowSynchronousEvents ? 'at once' : 'each in its turn'}`,
        async (stage, notes) => {
          const { peer, socket } = await open(stage, { allowSynchronousEvents })
          socket.once('message', () => act(socket))
          socket.on('message', () => notes.add('state', socket.readyState))
          peer.write(['81 01', '1'], ['81 01', '2'], ['89 00'], ['81 01', '3'], closeFrame)
          await stage.closed()
        },
      )
    }
  }

  sameOnBoth("is begun by the socket's own close, which a program may replace", async (stage, notes) => {
    const { WebSocket } = stage
    class Replaced extends WebSocket {
      override close(code?: number, reason?: string | Buffer): void {
        notes.add('close called', code, reason, this._closeCode, this._closeFrameReceived)
        setImmediate(() => {
          if (this.readyState === this.OPEN) this.send('last')
          super.close(code, reason)
        })
      }
    }
    const frames: RawFrame[] = [closeFrame, ['88 00'], ['88 04', Buffer.from([0x0f, 0xa0, 0x61, 0x62])]]
    for (const frame of frames) {
      const { peer } = await open(stage, { WebSocket: Replaced })
      peer.write(frame)
      notes.add('peer', await peer.ended)
    }
  })

  sameOnBoth("is begun by the socket's own close for a broken rule, too", async (stage, notes) => {
    const { peer, socket } = await open(stage, { maxPayload: 3 })
    const close = socket.close.bind(socket)
    socket.close = (...args) => {
      notes.add('close called', ...args)
      close(...args)
    }
    peer.write(['81 04', 'long'])
    notes.add('peer', await stage.endOf(peer))
  })
})

describe('A class of one more kind', () => {
  sameOnBoth('has names of its own', async (stage, notes) => {
    const { WebSocket } = stage
    class Client extends WebSocket {
      readonly _options = 'mine'
      readonly _connection = 'mine'
      readonly _handler = 'mine'
      readonly _stream = 'mine'
      readonly _transport = 'mine'
      _send(value: unknown): void {
        this.send(JSON.stringify(value))
      }
      _receive(): void {
        notes.add('received by the wrong name')
      }
      _refuse(): void {
        notes.add('refused by the wrong name')
      }
    }
    const { url } = await stage.serve({ WebSocket: Client }, socket =>
      socket.on('message', () => (socket as Client)._send(['answer'])),
    )
    const client = new Client(url)
    notes.watch('client', client, socketEvents)
    client.on('open', () => client._send(['question']))
    client.on('message', () => client.close(4000))
    await once(client, 'close')
    client.send('late')
    notes.add('late', client.bufferedAmount, client._options, client._connection)
    await stage.closed()
  })

  sameOnBoth('of server has names of its own', async (stage, notes) => {
    const { WebSocket } = stage
    class Server extends WebSocket.Server {
      readonly _verify = 'mine'
      readonly _refuse = 'mine'
      readonly _track = new Map()
      readonly _complete = false
      readonly _emitClose = 'mine'
    }
    const wss = new Server({ host: '127.0.0.1', port: 0 })
    await once(wss, 'listening')
    const client = stage.connect(`ws://127.0.0.1:${(wss.address() as { port: number }).port}`)
    client.on('open', () => client.close())
    await stage.closed()
    wss.close(error => notes.add('closed', error))
    await once(wss, 'close')
  })

  sameOnBoth('of options: none', async (stage, notes) => {
    const { client } = await pair(stage)
    for (const options of [null, true, 0, undefined]) {
      client.send('text', options as unknown as object, error => notes.add('callback', Boolean(error)))
    }
    client.close()
    await stage.closed()
  })
})

describe('The class', () => {
  sameOnBoth('has its constants and attributes as the original', async ({ WebSocket }, notes) => {
    for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']) {
      notes.add(
        name,
        Object.getOwnPropertyDescriptor(WebSocket, name),
        Object.getOwnPropertyDescriptor(WebSocket.prototype, name),
      )
    }
    for (const name of [
      'binaryType',
      'bufferedAmount',
      'extensions',
      'isPaused',
      'protocol',
      'readyState',
      'url',
      'onopen',
      'onclose',
      'onerror',
      'onmessage',
    ]) {
      const { get, set, enumerable, configurable } =
        Object.getOwnPropertyDescriptor(WebSocket.prototype, name) ?? {}
      notes.add(name, typeof get, typeof set, enumerable, configurable)
    }
    notes.add('statics', Object.keys(WebSocket).sort())
    notes.add(
      'same',
      WebSocket === WebSocket.WebSocket,
      WebSocket.Server === WebSocket.WebSocketServer,
      WebSocket.name,
      WebSocket.Server.name,
    )
    const socket = new (WebSocket as unknown as new (...args: unknown[]) => Socket)(null, undefined, {})
    notes.add('null', socket.readyState, socket.url, socket.protocol)
  })
})
