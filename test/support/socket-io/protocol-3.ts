import { type Cases, echo } from './case.ts'

/** Clients of protocol 3. */
export const protocol3: Cases = {
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
}
