import { randomUUID } from 'node:crypto'
import type { Server } from '@bothways/socket.io'
import { carryTopics, type Hub } from 'bothways'

interface TopicEvents {
  message(message: unknown): void
}

/** Messages of one client that wait while it publishes too fast, or has too many calls unanswered; one more ends it. */
export const maxHeldMessages = 1_000

/** RFC 6455's registry of close codes. */
const serviceRestart = 1012

/** The topics for clients of Socket.IO: the event `message` carries the messages of a WebSocket of `bothways.v1`, as text. */
export function topicsOnSocketIo(hub: Hub, io: Server<TopicEvents, TopicEvents>): void {
  io.on('connection', socket => {
    const topics = carryTopics(hub, {
      // Others see it. The id of a client of version 2 is that of its session, which nobody else may know.
      id: randomUUID(),
      user: undefined,
      send(text) {
        socket.emit('message', text)
        return undefined
      },
      // Of a server that leaves, Socket.IO ends the connection by itself: in such a way that its client comes back.
      close: code => void (code !== serviceRestart && socket.disconnect(true)),
    })
    const held: (string | Buffer)[] = []
    let isHeld = false
    // A WebSocket is read no further meanwhile; of Socket.IO nobody can be held back.
    async function take(message: string | Buffer): Promise<void> {
      if (isHeld) {
        if (held.push(message) > maxHeldMessages) socket.disconnect(true)
        return
      }
      for (let next: string | Buffer | undefined = message; next !== undefined; next = held.shift()) {
        const pause = topics.receive(next)
        if (pause === undefined) continue
        isHeld = true
        await pause
        isHeld = false
      }
    }
    socket.on('message', message => void take(textOrBytes(message)))
    socket.on('disconnect', () => {
      held.length = 0
      topics.end()
    })
  })
}

/** An object, as in `emit('message', { type: … })`, means the same as its JSON. */
function textOrBytes(message: unknown): string | Buffer {
  if (typeof message === 'string' || Buffer.isBuffer(message)) return message
  return JSON.stringify(message) ?? ''
}
