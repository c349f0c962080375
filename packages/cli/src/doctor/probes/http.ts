import { randomBytes } from 'node:crypto'
import { createKey, keyBytes } from '@bothways/protocol'
import { type Endpoint, type Exchange, exchange, type Transcript } from './wire.ts'

/** The head of an HTTP/1.x response as it came. */
export interface ResponseHead {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** Names in lower case; values that came several times are joined by a comma and a space. */
  readonly headers: Readonly<Record<string, string>>
  /** Bytes up to and with the empty line. */
  readonly byteLength: number
}

const maxHeadBytes = 32 * 1024

/**
 * Reads the head of the final answer: interim answers, such as 103, come before it and are skipped, apart from 101
 * (RFC 9110 §15.2).
 *
 * @returns undefined when the head is not whole; null when this is no HTTP
 */
function readResponseHead(bytes: Buffer): ResponseHead | undefined | null {
  let start = 0
  for (;;) {
    const head = readOneHead(bytes.subarray(start))
    if (head === undefined || head === null) return head
    const isInterim = head.status < 200 && head.status !== 101
    start += head.byteLength
    if (!isInterim) return { ...head, byteLength: start }
  }
}

function readOneHead(bytes: Buffer): ResponseHead | undefined | null {
  const start = bytes.subarray(0, 5).toString('latin1')
  if (!'HTTP/'.startsWith(start.slice(0, 5)) && !start.startsWith('HTTP/')) return null
  const text = bytes.subarray(0, maxHeadBytes).toString('latin1')
  // Some servers written by hand end their lines with a single LF.
  const end = /\r?\n\r?\n/.exec(text)
  if (end === null) return undefined
  const [statusLine = '', ...lines] = text.slice(0, end.index).split(/\r?\n/)
  const [, version = '', status = '', reason = ''] =
    /^HTTP\/(\d(?:\.\d)?) (\d{3})(?: (.*))?$/.exec(statusLine) ?? []
  if (status === '') return null
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return { version, status: Number(status), reason, headers, byteLength: end.index + end[0].length }
}

/** The parts of a request. Parts that are not named are as a browser sends them. */
export interface Ask {
  readonly path: string
  readonly host: string
  readonly upgrade: boolean
  readonly origin?: string | undefined
  readonly protocols?: readonly string[] | undefined
  readonly deflate?: boolean | undefined
  readonly httpVersion?: '1.0' | '1.1'
  /** Further lines, such as `['Cookie', 'a=b']`. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** With the headers of WebSocket, but without Upgrade and Connection: as a proxy passes it on that knows no upgrades. */
  readonly isStripped?: boolean
  /** With a line that is no header, which its first reader refuses (RFC 9112 §5.1). */
  readonly isBroken?: boolean
  /** Behind a header of the PROXY protocol, version 1, as load balancers put it in front. */
  readonly hasProxyHeader?: boolean
}

/** The answer to one request. */
export interface Answer extends Transcript {
  readonly ask: Ask
  /** The Sec-WebSocket-Key that was sent; undefined for a plain request. */
  readonly key: string | undefined
  /** Undefined: no whole response came. */
  readonly head: ResponseHead | undefined
  /** The bytes that came behind the head, as they are: the beginning of a body, or of frames. */
  readonly rest: Buffer
}

export interface Dialogue {
  readonly answer: Answer
  /** Open after a 101, with everything that came behind the head in {@link Answer.rest}. */
  readonly exchange: Exchange
}

/** The bytes of a request, and the key it carries. */
function writeRequest(ask: Ask): { readonly text: string; readonly key: string | undefined } {
  const key = ask.upgrade ? createKey(randomBytes(keyBytes)) : undefined
  const lines = [`GET ${ask.path} HTTP/${ask.httpVersion ?? '1.1'}`, `Host: ${ask.host}`]
  if (key === undefined) lines.push('Connection: close', 'Accept: */*')
  else {
    if (ask.isStripped) lines.push('Connection: close')
    else lines.push('Connection: Upgrade', 'Upgrade: websocket')
    lines.push('Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`)
    if (ask.protocols !== undefined && ask.protocols.length > 0) {
      lines.push(`Sec-WebSocket-Protocol: ${ask.protocols.join(', ')}`)
    }
    if (ask.deflate ?? true)
      lines.push('Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits')
  }
  if (ask.origin !== undefined) lines.push(`Origin: ${ask.origin}`)
  lines.push(`User-Agent: bothways-doctor`)
  for (const [name, value] of ask.headers ?? []) lines.push(`${name}: ${value}`)
  if (ask.isBroken) lines.push('no header')
  const before = ask.hasProxyHeader ? 'PROXY TCP4 127.0.0.1 127.0.0.1 65535 80\r\n' : ''
  return { text: `${before}${lines.join('\r\n')}\r\n\r\n`, key }
}

/** A server that has begun to answer and says nothing for so long has said all, in ms. */
const quietMs = 1500

/** Sends one request on a connection of its own and reads the answer. Never rejects. */
export async function request(
  endpoint: Endpoint,
  ask: Ask,
  timing: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Dialogue> {
  const { text, key } = writeRequest(ask)
  const done = await exchange(endpoint, { ...timing, quietMs, send: text, isEnough: isWholeAnswer })
  const head = readResponseHead(done.bytes) ?? undefined
  const answer: Answer = {
    ask,
    key,
    ending: done.ending,
    bytes: done.bytes,
    connectMs: done.connectMs,
    firstByteMs: done.firstByteMs,
    endMs: done.endMs,
    error: done.error,
    head,
    rest: done.bytes.subarray(head?.byteLength ?? done.bytes.length),
  }
  if (head?.status !== 101) done.socket.destroy()
  return { answer, exchange: done }
}

/** As much of a body as tells who speaks, in bytes. */
const wantedBodyBytes = 4096

function isWholeAnswer(bytes: Buffer): boolean {
  const head = readResponseHead(bytes)
  if (head === null) return bytes.length >= 512
  if (head === undefined) return false
  if (head.status === 101 || head.status === 204 || head.status === 304) return true
  const body = bytes.subarray(head.byteLength)
  const length = Number(head.headers['content-length'] ?? Number.NaN)
  if (body.length >= Math.min(length, wantedBodyBytes)) return true
  return (
    body.length >= wantedBodyBytes || (isChunked(head) && /(^|\r\n)0\r\n\r\n/.test(body.toString('latin1')))
  )
}

function isChunked(head: ResponseHead): boolean {
  return /\bchunked\b/i.test(head.headers['transfer-encoding'] ?? '')
}

/** The beginning of an answer's body as text, without the marks of chunks. */
export function bodyText(answer: Answer): string {
  if (answer.head === undefined) return ''
  const text = answer.rest.subarray(0, wantedBodyBytes).toString('utf8')
  return isChunked(answer.head)
    ? text.replace(/^[0-9a-f]+\r\n/i, '').replace(/\r\n[0-9a-f]+\r\n/gi, '')
    : text
}
