import { expectNoWords, readCommandLine, readPort } from './command-line.ts'
import { listenFailure } from './listen-failure.ts'
import { startServe } from './serve/serve.ts'
import { untilSignal } from './until-signal.ts'

const options = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  origin: { type: 'string', multiple: true, default: [] as string[] },
  'no-page': { type: 'boolean', default: false },
} as const

/** `bothways serve`: the page and all protocols on one port. */
export async function runServe(args: readonly string[]): Promise<number> {
  const { values, positionals } = readCommandLine(args, options)
  expectNoWords(positionals)
  const port = readPort(values.port)
  const { host, origin: origins } = values
  const serving = await startServe({ port, host, origins, page: !values['no-page'] }).catch(error => {
    throw listenFailure(error, host, port)
  })
  // Who reads that line may send a signal at once.
  const ended = untilSignal(() => serving.close())
  console.log(`Bothways is listening on ${serving.url}`)
  return await ended
}
