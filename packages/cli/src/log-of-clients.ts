import type { Message, ServerSocket } from 'bothways'
import { closeCodeInWords } from './connect/close-code-words.ts'
import { describePayload } from './connect/describe-event.ts'
import { type EventWords, eventWords } from './connect/event-words.ts'
import { printableLine } from './connect/printable.ts'
import type { Language } from './language.ts'

/** Characters of a text that are shown; the rest is counted by the size. */
const shownCharacters = 200

/** An event at a server that shows its clients, by their numbers. */
export type ClientEvent = { readonly client: number } & (
  | {
      readonly type: 'open'
      readonly path: string
      readonly protocol: string
      readonly remoteAddress: string
      readonly remotePort: number
    }
  | { readonly type: 'received'; readonly payload: Message }
  | { readonly type: 'round-trip'; readonly milliseconds: number | undefined }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
)

export interface LogOfClients {
  opened(socket: ServerSocket): void
  received(socket: ServerSocket, message: Message): void
  closed(socket: ServerSocket, code: number, reason: string): void
}

/** Tells on standard error who connects, what comes and how it ends, a line each; clients are numbered. */
export function logOfClients(language: Language): LogOfClients {
  const numbers = new WeakMap<ServerSocket, number>()
  let clientCount = 0
  const tell = (event: ClientEvent): void => {
    process.stderr.write(`${clientEventInWords(event, language, briefly)}\n`)
  }
  const numberOf = (socket: ServerSocket): number => numbers.get(socket) ?? 0
  return {
    opened(socket) {
      numbers.set(socket, ++clientCount)
      const { protocol, remoteAddress, remotePort, request } = socket
      tell({ type: 'open', client: clientCount, path: request.path, protocol, remoteAddress, remotePort })
    },
    received: (socket, payload) => tell({ type: 'received', client: numberOf(socket), payload }),
    closed: (socket, code, reason) => tell({ type: 'close', client: numberOf(socket), code, reason }),
  }
}

/** A message on one line. */
function briefly(payload: Message, words: EventWords): string {
  return typeof payload === 'string'
    ? `${words.text} ${Buffer.byteLength(payload)} B ${printableLine(payload.slice(0, shownCharacters))}`
    : `${words.binary} ${payload.length} B`
}

type Describe = (payload: Message, words: EventWords) => string

/** One event as a person reads it. */
export function clientEventInWords(
  event: ClientEvent,
  language: Language,
  describe: Describe = describePayload,
): string {
  return `${new Date().toTimeString().slice(0, 8)} #${event.client} ${inWords(event, language, describe)}`
}

function inWords(event: ClientEvent, language: Language, describe: Describe): string {
  const words = eventWords[language]
  switch (event.type) {
    case 'open': {
      const { path, protocol, remoteAddress, remotePort } = event
      const says = {
        en: `${remoteAddress} port ${remotePort} connected to ${path}${protocol && `, subprotocol ${protocol}`}`,
        zh: `${remoteAddress} 端口 ${remotePort} 已连接到 ${path}${protocol && `，子协议 ${protocol}`}`,
      }
      return `● ${says[language]}`
    }
    case 'received':
      return `← ${describe(event.payload, words)}`
    case 'round-trip':
      return event.milliseconds === undefined
        ? `● ${words.noPong}`
        : `← ${words.pongAfter(event.milliseconds.toFixed(2))}`
    case 'close': {
      const { code, reason } = event
      return `● ${words.closed(code, printableLine(reason), closeCodeInWords(code)[language], '')}`
    }
  }
}
