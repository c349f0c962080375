import { type Case, type Cases, echo } from './case.ts'

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

/** Events and acknowledgements, each way. */
export const events: Cases = {
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
}
