import { type Cases, echo } from './case.ts'

/** Namespaces: joined, refused, made for a pattern. */
export const namespaces: Cases = {
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
}
