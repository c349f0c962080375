import { HandshakeError } from '@bothways/protocol'

/** What Node's error codes mean to somebody who tries to connect, and what to do. */
const advice: ReadonlyMap<string, string> = new Map([
  [
    'ECONNREFUSED',
    'Nothing listens there: check host and port, and that the server runs and listens on that address.',
  ],
  ['ENOTFOUND', 'The name does not resolve: check its spelling, DNS, and the hosts file.'],
  ['EAI_AGAIN', 'The name server does not answer: check the network.'],
  ['ETIMEDOUT', 'Nothing answers there: a firewall, another network, or a wrong address.'],
  ['EHOSTUNREACH', 'There is no route to that host: check network and VPN.'],
  ['ENETUNREACH', 'There is no route to that network: check network and VPN.'],
  [
    'ECONNRESET',
    'The other side reset the connection: a firewall, a crashed handler, or a TLS port spoken to in plain text.',
  ],
  ['EPROTO', 'TLS failed: does the port speak plain text? Then use ws: instead of wss:.'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'The certificate is self-signed: give it as options.tls.ca.'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'The chain ends in a certificate nobody knows: give it as options.tls.ca.'],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'The chain is incomplete: the server must send its intermediate certificates.',
  ],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'The certificate is for another name: use a name that is in it.'],
  ['CERT_HAS_EXPIRED', 'The certificate has expired: renew it, or set the clock.'],
])

/** A failure below HTTP while the handshake was under way. */
export function connectionFailed(url: URL, cause: Error): HandshakeError {
  const { code } = cause as NodeJS.ErrnoException
  // A refused dual-stack name fails with several errors at once.
  const reason =
    cause.message || (cause instanceof AggregateError ? String(cause.errors[0]?.message) : cause.name)
  const isHangUp = cause.message === 'socket hang up'
  const hint = isHangUp
    ? 'The other side ended the connection without an answer: a Socket.IO server on another path, or a TLS port spoken to in plain text.'
    : advice.get(code ?? '')
  const message = `No connection to ${url.host}: ${reason}.${hint === undefined ? '' : ` ${hint}`}`
  return new HandshakeError('BW_HANDSHAKE_CONNECTION_FAILED', message, { cause })
}
