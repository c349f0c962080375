import { HandshakeError } from '@bothways/protocol'

interface Meaning {
  /** The finding of `bothways doctor`, without `BW_DOCTOR_`. */
  readonly doctor: string
  readonly advice: string
}

/** The meanings of Node's error codes for somebody who tries to connect, and what to do. */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  [
    'ECONNREFUSED',
    {
      doctor: 'PORT_CLOSED',
      advice:
        'Nothing listens there: check host and port, and that the server runs and listens on that address.',
    },
  ],
  [
    'ENOTFOUND',
    {
      doctor: 'NAME_NOT_FOUND',
      advice: 'The name does not resolve: check its spelling, DNS, and the hosts file.',
    },
  ],
  [
    'EAI_AGAIN',
    { doctor: 'NAME_SERVER_SILENT', advice: 'The name server does not answer: check the network.' },
  ],
  [
    'ETIMEDOUT',
    {
      doctor: 'NO_ANSWER',
      advice: 'Nothing answers there: a firewall, another network, or a wrong address.',
    },
  ],
  [
    'EHOSTUNREACH',
    { doctor: 'UNREACHABLE', advice: 'There is no route to that host: check network and VPN.' },
  ],
  [
    'ENETUNREACH',
    { doctor: 'UNREACHABLE', advice: 'There is no route to that network: check network and VPN.' },
  ],
  [
    'ECONNRESET',
    {
      doctor: 'CONNECTION_RESET',
      advice:
        'The other side reset the connection: a firewall, a crashed handler, or a TLS port spoken to in plain text.',
    },
  ],
  [
    'EPROTO',
    {
      doctor: 'TLS_FAILED',
      advice: 'TLS failed: does the port speak plain text? Then use ws: instead of wss:.',
    },
  ],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    {
      doctor: 'CERTIFICATE_SELF_SIGNED',
      advice: 'The certificate is self-signed: give it as options.tls.ca.',
    },
  ],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    {
      doctor: 'CERTIFICATE_UNKNOWN_ISSUER',
      advice: 'The chain ends in a certificate nobody knows: give it as options.tls.ca.',
    },
  ],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    {
      doctor: 'CERTIFICATE_CHAIN_INCOMPLETE',
      advice: 'The chain is incomplete: the server must send its intermediate certificates.',
    },
  ],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {
      doctor: 'CERTIFICATE_NAME',
      advice: 'The certificate is for another name: use a name that is in it.',
    },
  ],
  [
    'CERT_HAS_EXPIRED',
    { doctor: 'CERTIFICATE_EXPIRED', advice: 'The certificate has expired: renew it, or set the clock.' },
  ],
])

const hangUp: Meaning = {
  doctor: 'ENDED_WITHOUT_ANSWER',
  advice:
    'The other side ended the connection without an answer: a Socket.IO server on another path, or a TLS port spoken to in plain text.',
}

/** A failure below HTTP while the handshake was under way. */
export function connectionFailed(url: URL, cause: Error): HandshakeError {
  const { code } = cause as NodeJS.ErrnoException
  // A refused dual-stack name fails with several errors at once.
  const reason =
    cause.message || (cause instanceof AggregateError ? String(cause.errors[0]?.message) : cause.name)
  const meaning = cause.message === 'socket hang up' ? hangUp : meanings.get(code ?? '')
  const message = `No connection to ${url.host}: ${reason}.${meaning === undefined ? '' : ` ${meaning.advice}`}`
  const doctor = meaning && `BW_DOCTOR_${meaning.doctor}`
  return new HandshakeError('BW_HANDSHAKE_CONNECTION_FAILED', message, { cause, doctor })
}
