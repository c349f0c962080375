import type { Message, ServerSocket } from 'bothways'
import { closeCodeInWords } from './connect/close-code-words.ts'
import { printableLine } from './connect/printable.ts'

/** Characters of a text that are shown; the rest is counted by the size. */
const shownCharacters = 200

export interface LogOfClients {
  opened(socket: ServerSocket): void
  received(socket: ServerSocket, message: Message): void
  closed(socket: ServerSocket, code: number, reason: string): void
}

/** Tells on standard error who connects, what comes and how it ends, a line each; clients are numbered. */
export function logOfClients(): LogOfClients {
  const numbers = new WeakMap<ServerSocket, number>()
  let clientCount = 0
  const tell = (socket: ServerSocket, text: string): void => {
    process.stderr.write(`${new Date().toTimeString().slice(0, 8)} #${numbers.get(socket)} ${text}\n`)
  }
  return {
    opened(socket) {
      numbers.set(socket, ++clientCount)
      const protocol = socket.protocol === '' ? '' : `, subprotocol ${socket.protocol}`
      const { remoteAddress, remotePort, request } = socket
      tell(socket, `● ${remoteAddress} port ${remotePort} connected to ${request.path}${protocol}`)
    },
    received(socket, message) {
      tell(
        socket,
        typeof message === 'string'
          ? `← text ${Buffer.byteLength(message)} B ${printableLine(message.slice(0, shownCharacters))}`
          : `← binary ${message.length} B`,
      )
    },
    closed(socket, code, reason) {
      const quoted = reason === '' ? '' : ` “${printableLine(reason)}”`
      tell(socket, `● closed ${code}${quoted}: ${closeCodeInWords(code)}`)
    },
  }
}
