import { type Cases, echo } from './case.ts'

/** How clients go, and the events that the engine tells. */
export const endings: Cases = {
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
}
