import { UsageError } from '../errors.ts'
import { isToken } from './token.ts'

/** Headers by lower-case name, as Node's `IncomingMessage.headers` has them. */
export type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>

/** Headers in the order and spelling in which they go out; a name may stand more than once. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** One value for a header; repeated ones are joined by commas, as RFC 7230 §3.2.2 allows. */
export function headerValue(headers: HeaderRecord, name: string): string | undefined {
  const value = headers[name]
  return value === undefined || typeof value === 'string' ? value : value.join(', ')
}

/**
 * Checks a header that is about to be sent (RFC 7230 §3.2): a line break in it would let its author write headers
 * or a second answer. Bytes above 0x7E are refused too, because no receiver knows what they mean.
 *
 * @throws UsageError `BW_INVALID_HEADER`
 */
export function checkHeader(name: string, value: string): void {
  if (!isToken(name)) {
    throw new UsageError('BW_INVALID_HEADER', `A header's name must be a token, got ${JSON.stringify(name)}.`)
  }
  if (!/^[\t\x20-\x7e]*$/.test(value)) {
    throw new UsageError(
      'BW_INVALID_HEADER',
      `The header ${name} may hold printable ASCII, spaces and tabs only; encode the value first.`,
    )
  }
}

/** Set by the handshake itself, or would announce a body where none can be (RFC 7230 §3.3). */
const reservedNames: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'transfer-encoding',
  'upgrade',
])

/**
 * The caller's headers behind those of the handshake.
 *
 * @throws UsageError `BW_INVALID_HEADER` for a header that is malformed or that the handshake sets itself
 */
export function appendHeaders(own: HeaderList, extra: HeaderRecord): HeaderList {
  if (Object.keys(extra).length === 0) {
    for (const [name, value] of own) checkHeader(name, value)
    return own
  }
  const all = [...own]
  const taken = new Set([...reservedNames, ...own.map(([name]) => name.toLowerCase())])
  for (const [name, values] of Object.entries(extra)) {
    if (values === undefined) continue
    if (taken.has(name.toLowerCase())) {
      throw new UsageError('BW_INVALID_HEADER', `The header ${name} is set by the handshake; leave it out.`)
    }
    for (const value of typeof values === 'string' ? [values] : values) all.push([name, value])
  }
  for (const [name, value] of all) checkHeader(name, value)
  return all
}
