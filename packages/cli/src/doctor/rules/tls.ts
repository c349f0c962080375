import { type Draft, draft, type FindingCode } from '../catalogue/draft.ts'
import type { Evidence } from '../evidence.ts'
import { speakerOf } from '../probes/greeting.ts'
import type { TlsResult } from '../probes/tls.ts'
import { withOtherScheme } from '../target.ts'
import { showAnswer } from './show.ts'

/** The findings from the TLS handshakes; a fact `isFinal` of 1 marks one that leaves nothing else to look at. */
export function concludeTls(evidence: Evidence): Draft[] {
  const { tls } = evidence
  if (tls === undefined) return []
  const http1 = evidence.tlsHttp1 ?? tls
  if (!http1.ok) return [concludeFailure(evidence, tls, http1)]
  const drafts: Draft[] = []
  drafts.push(...concludeCertificate(evidence, tls.ok ? tls : http1))
  if (isHttp2Only(evidence, tls)) {
    drafts.push(
      draft('BW_DOCTOR_HTTP2_ONLY', { isFinal: 1 }, [showTls(tls), showTls(http1), showMain(evidence)]),
    )
  }
  const { http2 } = evidence
  if (http2?.isAdvertised === true && http2.status !== 200 && evidence.main?.head?.status === 101) {
    const facts = { status: http2.status ?? 'no answer' }
    drafts.push(
      draft('BW_DOCTOR_HTTP2_WEBSOCKET_BROKEN', facts, [
        'HTTP/1.1 upgrade: 101',
        `HTTP/2 CONNECT with :protocol websocket: ${facts.status}; SETTINGS_ENABLE_CONNECT_PROTOCOL = 1`,
      ]),
    )
  }
  return drafts
}

/** A server of Node.js without HTTP/1.1 takes the handshake and says so in an answer of HTTP/1.1 itself. */
function isHttp2Only({ main }: Evidence, tls: TlsResult): boolean {
  if (tls.alpn !== 'h2') return false
  if (main === undefined) return false
  const says = main.bytes.toString('latin1')
  const isSettings = speakerOf(main.bytes) === 'HTTP/2'
  return isSettings || (main.head?.status === 403 && /ALPN/.test(says)) || main.head?.status === 505
}

function showMain({ main }: Evidence): string {
  return `upgrade over HTTP/1.1: ${main === undefined ? 'not tried' : showAnswer(main)}`
}

function concludeFailure(evidence: Evidence, tls: TlsResult, http1: TlsResult): Draft {
  const { target, plainHttp, greeting } = evidence
  const hostPort = `${target.host}:${target.port}`
  const facts = { isFinal: 1, host: target.host, hostPort, errorText: shortError(http1) }
  const seen = [showTls(tls), ...(http1 === tls ? [] : [showTls(http1)])]
  if (tls.ok && tls.alpn === 'h2') return draft('BW_DOCTOR_HTTP2_ONLY', facts, seen)
  if (plainHttp?.head !== undefined && !saysTlsOnly(plainHttp.bytes)) {
    const suggestion = withOtherScheme(target)
    seen.push(`GET without TLS: ${showAnswer(plainHttp)}`)
    return draft('BW_DOCTOR_WSS_TO_PLAIN_PORT', { ...facts, suggestion }, seen)
  }
  const speaker = greeting?.speaker ?? (plainHttp === undefined ? undefined : speakerOf(plainHttp.bytes))
  if (speaker !== undefined && speaker !== 'TLS') {
    return draft('BW_DOCTOR_NOT_HTTP', { ...facts, speaker }, [
      ...seen,
      `it says ${JSON.stringify((greeting?.bytes.length ? greeting.bytes : plainHttp?.bytes)?.subarray(0, 60).toString('latin1'))}`,
    ])
  }
  const text = `${http1.errorCode} ${http1.errorText}`
  if (http1.errorCode === 'SILENCE') return draft('BW_DOCTOR_TLS_SILENT', facts, seen)
  if (/certificate.required|CERTIFICATE_REQUIRED/i.test(text)) {
    return draft('BW_DOCTOR_CLIENT_CERTIFICATE_WANTED', facts, seen)
  }
  if (
    /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|NO_SHARED_CIPHER|unsupported protocol|protocol version|handshake failure|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY/i.test(
      text,
    )
  ) {
    return draft('BW_DOCTOR_TLS_VERSION', facts, seen)
  }
  return draft('BW_DOCTOR_TLS_FAILED', facts, seen)
}

/** Web servers tell a plain request at their TLS port so, in an answer without TLS. */
export function saysTlsOnly(bytes: Buffer): boolean {
  return /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|speaking plain HTTP to an SSL|requires TLS/i.test(
    bytes.toString('latin1'),
  )
}

function shortError({ errorCode, errorText }: TlsResult): string {
  if (errorCode === 'SILENCE' || errorCode === 'ENDED') return errorText ?? ''
  return (
    /SSL alert number \d+|:([^:]+):[^:]*:\d+:/.exec(errorText ?? '')?.[0]?.replace(/^:|:$/g, '') ??
    errorCode ??
    errorText ??
    ''
  )
}

export const certificateCodes: Readonly<Record<string, FindingCode>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'BW_DOCTOR_CERTIFICATE_SELF_SIGNED',
  SELF_SIGNED_CERT_IN_CHAIN: 'BW_DOCTOR_CERTIFICATE_UNKNOWN_ISSUER',
  UNABLE_TO_GET_ISSUER_CERT: 'BW_DOCTOR_CERTIFICATE_UNKNOWN_ISSUER',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'BW_DOCTOR_CERTIFICATE_UNKNOWN_ISSUER',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'BW_DOCTOR_CERTIFICATE_CHAIN_INCOMPLETE',
  ERR_TLS_CERT_ALTNAME_INVALID: 'BW_DOCTOR_CERTIFICATE_NAME',
  CERT_HAS_EXPIRED: 'BW_DOCTOR_CERTIFICATE_EXPIRED',
  CERT_NOT_YET_VALID: 'BW_DOCTOR_CERTIFICATE_NOT_YET_VALID',
}

function concludeCertificate({ target, isInsecure }: Evidence, tls: TlsResult): Draft[] {
  const { verifyCode, furtherCodes, certificate } = tls
  if (verifyCode === undefined || isInsecure) return []
  const codes = [verifyCode, ...furtherCodes]
  const facts = {
    host: target.host,
    hostPort: `${target.host}:${target.port}`,
    errorCode: verifyCode,
    issuer: certificate?.issuer ?? 'unknown',
    names: certificate?.names.join(', ') ?? 'nobody',
    validFrom: certificate?.validFrom ?? '?',
    validTo: certificate?.validTo ?? '?',
  }
  const seen = [
    `certificate: for ${facts.names}; issued by ${facts.issuer}; ${facts.validFrom} to ${facts.validTo}; ${certificate?.chainLength ?? 0} in the chain; ${codes.join(', ')}`,
  ]
  return codes.map(code => draft(certificateCodes[code] ?? 'BW_DOCTOR_CERTIFICATE_REFUSED', facts, seen))
}

function showTls({ ok, offered, alpn, version, errorCode, errorText, ms }: TlsResult): string {
  const result = ok ? `${version}, chose ${alpn ?? 'nothing'}` : `failed (${errorCode ?? errorText})`
  return `TLS offering ${offered.join(', ')}: ${result} after ${ms} ms`
}
