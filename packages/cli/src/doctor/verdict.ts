import type { HandshakeError } from 'bothways'
import { TunnelError } from '../reach/tunnel.ts'
import type { Draft } from './catalogue/draft.ts'
import { conclude } from './conclude.ts'
import type { Evidence } from './evidence.ts'
import { draftsFor } from './explain/explain.ts'
import type { Answer } from './probes/http.ts'
import type { TlsResult } from './probes/tls.ts'
import { concludeProxy } from './rules/proxy.ts'
import { certificateCodes } from './rules/tls.ts'
import { readTarget } from './target.ts'

const sayingNothing: readonly string[] = ['BW_DOCTOR_TEXT_UNKNOWN', 'BW_DOCTOR_GENERIC']

/** The parameters of a handshake that failed. */
export interface Attempt {
  readonly url: string
  readonly protocols: readonly string[]
  readonly origin: string | undefined
}

const nameCodes: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']

const reachResults: Readonly<Record<string, Evidence['reaches'][number]['result']>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'no answer',
}

/**
 * The doctor's conclusion from a failed handshake, by its own rules and without a further connection: less than
 * the doctor finds out by comparing, never something else. Undefined where the failure alone says nothing.
 */
export function verdictOf(error: HandshakeError, attempt: Attempt): Draft | undefined {
  const { cause } = error
  if (cause instanceof TunnelError) return concludeProxy(cause)
  const { target } = readTarget(attempt.url, attempt.protocols)
  if (target === undefined) return undefined
  const seen = seenIn(error)
  if (seen !== undefined) {
    const [first] = conclude({
      target,
      offered: attempt.protocols,
      origin: attempt.origin ?? target.origin,
      isInsecure: false,
      names: { addresses: [target.host], ms: 0, errorCode: undefined },
      reaches: [],
      variants: {},
      openPaths: [],
      ...seen,
    })
    if (first !== undefined && first.severity !== 'info') return first
  }
  const [likeliest] = draftsFor(`${error.message} ${attempt.url}`)
  return likeliest === undefined || sayingNothing.includes(likeliest.code) ? undefined : likeliest
}

/** The evidence that lies in a failure. */
function seenIn(error: HandshakeError): Partial<Evidence> | undefined {
  const address = 'there'
  if (error.answer !== undefined) {
    const { status, headers, body } = error.answer
    // Whether the accept key was right is judged by a key that is not known here.
    if (status === 101) return undefined
    return { address, main: answerOf({ bytes: Buffer.from(body), head: { status, headers: flat(headers) } }) }
  }
  if (error.code === 'BW_HANDSHAKE_TIMEOUT') return { address, main: answerOf({ ending: 'silence' }) }
  const cause = causeOf(error)
  const code = cause?.code ?? ''
  if (nameCodes.includes(code)) return { names: { addresses: [], ms: 0, errorCode: code } }
  const result = reachResults[code]
  if (result !== undefined) {
    return { reaches: [{ address, family: 4, ms: 0, result, errorCode: code }] }
  }
  if (certificateCodes[code] !== undefined) return { address, tls: tlsOf({ ok: true, verifyCode: code }) }
  if (
    /^(ERR_SSL|EPROTO)/.test(code) &&
    !/wrong.version.number|packet.length/i.test(`${code} ${cause?.message}`)
  ) {
    return { address, tls: tlsOf({ ok: false, errorCode: code, errorText: cause?.message }) }
  }
  if (code.startsWith('HPE_') && cause?.rawPacket !== undefined) {
    return { address, main: answerOf({ bytes: Buffer.from(cause.rawPacket) }) }
  }
  return code === 'ECONNRESET' ? { address, main: answerOf({ ending: 'ended' }) } : undefined
}

type Cause = NodeJS.ErrnoException & { readonly rawPacket?: Uint8Array }

/** A dual-stack name fails with an error for each address. */
function causeOf({ cause }: HandshakeError): Cause | undefined {
  const one: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  return one instanceof Error ? one : undefined
}

interface Heard {
  readonly bytes?: Buffer
  readonly ending?: Answer['ending']
  readonly head?: { readonly status: number; readonly headers: Readonly<Record<string, string>> }
}

function answerOf({ bytes = Buffer.alloc(0), ending = 'enough', head }: Heard): Answer {
  return {
    ask: { path: '/', host: '', upgrade: true },
    key: undefined,
    ending,
    bytes,
    connectMs: 0,
    firstByteMs: undefined,
    endMs: 0,
    error: undefined,
    head: head && { version: '1.1', reason: '', byteLength: 0, ...head },
    rest: bytes,
  }
}

function tlsOf(known: Partial<TlsResult> & Pick<TlsResult, 'ok'>): TlsResult {
  return {
    offered: ['http/1.1'],
    alpn: undefined,
    version: undefined,
    verifyCode: undefined,
    furtherCodes: [],
    certificate: undefined,
    errorCode: undefined,
    errorText: undefined,
    ms: 0,
    ...known,
  }
}

function flat(headers: NodeJS.Dict<string | readonly string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  )
}
