import type { ClientOptions } from 'bothways'
import { readCommandLine, readWhole } from '../command-line.ts'
import { defaultPayloadBytes, highestPayloadBytes } from '../payload-limits.ts'
import { WrongUse } from '../wrong-use.ts'
import { readAddress } from './address.ts'
import { ProxyAgent } from './proxy-agent.ts'
import { chooseProxy } from './proxy-choice.ts'
import { readTlsFiles } from './tls-files.ts'

const options = {
  protocol: { type: 'string', short: 's', multiple: true, default: [] as string[] },
  header: { type: 'string', short: 'H', multiple: true, default: [] as string[] },
  auth: { type: 'string' },
  origin: { type: 'string', short: 'o' },
  insecure: { type: 'boolean', short: 'n', default: false },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  proxy: { type: 'string' },
  ping: { type: 'string' },
  execute: { type: 'string', short: 'x', multiple: true, default: [] as string[] },
  'no-compression': { type: 'boolean', default: false },
  'max-payload': { type: 'string', default: String(defaultPayloadBytes) },
  binary: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  wait: { type: 'string', short: 'w', default: '2' },
  verbose: { type: 'boolean', short: 'v', default: false },
} as const

export interface ConnectOptions {
  readonly url: string
  readonly protocols: readonly string[]
  readonly client: ClientOptions
  /** Messages to send instead of what is typed; none: standard input. */
  readonly execute: readonly string[]
  readonly isBinary: boolean
  readonly isJson: boolean
  readonly isVerbose: boolean
  readonly waitMs: number
  /** What was assumed for the user, to be told. */
  readonly notice: string | undefined
}

const longestPingSeconds = 86_400

/** @throws WrongUse */
export function readConnectOptions(args: readonly string[]): ConnectOptions {
  const { values, positionals } = readCommandLine(args, options)
  const [address, ...rest] = positionals
  if (address === undefined) throw new WrongUse('Which URL? For example ws://127.0.0.1:8080/echo')
  if (rest.length > 0) throw new WrongUse(`One URL at a time, got '${rest[0]}' as well.`)
  const { url, notice } = readAddress(address)
  return {
    url,
    protocols: values.protocol,
    client: {
      headers: withAuthorization(readHeaders(values.header), values.auth),
      ...(values.origin !== undefined && { origin: values.origin }),
      ...agentFor(url, values.proxy),
      tls: { rejectUnauthorized: !values.insecure, ...readTlsFiles(values) },
      ...(values.ping !== undefined && { keepalive: { intervalMs: readPingMs(values.ping) } }),
      compression: !values['no-compression'],
      maxMessageBytes: readWhole('--max-payload', values['max-payload'], 0, highestPayloadBytes),
    },
    execute: values.execute,
    isBinary: values.binary,
    isJson: values.json,
    isVerbose: values.verbose,
    waitMs: readSeconds('--wait', values.wait) * 1_000,
    notice,
  }
}

function readHeaders(lines: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) {
      throw new WrongUse(`--header takes 'Name: value', got '${line}'.`)
    }
    headers[name] ??= []
    headers[name].push(value)
  }
  return headers
}

/** RFC 7617: the user's name ends at the first colon, and the password may hold further ones. */
function withAuthorization(
  headers: Record<string, string[]>,
  auth: string | undefined,
): Record<string, string[]> {
  if (auth === undefined) return headers
  if (!auth.includes(':')) throw new WrongUse('--auth takes user:password; there was no colon.')
  if (Object.keys(headers).some(name => name.toLowerCase() === 'authorization')) {
    throw new WrongUse('Either --auth or a header Authorization: both say who you are.')
  }
  return { ...headers, Authorization: [`Basic ${Buffer.from(auth).toString('base64')}`] }
}

/** A URL that is none is left to the client, which says why. */
function agentFor(url: string, proxyOption: string | undefined): Pick<ClientOptions, 'agent'> {
  if (!URL.canParse(url)) return {}
  const target = new URL(url)
  const proxy = chooseProxy(target, proxyOption, process.env)
  return proxy === undefined ? {} : { agent: new ProxyAgent(proxy, /^(wss|https):$/.test(target.protocol)) }
}

function readPingMs(text: string): number {
  const seconds = readSeconds('--ping', text)
  if (seconds >= 1 && seconds <= longestPingSeconds) return Math.round(seconds * 1_000)
  throw new WrongUse(`--ping takes 1 to ${longestPingSeconds} seconds, got '${text}'.`)
}

function readSeconds(name: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new WrongUse(`${name} takes a number of seconds, got '${text}'.`)
}
