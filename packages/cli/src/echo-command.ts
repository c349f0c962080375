import { createServer, ReadyState, type ServerSocket } from 'bothways'
import { expectNoWords, readCommandLine, readHost, readPort, readWhole } from './command-line.ts'
import { listenFailure } from './listen-failure.ts'
import { logOfClients } from './log-of-clients.ts'
import { defaultPayloadBytes, highestPayloadBytes } from './payload-limits.ts'
import { untilSignal } from './until-signal.ts'

const options = {
  port: { type: 'string', default: '9001' },
  host: { type: 'string', default: '127.0.0.1' },
  'no-compression': { type: 'boolean', default: false },
  'max-payload': { type: 'string', default: String(defaultPayloadBytes) },
  verbose: { type: 'boolean', short: 'v', default: false },
} as const

/** Echoes that may wait for one client before it is not read from, in bytes. */
const highWaterMarkBytes = 1024 * 1024

/** How often a socket that is waited for is asked whether it is still open, in ms. */
const endCheckMs = 100

/** `bothways echo`: same type, same bytes, on every path. */
export async function runEcho(args: readonly string[]): Promise<number> {
  const { values, positionals } = readCommandLine(args, options)
  expectNoWords(positionals)
  const port = readPort(values.port)
  const host = readHost(values.host)
  const maxMessageBytes = readWhole('--max-payload', values['max-payload'], 0, highestPayloadBytes)

  const server = createServer({
    origins: '*',
    // What the client's own limits ask for is agreed to; nothing is asked for beyond that.
    compression: !values['no-compression'] && { contextTakeover: true, peerContextTakeover: true },
    maxMessageBytes,
    highWaterMarkBytes,
  })
  const log = values.verbose ? logOfClients() : undefined
  const waiting = new WeakMap<ServerSocket, () => void>()
  server.route('/*', {
    protocols: 'any',
    open(socket) {
      log?.opened(socket)
    },
    close(socket, code, reason) {
      log?.closed(socket, code, reason)
    },
    // Who sends without reading is not read from meanwhile: nothing is dropped, and nothing piles up.
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
  // Who reads that line may send a signal at once.
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
