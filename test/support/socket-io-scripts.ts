import { setTimeout as delay } from 'node:timers/promises'
import type { ServerOptions } from '../../drop-ins/socket.io/src/index.ts'
import type { RawClient, Scene, Script } from './socket-io-scene.ts'

export interface Case {
  readonly options?: Partial<ServerOptions>
  readonly script: Script
}

const recovery = { connectionStateRecovery: {} }

function echo({ io, note }: Scene, namespace = '/'): void {
  io.of(namespace).on('connection', socket => {
    note('connection', socket.nsp.name, socket.connected)
    socket.onAny((...args) => note('heard', args))
    socket.on('echo', (...args) => socket.emit('echo', ...args))
    socket.on('disconnecting', reason => note('disconnecting', reason, socket.rooms.size))
    socket.on('disconnect', reason => note('disconnect', reason, socket.rooms.size, socket.connected))
    socket.on('error', error => note('error', error))
  })
}

/** A client sends this, which the protocol forbids. */
function bad(...messages: (string | Uint8Array)[]): Case {
  return {
    script: async scene => {
      echo(scene)
      const client = await scene.join()
      await client.send(messages)
      await client.closed()
      await scene.noted(3)
    },
  }
}

/** The server sends this. */
function emits(...args: unknown[]): Case {
  return {
    script: async ({ io, join, note }) => {
      io.on('connection', socket => {
        try {
          socket.emit(...(args as [string]))
        } catch (error) {
          note(error)
        }
        socket.emit('end')
      })
      const client = await join()
      while (!client.frames.at(-1)?.includes('"end"')) await client.until(client.frames.length + 1)
    },
  }
}

/** The client sends this, which the server hears. */
function hears(...messages: (string | Uint8Array)[]): Case {
  return {
    script: async scene => {
      echo(scene)
      const client = await scene.join()
      await client.send([...messages, '42["echo"]'], 1)
    },
  }
}

/** Several clients, known by their numbers, in rooms with their numbers and one in `even` or `odd`. */
async function inRooms(
  { io, join, note }: Scene,
  act: (scene: Scene['io'], ids: string[]) => unknown,
): Promise<void> {
  const ids: string[] = []
  io.on('connection', async socket => {
    ids.push(socket.id)
    await socket.join([`room ${ids.length}`, ids.length % 2 ? 'odd' : 'even', 'all'])
    socket.data.number = ids.length
    socket.on('disconnect', reason => note('disconnect', reason))
  })
  const clients: RawClient[] = []
  for (let i = 0; i < 4; i++) clients.push(await join())
  await act(io, ids)
  io.emit('end')
  await Promise.all(
    clients.map(async it => {
      while (!ends.has(it.frames.at(-1)!)) await it.until(it.frames.length + 1)
    }),
  )
}

function rooms(act: (io: Scene['io'], ids: string[], note: Scene['note']) => unknown): Case {
  return { script: scene => inRooms(scene, (io, ids) => act(io, ids, scene.note)) }
}

function offsetOf(frame: string | undefined): string {
  return (JSON.parse(frame!.slice(frame!.indexOf('['))) as string[]).at(-1)!
}

function pidOf(frame: string | undefined): string {
  return (JSON.parse(frame!.slice(frame!.indexOf('{'))) as { pid: string }).pid
}

/** What a client in {@link inRooms} gets last. */
const ends = new Set(['42["end"]', '41', 'closed'])

/** A client goes, something happens, and it comes back. */
function comesBack(
  change: (auth: { pid: string; offset: string }) => object = auth => auth,
  how: 'terminate' | 'leave' = 'terminate',
): Case {
  return {
    options: recovery,
    script: async ({ io, join, note, noted }) => {
      io.use((_socket, next) => {
        note('middleware')
        next()
      })
      io.on('connection', async socket => {
        note('connection', socket.recovered, socket.rooms.size, socket.data)
        socket.data.seen = true
        await socket.join('room')
        socket.on('disconnect', reason => note('disconnect', reason))
        if (!socket.recovered) socket.emit('welcome', 1)
      })
      const first = await join()
      const [, connected, welcome] = await first.until(3)
      const auth = change({ pid: pidOf(connected), offset: offsetOf(welcome) })
      if (how === 'leave') await first.send(['41'])
      else first.terminate()
      await noted(3)
      io.emit('all', 1)
      io.to('room').emit('room', Buffer.from([2]))
      io.to('other').emit('other', 3)
      io.except('room').emit('except', 4)
      io.volatile.emit('volatile', 5)
      const second = await join('/', auth)
      io.emit('end')
      while (!second.frames.some(it => it.includes('"end"'))) await second.until(second.frames.length + 1)
    },
  }
}

/** What is done, by what it shows. */
export const cases: Readonly<Record<string, Case>> = {
  'the namespace / is joined': {
    script: async scene => {
      echo(scene)
      await scene.join()
    },
  },
  'the namespace / is joined with auth': {
    script: async ({ io, join, note }) => {
      io.on('connection', ({ handshake }) => note(handshake.auth, handshake.xdomain, handshake.secure))
      await join('/', { token: 'x', deep: { a: [1] } })
    },
  },
  'the handshake has what the request had': {
    script: async ({ io, open, note }) => {
      io.on('connection', ({ handshake, request, conn }) => {
        note(handshake.query, handshake.url, Object.keys(handshake).sort(), handshake.address)
        note(
          typeof handshake.time,
          typeof handshake.issued,
          request.method,
          conn.transport.name,
          conn.protocol,
        )
      })
      const client = await open({ query: '&a=1&b=%20x' })
      await client.send(['40'], 1)
    },
  },
  'another namespace is joined': {
    script: async scene => {
      echo(scene, '/chat')
      const client = await scene.join('/chat')
      await client.send(['42/chat,["echo",1]'], 1)
    },
  },
  'several namespaces on one connection': {
    script: async scene => {
      echo(scene)
      echo(scene, 'one')
      echo(scene, '/two')
      const client = await scene.join()
      await client.send(['40/one,', '40/two,'], 2)
      await client.send(['42/one,["echo",1]', '42/two,["echo",2]', '42["echo",0]'], 3)
      await client.send(['41/one,', '42/two,["echo",3]'], 1)
    },
  },
  'a namespace that there is not': { script: async scene => void (await scene.join('/none')) },
  'the namespace / is not joined while another is': {
    script: async scene => {
      echo(scene, '/chat')
      const client = await scene.join('/chat')
      await client.send(['42["echo",1]'])
      await client.closed()
    },
  },
  'a middleware refuses with data': {
    script: async ({ io, join }) => {
      io.use((_socket, next) => next(Object.assign(new Error('no'), { data: { why: [1] } })))
      await join()
    },
  },
  'a middleware refuses without data': {
    script: async ({ io, join, note }) => {
      io.use((socket, next) => {
        note(socket.connected, socket.rooms.size)
        next(new Error('no'))
      })
      io.on('connection', () => note('never'))
      await join()
    },
  },
  'middlewares run in order, until one refuses': {
    script: async ({ io, join, note }) => {
      io.of('/x').use((socket, next) => {
        note('one', socket.handshake.auth)
        setImmediate(next)
      })
      io.of('/x').use((socket, next) => {
        note('two')
        next(socket.handshake.auth.ok ? undefined : new Error('two'))
      })
      io.of('/x').use((_socket, next) => {
        note('three')
        next()
      })
      await join('/x', { ok: false })
      await join('/x', { ok: true })
    },
  },
  'a refused client comes again on the same connection': {
    script: async ({ io, open, note }) => {
      io.use(({ handshake }, next) => next(handshake.auth.ok ? undefined : new Error('no')))
      io.on('connection', () => note('connection'))
      const client = await open()
      await client.send(['40'], 1)
      await client.send(['40{"ok":true}'], 1)
    },
  },
  'a client goes while a middleware thinks': {
    script: async ({ io, open, note, noted }) => {
      io.use((socket, next) => {
        socket.conn.on('close', reason => {
          note(reason)
          next()
          setImmediate(() => setImmediate(() => note('over', io.sockets.sockets.size)))
        })
        note('middleware')
      })
      io.on('connection', () => note('never'))
      const client = await open()
      await client.send(['40'])
      await noted(1)
      client.close()
      await noted(3)
    },
  },
  'an event with every kind of value': hears('42["e",1,"two",null,true,{"a":[{"b":""}]},[]]'),
  'an event without arguments': hears('42["e"]'),
  'an event with a number as name': hears('42[7,1]'),
  'an event with bytes': hears('451-["e",{"_placeholder":true,"num":0}]', new Uint8Array([1, 2])),
  'an event with several attachments': hears(
    '452-["e",[{"_placeholder":true,"num":1}],{"deep":{"_placeholder":true,"num":0}}]',
    new Uint8Array([1]),
    new Uint8Array([2]),
  ),
  'an event with an unused placeholder': hears('42["e",{"_placeholder":true,"num":0}]'),
  'a name with a comma and digits': hears('42["1,2[","x"]'),
  'an acknowledgement that nobody waits for': hears('4399[1]'),
  'an event of type binary with one attachment used twice': hears(
    '451-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]',
    new Uint8Array([5]),
  ),
  'emits every kind of value': emits(
    'e',
    1,
    'two',
    null,
    undefined,
    true,
    { a: [{ b: '' }] },
    [],
    Number.NaN,
  ),
  'emits bytes': emits('e', Buffer.from([1]), { deep: [new Uint8Array([2]), new Uint8Array([3]).buffer] }),
  'emits bytes of a view': emits('e', new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)),
  'emits dates and toJSON': emits(
    'e',
    new Date(0),
    { toJSON: () => ({ bytes: Buffer.from([7]) }) },
    { toJSON: () => 5 },
  ),
  'emits what is empty for JSON': emits('e', new Map([[1, 2]]), new Set([1]), { a: undefined, b: () => 1 }),
  'emits an inherited property': emits('e', Object.create({ a: Buffer.from([1]) }) as object),
  'does not emit connect': emits('connect'),
  'does not emit connect_error': emits('connect_error'),
  'does not emit disconnect': emits('disconnect'),
  'does not emit disconnecting': emits('disconnecting'),
  'does not emit newListener': emits('newListener'),
  'emits a name with special characters': emits('ä"\\[,1\u2028', 'x'),
  'emits a number as name': emits(3 as never, 'x'),
  'the server acknowledges': {
    script: async ({ io, join, note }) => {
      io.on('connection', socket => {
        socket.on('ask', (...args) => {
          note(args)
          const ack = args.at(-1) as (...args: unknown[]) => void
          ack('one', { two: Buffer.from([2]) })
          ack('twice')
        })
      })
      const client = await join()
      await client.send(['420["ask",1]'], 2)
      await client.send(['42123456["ask"]'], 2)
    },
  },
  'the server acknowledges in a namespace, without arguments': {
    script: async ({ io, join }) => {
      io.of('/a').on('connection', socket => void socket.on('ask', ack => ack()))
      await (await join('/a')).send(['42/a,7["ask"]'], 1)
    },
  },
  'the client acknowledges': {
    script: async ({ io, join, note, noted }) => {
      io.on('connection', socket => {
        socket.emit('ask', 1, (...args: unknown[]) => note('first', args))
        socket.emit('ask', 2, (...args: unknown[]) => note('second', args))
      })
      const client = await join()
      await client.until(4)
      await client.send([
        '431["b",1]',
        '461-0[{"_placeholder":true,"num":0}]',
        new Uint8Array([9]),
        '430["twice"]',
      ])
      await noted(2)
    },
  },
  'acknowledgements are promised': {
    script: async ({ io, join, note, noted }) => {
      io.on('connection', async socket => {
        note(await socket.emitWithAck('ask', 1))
        note(await socket.timeout(10_000).emitWithAck('ask', 2))
        note(
          await socket
            .timeout(20)
            .emitWithAck('ask', 3)
            .catch(error => error),
        )
      })
      const client = await join()
      await client.until(3)
      await client.send(['430["a","b"]'], 1)
      await client.send(['431["c"]'], 1)
      await noted(3)
    },
  },
  'an acknowledgement that is late or absent': {
    script: async ({ io, join, note, noted }) => {
      io.on('connection', socket => {
        socket.timeout(20).emit('ask', 1, (...args: unknown[]) => note('one', args))
        socket.timeout(10_000).emit('ask', 2, (...args: unknown[]) => note('two', args))
      })
      const client = await join()
      await client.until(4)
      await noted(1)
      await client.send(['430["late"]', '431["in time"]'])
      await noted(2)
    },
  },
  'everybody acknowledges': rooms(async (io, _ids, note) => {
    note(await io.timeout(50).to('nobody').emitWithAck('ask'))
    note(
      await io
        .timeout(20)
        .emitWithAck('ask', 1)
        .catch(error => [error, error.responses]),
    )
    await new Promise<void>(resolve =>
      io
        .timeout(20)
        .to('odd')
        .emit('ask', 2, (...args: unknown[]) => resolve(note(args))),
    )
  }),
  'a broadcast is acknowledged by everybody': {
    script: async ({ io, join, note, noted }) => {
      const clients = [await join(), await join()]
      io.timeout(10_000).emit('ask', (...args: unknown[]) => note(args))
      await Promise.all(clients.map(it => it.until(3)))
      await clients[0]!.send(['430["a"]', '42["x"]'])
      while (io.sockets.sockets.values().next().value === undefined) await delay(1)
      await delay(20)
      await clients[1]!.send(['430["b"]'])
      await noted(1)
    },
  },
  'rooms: to one': rooms(io => io.to('room 1').emit('e', 1)),
  'rooms: to several, once each': rooms(io => io.to('odd').to(['all', 'room 1']).emit('e')),
  'rooms: except': rooms(io => io.except('odd').emit('e', Buffer.from([1]))),
  'rooms: to and except': rooms(io => io.in('all').except(['room 1', 'even']).emit('e')),
  'rooms: to nobody': rooms(io => io.to('nobody').emit('e')),
  'rooms: flags': rooms(io => {
    io.local.emit('local')
    io.compress(false).emit('uncompressed')
    io.volatile.emit('volatile')
    io.send('message', 1)
    io.write('message', 2)
  }),
  'rooms: by a socket': rooms((io, ids) => {
    const socket = io.sockets.sockets.get(ids[0]!)!
    socket.broadcast.emit('broadcast')
    socket.to('odd').emit('to')
    socket.in('even').except('room 2').emit('in')
    socket.except('room 3').emit('except')
    socket.local.emit('local')
    socket.volatile.emit('volatile')
    socket.compress(false).emit('uncompressed')
    socket.send('message')
    socket.write('message')
  }),
  'rooms: joined and left for others': rooms(async (io, ids, note) => {
    io.in('odd').socketsJoin(['new', 'newer'])
    io.in('room 1').socketsLeave('new')
    io.to('new').emit('new')
    io.to('newer').emit('newer')
    note([...io.sockets.adapter.rooms.keys()].filter(it => !ids.includes(it)))
    const sockets = await io.in('new').fetchSockets()
    note(sockets.map(it => [it.data, it.rooms.size]))
    note((await io.fetchSockets()).length, (await io.to('even').allSockets()).size)
  }),
  'rooms: everybody is disconnected': rooms(io => io.disconnectSockets()),
  'rooms: some are cut off': rooms(io => io.in('odd').disconnectSockets(true)),
  'rooms: events of the adapter': rooms((io, ids, note) => {
    for (const event of ['create-room', 'join-room', 'leave-room', 'delete-room']) {
      io.sockets.adapter.on(event, (room, id) => note(event, room, ids.indexOf(id)))
    }
    const socket = io.sockets.sockets.get(ids[0]!)!
    void socket.join('a')
    void socket.join(['a', 'b'])
    void socket.leave('a')
    void socket.leave('a')
    void socket.leave('never')
    note(socket.rooms.size)
  }),
  'listeners of everything': {
    script: async ({ io, join, note }) => {
      io.on('connection', socket => {
        const off = (...args: unknown[]): void => note('off', args)
        socket.onAny((...args) => note('second', args))
        socket.prependAny((...args) => note('first', args))
        socket.onAny(off)
        socket.offAny(off)
        socket.onAnyOutgoing((...args) => note('out second', args))
        socket.prependAnyOutgoing((...args) => note('out first', args))
        socket.onAnyOutgoing(off)
        socket.offAnyOutgoing(off)
        note(socket.listenersAny().length, socket.listenersAnyOutgoing().length)
        socket.on('e', (...args) => {
          note('listener', args)
          socket.emit('answer', 1, () => {})
          io.emit('all', Buffer.from([1]))
        })
        socket.on('stop', () => {
          socket.offAny()
          socket.offAnyOutgoing()
          socket.emit('silent')
        })
      })
      const client = await join()
      await client.send(['42["e",1]'], 3)
      await client.send(['420["stop"]'], 1)
      await client.send(['42["e",2]'], 3)
    },
  },
  'middlewares of a socket': {
    script: async scene => {
      echo(scene)
      scene.io.on('connection', socket => {
        socket.use(([name, ...args], next) => {
          scene.note('one', name, args)
          next(name === 'bad' ? new Error('bad') : undefined)
        })
        socket.use((event, next) => {
          event.push('added')
          setImmediate(next)
        })
      })
      const client = await scene.join()
      await client.send(['42["bad",1]', '42["echo",1]', '420["echo",2]'], 2)
    },
  },
  'a pattern of namespaces': {
    script: async ({ io, join, note }) => {
      io.on('new_namespace', namespace => note('new', namespace.name))
      const parent = io.of(/^\/dynamic-\d+$/)
      parent.use((socket, next) => {
        note('middleware', socket.nsp.name)
        next()
      })
      parent.on('connection', socket => {
        note('connection', socket.nsp.name)
        socket.nsp.emit('hello', 1)
      })
      const clients = [await join('/dynamic-1'), await join('/dynamic-22'), await join('/dynamic-x')]
      parent.emit('parent', 1)
      parent.to('nobody').emit('nobody')
      parent.local.emit('local')
      await Promise.all([clients[0]!.until(5), clients[1]!.until(5)])
      note([...io._nsps.keys()])
    },
  },
  'a function that knows namespaces': {
    script: async ({ io, join, note }) => {
      io.of((name, auth, next) => {
        note(name, auth)
        next(auth.fail ? new Error('x') : null, auth.ok)
      }).on('connection', socket => note('connection', socket.nsp.name))
      await join('/a', { ok: true })
      await join('/b', { ok: false })
      await join('/c', { fail: true, ok: true })
      await join('/a', { ok: true })
    },
  },
  'dynamic namespaces go with their last client': {
    options: { cleanupEmptyChildNamespaces: true },
    script: async ({ io, join, note, noted }) => {
      io.of(/^\/d/).on('connection', socket => void socket.on('disconnect', () => note('disconnect')))
      const client = await join('/d1')
      note([...io._nsps.keys()])
      client.close()
      await noted(2)
      note([...io._nsps.keys()])
      await join('/d1')
      note([...io._nsps.keys()])
    },
  },
  'patterns with a state are refused': {
    script: ({ io, note }) => {
      for (const pattern of [/x/g, /x/y]) {
        try {
          io.of(pattern)
        } catch (error) {
          note(error)
        }
      }
    },
  },
  'a name of a namespace gets its slash': {
    script: ({ io, note }) =>
      note(io.of('chat').name, io.of('/chat') === io.of('chat'), io.of('').name, io.sockets.name),
  },
  'reserved names are not emitted to servers': {
    script: ({ io, note }) => {
      for (const name of ['connection', 'connect', 'new_namespace']) {
        try {
          io.serverSideEmit(name)
        } catch (error) {
          note(error)
        }
      }
    },
  },
  'the client leaves a namespace': {
    script: async scene => {
      echo(scene)
      const client = await scene.join()
      await client.send(['41'])
      await scene.noted(3)
      await client.send(['40'], 1)
    },
  },
  'the client closes': {
    script: async scene => {
      echo(scene)
      const client = await scene.join()
      client.close()
      await scene.noted(3)
    },
  },
  'the server disconnects': {
    script: async scene => {
      echo(scene)
      scene.io.on(
        'connection',
        socket => void socket.on('go', () => scene.note(socket.disconnect() === socket)),
      )
      const client = await scene.join()
      await client.send(['42["go"]'], 1)
      await scene.noted(5)
    },
  },
  'the server cuts off': {
    script: async scene => {
      echo(scene)
      echo(scene, '/b')
      scene.io.on('connection', socket => void socket.on('go', () => socket.disconnect(true)))
      const client = await scene.join()
      await client.send(['40/b,'], 1)
      await client.send(['42["go"]'])
      await client.closed()
    },
  },
  'the server disconnects at once': {
    script: async scene => {
      echo(scene)
      scene.io.on('connection', socket => {
        socket.emit('bye')
        socket.disconnect()
        socket.emit('never')
        scene.note(socket.disconnected, socket.rooms.size)
        void socket.join('room')
        scene.note(socket.rooms.size)
      })
      const client = await scene.join()
      await client.until(4)
      await scene.noted(5)
    },
  },
  'nobody joins': {
    options: { connectTimeout: 30 },
    script: async ({ open }) => (await open()).closed(),
  },
  'the server closes': {
    script: async scene => {
      echo(scene)
      echo(scene, '/b')
      const client = await scene.join()
      await client.send(['40/b,'], 1)
      await scene.io.close()
      await client.closed()
    },
  },
  'events of the engine': {
    script: async ({ io, open, note }) => {
      io.engine.on('connection', socket =>
        note('engine', socket.protocol, socket.readyState, io.engine.clientsCount),
      )
      io.engine.on('initial_headers', () => note('initial_headers'))
      io.engine.on('headers', () => note('headers'))
      await (await open()).send(['40'], 1)
    },
  },
  'events of a connection': {
    script: async ({ io, join, note, noted }) => {
      io.on('connection', ({ conn }) => {
        conn.on('packet', packet => note('packet', packet.type, packet.data))
        conn.on('packetCreate', packet => note('packetCreate', packet.type, packet.data))
        conn.on('close', reason => note('close', reason))
      })
      const client = await join()
      io.emit('hello')
      await client.until(3)
      await client.send(['42["x"]'])
      await noted(2)
      client.close()
      await noted(3)
    },
  },
  'an unknown type': bad('49'),
  'a reserved name': bad('42["disconnect"]'),
  'another reserved name': bad('42["newListener",1]'),
  'an event that is no array': bad('42{"a":1}'),
  'an event without a name': bad('42[]'),
  'an event with an object as name': bad('42[{}]'),
  'no JSON': bad('42["e",'),
  'an acknowledgement that is no array': bad('430{}'),
  'a disconnection with data': bad('41{}'),
  'attachments that never come': bad('451-["e",{"_placeholder":true,"num":0}]', '42["e"]'),
  'attachments without a number': bad('45-["e"]'),
  'no attachments': bad('450-["e"]'),
  'too many attachments': bad('4511-["e"]'),
  'an attachment that was not announced': bad(new Uint8Array([1])),
  'a placeholder without attachment': bad('451-["e",{"_placeholder":true,"num":1}]', new Uint8Array([1])),
  'a placeholder with a bad number': bad(
    '451-["e",{"_placeholder":true,"num":"splice"}]',
    new Uint8Array([1]),
  ),
  'a namespace is joined with an array': {
    script: async ({ open }) => {
      const client = await open()
      await client.send(['40[]'])
      await client.closed()
    },
  },
  'a namespace is joined twice': {
    script: async scene => {
      echo(scene)
      const client = await scene.join()
      await client.send(['40'])
      await client.closed()
      await scene.noted(3)
    },
  },
  'the client sends what only servers send': bad('44{"message":"x"}'),
  'protocol 3: joined without asking': {
    script: async scene => {
      echo(scene)
      const client = await scene.open({ protocol: 3, query: '&token=1' })
      await client.send(['42["echo",1]', '420["echo"]'], 2)
    },
  },
  'protocol 3: bytes': {
    script: async scene => {
      echo(scene)
      const client = await scene.open({ protocol: 3 })
      await client.send(['451-["echo",{"_placeholder":true,"num":0}]', new Uint8Array([4, 1, 2])], 2)
      scene.io.emit('all', Buffer.from([3]))
      await client.until(6)
    },
  },
  'protocol 3: a namespace with a query': {
    script: async ({ io, open, note }) => {
      io.of('/chat').on('connection', socket => {
        note(socket.handshake.auth, socket.nsp.name, socket.id.startsWith('/chat#'))
        socket.emit('hello')
      })
      const client = await open({ protocol: 3 })
      await client.send(['40/chat?token=x&b=2,'], 2)
    },
  },
  'protocol 3: refused': {
    script: async ({ io, open }) => {
      io.of('/a').use((_socket, next) => next(new Error('no')))
      io.of('/b').use((_socket, next) => next(Object.assign(new Error('no'), { data: { a: 1 } })))
      const client = await open({ protocol: 3 })
      await client.send(['40/a,', '40/b,', '40/none,'], 3)
    },
  },
  'protocol 3 and 4 get the same broadcast': {
    script: async ({ io, open, join }) => {
      const clients = [await open({ protocol: 3 }), await join()]
      io.emit('e', 1, Buffer.from([2]))
      io.emit('end')
      await Promise.all(clients.map(it => it.until(5)))
    },
  },
  'recovery: what was missed': comesBack(),
  'recovery: an unknown session': comesBack(auth => ({ ...auth, pid: 'other' })),
  'recovery: an unknown offset': comesBack(auth => ({ ...auth, offset: 'other' })),
  'recovery: strange values': comesBack(() => ({ pid: 1, offset: {} })),
  'recovery: not after leaving': comesBack(auth => auth, 'leave'),
}
