import type { ClientOptions } from 'bothways'
import { readCommandLine, readWhole } from '../command-line.ts'
import { defaultPayloadBytes, highestPayloadBytes } from '../payload-limits.ts'
import { WrongUse } from '../wrong-use.ts'
import { readAddress } from './address.ts'

const options = {
  protocol: { type: 'string', multiple: true, default: [] as string[] },
  header: { type: 'string', multiple: true, default: [] as string[] },
  origin: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  'no-compression': { type: 'boolean', default: false },
  'max-payload': { type: 'string', default: String(defaultPayloadBytes) },
  binary: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  wait: { type: 'string', default: '2' },
  verbose: { type: 'boolean', short: 'v', default: false },
} as const

export interface ConnectOptions {
  readonly url: string
  readonly protocols: readonly string[]
  readonly client: ClientOptions
  readonly isBinary: boolean
  readonly isJson: boolean
  readonly isVerbose: boolean
  readonly waitMs: number
  /** What was assumed for the user, to be told. */
  readonly notice: string | undefined
}

/** @throws WrongUse */
export function readConnectOptions(args: readonly string[]): ConnectOptions {
  const { values, positionals } = readCommandLine(args, options)
  const [address, ...rest] = positionals
  if (address === undefined) throw new WrongUse('Which URL? For example ws://127.0.0.1:8080/echo')
  if (rest.length > 0) throw new WrongUse(`One URL at a time, got '${rest[0]}' as well.`)
  const { url, notice } = readAddress(address)
  const waitSeconds = /^\d+(\.\d+)?$/.test(values.wait) ? Number(values.wait) : Number.NaN
  if (Number.isNaN(waitSeconds)) {
    throw new WrongUse(`--wait takes a number of seconds, got '${values.wait}'.`)
  }
  return {
    url,
    protocols: values.protocol,
    client: {
      headers: readHeaders(values.header),
      ...(values.origin !== undefined && { origin: values.origin }),
      tls: { rejectUnauthorized: !values.insecure },
      compression: !values['no-compression'],
      maxMessageBytes: readWhole('--max-payload', values['max-payload'], 0, highestPayloadBytes),
    },
    isBinary: values.binary,
    isJson: values.json,
    isVerbose: values.verbose,
    waitMs: waitSeconds * 1_000,
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
