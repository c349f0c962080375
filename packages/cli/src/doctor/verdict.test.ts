import { HandshakeError } from 'bothways'
import { expect, test } from 'vitest'
import { TunnelError } from '../reach/tunnel.ts'
import { verdictOf } from './verdict.ts'

const failed = (code: string, message = code, more = {}): HandshakeError =>
  new HandshakeError('BW_HANDSHAKE_CONNECTION_FAILED', `No connection: ${message}.`, {
    cause: Object.assign(new Error(message), { code }, more),
  })
const answered = (status: number, body = '', headers = {}): HandshakeError =>
  new HandshakeError('BW_STATUS_NOT_101', `Status ${status}.`, { answer: { status, headers, body } })

const cases: readonly (readonly [string, HandshakeError, string | undefined])[] = [
  ['a closed port', failed('ECONNREFUSED'), 'PORT_CLOSED'],
  ['an unknown name', failed('ENOTFOUND'), 'NAME_NOT_FOUND'],
  ['a name server that is silent', failed('EAI_AGAIN'), 'NAME_SERVER_SILENT'],
  ['no route', failed('EHOSTUNREACH'), 'UNREACHABLE'],
  ['no answer to SYN', failed('ETIMEDOUT'), 'NO_ANSWER'],
  ['a self-signed certificate', failed('DEPTH_ZERO_SELF_SIGNED_CERT'), 'CERTIFICATE_SELF_SIGNED'],
  ['a certificate that is over', failed('CERT_HAS_EXPIRED'), 'CERTIFICATE_EXPIRED'],
  ['TLS to a plain port', failed('EPROTO', 'ssl3_get_record:wrong version number'), 'WSS_TO_PLAIN_PORT'],
  ['an old TLS', failed('EPROTO', 'tlsv1 alert protocol version'), 'TLS_VERSION'],
  ['a hang-up', failed('ECONNRESET', 'socket hang up'), 'ENDED_WITHOUT_ANSWER'],
  [
    'SSH',
    failed('HPE_INVALID_CONSTANT', 'Parse Error', { rawPacket: Buffer.from('SSH-2.0-x\r\n') }),
    'NOT_HTTP',
  ],
  ['silence', new HandshakeError('BW_HANDSHAKE_TIMEOUT', 'No answer.'), 'SERVER_SILENT'],
  ['a page', answered(200, '<html>'), 'HTTP_ANSWERED'],
  ['a login', answered(401, '', { 'www-authenticate': 'Basic' }), 'AUTHENTICATION'],
  ['an origin', answered(403, 'Origin not allowed'), 'ORIGIN_REFUSED'],
  ['a redirect', answered(302, '', { location: '/login' }), 'REDIRECTED'],
  ['a gateway', answered(502, '', { server: 'nginx' }), 'BAD_GATEWAY'],
  ['something unheard of', failed(''), undefined],
]

test.each(cases)('A failure by %s has the verdict of the doctor', (_, error, code) => {
  const verdict = verdictOf(error, { url: 'wss://example.com/ws', protocols: [], origin: undefined })
  expect(verdict?.code).toBe(code === undefined ? undefined : `BW_DOCTOR_${code}`)
})

test.each([
  [407, 'PROXY_AUTHENTICATION'],
  [403, 'PROXY_REFUSED'],
  [undefined, 'PROXY_UNREACHABLE'],
])('A proxy that answers %s has its own verdict', (status, code) => {
  const error = new HandshakeError('BW_HANDSHAKE_CONNECTION_FAILED', 'No connection.', {
    cause: new TunnelError('no', 'proxy:3128', status),
  })
  expect(verdictOf(error, { url: 'ws://a/', protocols: [], origin: undefined })?.code).toBe(
    `BW_DOCTOR_${code}`,
  )
})
