import { setTimeout as delay } from 'node:timers/promises'
import type { Case, Cases } from './case.ts'
import type { RawClient, Scene } from './scene.ts'

/** The entries of which a client in {@link inRooms} gets one last. */
const ends = new Set(['42["end"]', '41', 'closed'])

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

/** Rooms and broadcasts. */
export const roomCases: Cases = {
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
}
