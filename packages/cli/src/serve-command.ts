import { expectNoWords, readCommandLine, readHost, readPort } from './command-line.ts'
import { listenFailure } from './listen-failure.ts'
import { startServe } from './serve/serve.ts'
import { untilSignal } from './until-signal.ts'
import { WrongUse } from './wrong-use.ts'

const options = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  origin: { type: 'string', multiple: true, default: [] as string[] },
  'allow-host': { type: 'string', multiple: true, default: [] as string[] },
  'allow-probe': { type: 'boolean', default: false },
  'no-page': { type: 'boolean', default: false },
} as const

/** `bothways serve`: the page and all protocols on one port. */
export async function runServe(args: readonly string[]): Promise<number> {
  const { values, positionals } = readCommandLine(args, options)
  expectNoWords(positionals)
  const port = readPort(values.port)
  const host = readHost(values.host)
  const origins = values.origin.map(readOrigin)
  const allowedHosts = values['allow-host'].map(readAllowedHost)
  const serving = await startServe({
    port,
    host,
    origins,
    allowedHosts,
    page: !values['no-page'],
    probesAnywhere: values['allow-probe'],
  }).catch(error => {
    throw listenFailure(error, host, port)
  })
  // Who reads that line may send a signal at once.
  const ended = untilSignal(() => serving.close())
  console.log(`Bothways is listening on ${serving.url}`)
  return await ended
}

/** @throws WrongUse for anything that no browser sends as its Origin */
function readOrigin(text: string): string {
  if (text === 'null' || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) return text
  throw new WrongUse(
    `--origin takes the origin of a page, such as https://example.com, or null for pages opened from a file; got '${text}'.`,
  )
}

/** @throws WrongUse for anything but the name or the address of a host */
function readAllowedHost(text: string): string {
  const authority = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text
  const isHost = /^[^\s/?#@\\]+$/.test(text) && URL.canParse(`http://${authority}`)
  if (isHost && new URL(`http://${authority}`).port === '') return text
  throw new WrongUse(
    `--allow-host takes the name or the address of a host, without scheme and port, such as chat.example.com; got '${text}'.`,
  )
}
