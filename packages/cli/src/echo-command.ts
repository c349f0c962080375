import { createServer } from 'bothways'
import { expectNoWords, readCommandLine, readPort, readWhole } from './command-line.ts'
import { listenFailure } from './listen-failure.ts'
import { untilSignal } from './until-signal.ts'

const options = {
  port: { type: 'string', default: '9001' },
  host: { type: 'string', default: '127.0.0.1' },
  'no-compression': { type: 'boolean', default: false },
  'max-payload': { type: 'string', default: String(64 * 1024 * 1024) },
} as const

const highestPayloadBytes = 512 * 1024 * 1024 - 64

/** `bothways echo`: same type, same bytes, on every path. */
export async function runEcho(args: readonly string[]): Promise<number> {
  const { values, positionals } = readCommandLine(args, options)
  expectNoWords(positionals)
  const port = readPort(values.port)
  const { host } = values
  const maxMessageBytes = readWhole('--max-payload', values['max-payload'], 0, highestPayloadBytes)

  const server = createServer({
    origins: '*',
    // What the client's own limits ask for is agreed to; nothing is asked for beyond that.
    compression: !values['no-compression'] && { contextTakeover: true, peerContextTakeover: true },
    maxMessageBytes,
    maxBufferedBytes: Math.max(maxMessageBytes, 1024 * 1024),
  })
  server.route('/*', {
    protocols: 'any',
    message(socket, message) {
      socket.send(message)
    },
  })
  const listening = await server.listen({ port, host }).catch(error => {
    throw listenFailure(error, host, port)
  })
  // Who reads that line may send a signal at once.
  const ended = untilSignal(() => server.close({ timeoutMs: 3_000 }))
  console.log(`Bothways echo is listening on ${listening.url}`)
  return await ended
}
