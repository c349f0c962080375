import type { Message, ServerSocket } from 'bothways'
import { closeCodeInWords } from './connect/close-code-words.ts'
import { printableLine } from './connect/printable.ts'
import type { Language } from './language.ts'

/** Characters of a text that are shown; the rest is counted by the size. */
const shownCharacters = 200

export interface LogOfClients {
  opened(socket: ServerSocket): void
  received(socket: ServerSocket, message: Message): void
  closed(socket: ServerSocket, code: number, reason: string): void
}

/** Tells on standard error who connects, what comes and how it ends, a line each; clients are numbered. */
export function logOfClients(language: Language): LogOfClients {
  const numbers = new WeakMap<ServerSocket, number>()
  let clientCount = 0
  const tell = (socket: ServerSocket, text: string): void => {
    process.stderr.write(`${new Date().toTimeString().slice(0, 8)} #${numbers.get(socket)} ${text}\n`)
  }
  return {
    opened(socket) {
      numbers.set(socket, ++clientCount)
      const { remoteAddress, remotePort, request, protocol } = socket
      const from = { en: `${remoteAddress} port ${remotePort}`, zh: `${remoteAddress} 端口 ${remotePort}` }
      const says = {
        en: `${from.en} connected to ${request.path}${protocol && `, subprotocol ${protocol}`}`,
        zh: `${from.zh} 已连接到 ${request.path}${protocol && `，子协议 ${protocol}`}`,
      }
      tell(socket, `● ${says[language]}`)
    },
    received(socket, message) {
      tell(
        socket,
        typeof message === 'string'
          ? `← ${{ en: 'text', zh: '文本' }[language]} ${Buffer.byteLength(message)} B ${printableLine(message.slice(0, shownCharacters))}`
          : `← ${{ en: 'binary', zh: '二进制' }[language]} ${message.length} B`,
      )
    },
    closed(socket, code, reason) {
      const quoted = reason === '' ? '' : ` “${printableLine(reason)}”`
      const meaning = closeCodeInWords(code)
      const says = {
        en: `closed ${code}${quoted}: ${meaning.en}`,
        zh: `已关闭 ${code}${quoted}：${meaning.zh}`,
      }
      tell(socket, `● ${says[language]}`)
    },
  }
}
