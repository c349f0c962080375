import { once } from 'node:events'
import { client, type connection, type request, server } from 'websocket'

interface Tagged extends connection {
  tag: string
}

class Rooms extends server {
  rooms = new Map<string, Set<connection>>()
}

export function join(asked: request, rooms: Rooms): Promise<unknown[]> {
  const joined = asked.accept() as Tagged
  joined.tag = 'a'
  joined.once('tagged', (tag: string) => tag.trim())
  joined.emit('tagged', 'b')
  joined.removeListener('close', console.log).prependListener('close', console.log)
  joined.socket.setNoDelay(true)
  joined.sendUTF(1)
  rooms.emit('request', asked)
  rooms.once('joined', (it: connection, room: string) => [it.state, room])
  rooms.emit('joined', joined, 'red')
  return once(joined, 'close')
}

const dialing = new client({ closeTimeout: 10 })
dialing.once('connect', (open: connection) => open.state)
dialing.connect('ws://localhost/', undefined, undefined, undefined, { agent: false })
