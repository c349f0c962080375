import { createServer, ReadyState, type ServerSocket } from 'bothways'
import type { Language } from './language.ts'
import { listenFailure } from './listen-failure.ts'
import { logOfClients } from './log-of-clients.ts'
import { highestPayloadBytes } from './payload-limits.ts'
import { untilSignal } from './until-signal.ts'
import { expectNoWords, readArguments, readHost, readPort, readWhole } from './usage/arguments.ts'
import { type Command, everywhere } from './usage/command.ts'
import { hostOption, maxPayloadOption, portOption } from './usage/listening.ts'

const options = {
  port: portOption(9001),
  host: hostOption,
  'no-compression': {
    type: 'boolean',
    says: { en: 'do not agree to permessage-deflate', zh: '不启用 permessage-deflate 压缩' },
  },
  'max-payload': maxPayloadOption,
  verbose: {
    type: 'boolean',
    short: 'v',
    says: {
      en: 'show on standard error who connects, what comes, and how it ends',
      zh: '在标准错误上显示谁连接、收到什么、如何结束',
    },
  },
  ...everywhere,
} as const

export const echo: Command = {
  name: 'echo',
  words: '',
  says: {
    en: 'a plain echo server: answers every message with the same message, on every path',
    zh: '回声服务器：在任何路径上，收到什么消息就回什么消息',
  },
  options,
  notes: {
    en: ['It takes the first subprotocol that is offered, and connections from any page.'],
    zh: ['它选用对方提供的第一个子协议，接受来自任何页面的连接。'],
  },
  examples: ['bothways echo --port 9001', 'echo hello | bothways connect ws://127.0.0.1:9001/'],
}

/** Echoes that may wait for one client before it is not read from, in bytes. */
const highWaterMarkBytes = 1024 * 1024

/** How often a socket that is waited for is asked whether it is still open, in ms. */
const endCheckMs = 100

/** `bothways echo`: same type, same bytes, on every path. */
export async function runEcho(args: readonly string[], language: Language): Promise<number> {
  const { values, positionals } = readArguments(args, options)
  expectNoWords(positionals)
  const port = readPort(values.port)
  const host = readHost(values.host)
  const maxMessageBytes = readWhole('--max-payload', values['max-payload'], 0, highestPayloadBytes)

  const server = createServer({
    origins: '*',
    // The limits that the client itself asks for are agreed to; nothing is asked for beyond them.
    compression: !values['no-compression'] && { contextTakeover: true, peerContextTakeover: true },
    maxMessageBytes,
    highWaterMarkBytes,
  })
  const log = values.verbose ? logOfClients(language) : undefined
  const waiting = new WeakMap<ServerSocket, () => void>()
  server.route('/*', {
    protocols: 'any',
    open(socket) {
      log?.opened(socket)
    },
    close(socket, code, reason) {
      log?.closed(socket, code, reason)
    },
    // A client that sends without reading is not read meanwhile: nothing is dropped, and nothing piles up.
    message(socket, message) {
      log?.received(socket, message)
      const isFull = !socket.send(message) && socket.readyState === ReadyState.Open
      return isFull ? untilDrained(socket) : undefined
    },
    drain(socket) {
      waiting.get(socket)?.()
    },
  })
  const listening = await server.listen({ port, host }).catch(error => {
    throw listenFailure(error, host, port)
  })
  // The reader of that line may send a signal at once.
  const ended = untilSignal(() => server.close({ timeoutMs: 3_000 }))
  console.log(`Bothways echo is listening on ${listening.url}`)
  return await ended

  /** Resolves when the client has read enough, or is gone: then no `drain` comes. */
  function untilDrained(socket: ServerSocket): Promise<void> {
    return new Promise(resolve => {
      const timer = setInterval(() => {
        if (socket.readyState !== ReadyState.Open || socket.bufferedAmount === 0) finish()
      }, endCheckMs)
      function finish(): void {
        clearInterval(timer)
        waiting.delete(socket)
        resolve()
      }
      waiting.set(socket, finish)
    })
  }
}
