import {
  checkServerIdentity,
  connect,
  type PeerCertificate,
  type TLSSocket,
  type ConnectionOptions as TlsOptions,
} from 'node:tls'

/** One TLS handshake with one list of protocols, and the certificate that came. */
export interface TlsResult {
  readonly ok: boolean
  readonly offered: readonly string[]
  /** The protocol that the server has chosen by ALPN; undefined when it chose none. */
  readonly alpn: string | undefined
  readonly version: string | undefined
  /** Why a client that checks would refuse: OpenSSL's code, such as `CERT_HAS_EXPIRED`. */
  readonly verifyCode: string | undefined
  /** Further faults of the certificate: a client sees them once the first is mended. */
  readonly furtherCodes: readonly string[]
  readonly certificate: CertificateFacts | undefined
  /** The handshake itself failed. */
  readonly errorCode: string | undefined
  readonly errorText: string | undefined
  readonly ms: number
}

export interface CertificateFacts {
  readonly names: readonly string[]
  readonly issuer: string
  readonly validFrom: string
  readonly validTo: string
  readonly isSelfSigned: boolean
  /** How many certificates the server has sent. */
  readonly chainLength: number
}

/** Makes one TLS handshake and ends the connection; it checks the certificate and goes on whatever comes out. */
export function tlsHandshake(
  address: string,
  port: number,
  options: TlsOptions,
  offered: readonly string[],
  timeoutMs: number,
): Promise<TlsResult> {
  const startedAt = performance.now()
  return new Promise(resolve => {
    const socket = connect({
      ...options,
      host: address,
      port,
      rejectUnauthorized: false,
      ALPNProtocols: [...offered],
    })
    const settle = (error?: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      const isDone = error === undefined
      const verified = isDone ? verifyCode(socket, options) : undefined
      resolve({
        ok: isDone,
        offered,
        alpn: socket.alpnProtocol || undefined,
        version: isDone ? (socket.getProtocol() ?? undefined) : undefined,
        verifyCode: verified,
        furtherCodes: verified === undefined ? [] : furtherCodes(socket, options.servername, verified),
        certificate: isDone ? certificateFacts(socket) : undefined,
        errorCode: error?.code,
        errorText: error?.message,
        ms: Math.round(performance.now() - startedAt),
      })
      socket.destroy()
    }
    const timer = setTimeout(
      () => settle(Object.assign(new Error('no answer to the ClientHello'), { code: 'SILENCE' })),
      timeoutMs,
    )
    socket.on('error', settle)
    socket.once('secureConnect', () => settle())
    socket.once('close', () =>
      settle(Object.assign(new Error('ended during the TLS handshake'), { code: 'ENDED' })),
    )
  })
}

function verifyCode(socket: TLSSocket, options: TlsOptions): string | undefined {
  // Node puts the code where its types promise an Error.
  const reason = socket.authorizationError as unknown as string | Error | null
  if (reason === null || reason === undefined || options.rejectUnauthorized === false) return undefined
  return typeof reason === 'string' ? reason : ((reason as NodeJS.ErrnoException).code ?? reason.message)
}

/** OpenSSL names the first fault of a chain, and Node.js looks at the name only when there is none. */
function furtherCodes(socket: TLSSocket, host: string | undefined, first: string): string[] {
  const certificate = socket.getPeerCertificate()
  const codes: string[] = []
  if (Date.parse(certificate.valid_to) < Date.now()) codes.push('CERT_HAS_EXPIRED')
  if (host !== undefined && checkServerIdentity(host, certificate) !== undefined) {
    codes.push('ERR_TLS_CERT_ALTNAME_INVALID')
  }
  return codes.filter(code => code !== first)
}

function certificateFacts(socket: TLSSocket): CertificateFacts | undefined {
  const certificate = socket.getPeerCertificate(true)
  if (certificate?.subject === undefined) return undefined
  const alternatives = (certificate.subjectaltname ?? '')
    .split(', ')
    .map(name => name.replace(/^(DNS|IP Address):/, ''))
    .filter(name => name !== '')
  const common = first(certificate.subject.CN)
  return {
    names: alternatives.length > 0 ? alternatives : common === undefined ? [] : [common],
    issuer: first(certificate.issuer.CN) ?? first(certificate.issuer.O) ?? 'unknown',
    validFrom: certificate.valid_from,
    validTo: certificate.valid_to,
    isSelfSigned:
      certificate.issuerCertificate === certificate || sameName(certificate.subject, certificate.issuer),
    chainLength: chainLength(certificate),
  }
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function sameName(subject: PeerCertificate['subject'], issuer: PeerCertificate['issuer']): boolean {
  return JSON.stringify(subject) === JSON.stringify(issuer)
}

function chainLength(certificate: ReturnType<TLSSocket['getPeerCertificate']>): number {
  let count = 1
  let at = certificate as ReturnType<TLSSocket['getPeerCertificate']> & {
    issuerCertificate?: typeof certificate
  }
  while (at.issuerCertificate !== undefined && at.issuerCertificate !== at && count < 20) {
    at = at.issuerCertificate as typeof at
    count += 1
  }
  return count
}
