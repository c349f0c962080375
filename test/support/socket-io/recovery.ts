import type { Case, Cases } from './case.ts'

const options = { connectionStateRecovery: {} }

function offsetOf(frame: string | undefined): string {
  return (JSON.parse(frame!.slice(frame!.indexOf('['))) as string[]).at(-1)!
}

function pidOf(frame: string | undefined): string {
  return (JSON.parse(frame!.slice(frame!.indexOf('{'))) as { pid: string }).pid
}

/** A client goes, something happens, and it comes back. */
function comesBack(
  change: (auth: { pid: string; offset: string }) => object = auth => auth,
  how: 'terminate' | 'leave' = 'terminate',
): Case {
  return {
    options,
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

/** Clients that come back to their session. */
export const recovery: Cases = {
  'recovery: what was missed': comesBack(),
  'recovery: an unknown session': comesBack(auth => ({ ...auth, pid: 'other' })),
  'recovery: an unknown offset': comesBack(auth => ({ ...auth, offset: 'other' })),
  'recovery: strange values': comesBack(() => ({ pid: 1, offset: {} })),
  'recovery: not after leaving': comesBack(auth => auth, 'leave'),
}
