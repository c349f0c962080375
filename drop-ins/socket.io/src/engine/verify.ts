import type { EngineRequest } from './engine-request.ts'
import type { ServerSettings } from './options.ts'
import type { Protocol } from './packet.ts'
import { type EngineRefusal, errors } from './server-errors.ts'
import type { Transport, TransportName } from './transport.ts'

/** The protocol and transport of a session, which its requests must fit. */
export interface KnownSession {
  readonly protocol: Protocol
  readonly transport: Pick<Transport, 'name'>
}

/** The characters that may stand in a header's value (RFC 9110 §5.5). */
const headerPattern = /^[\t\x20-\x7e\x80-\xff]*$/

/** The transport a request names; undefined when the server has no such. */
export function transportOf(request: EngineRequest, settings: ServerSettings): TransportName | undefined {
  const { transport } = request._query
  if (transport !== 'polling' && transport !== 'websocket') return undefined
  return settings.transports.includes(transport) ? transport : undefined
}

/** The refusal of a request that breaks a rule, before the program is asked about it; undefined: it breaks none. */
export function problemOf(
  request: EngineRequest,
  settings: ServerSettings,
  clients: Readonly<Record<string, KnownSession>>,
  isUpgrade: boolean,
): EngineRefusal | undefined {
  const { transport: name, sid } = request._query
  const transport = transportOf(request, settings)
  if (transport === undefined) return { code: errors.UNKNOWN_TRANSPORT, context: { transport: name } }
  const { origin } = request.headers
  if (origin !== undefined && !headerPattern.test(origin)) {
    return { code: errors.BAD_REQUEST, context: { name: 'INVALID_ORIGIN', origin } }
  }
  if (sid) {
    const client = Object.hasOwn(clients, sid) ? clients[sid] : undefined
    if (client === undefined) return { code: errors.UNKNOWN_SID, context: { sid } }
    return problemOfSession(request, client, transport, isUpgrade)
  }
  if (request.method !== 'GET') {
    return { code: errors.BAD_HANDSHAKE_METHOD, context: { method: request.method } }
  }
  if (transport === 'websocket' && !isUpgrade) {
    return { code: errors.BAD_REQUEST, context: { name: 'TRANSPORT_HANDSHAKE_ERROR' } }
  }
  return undefined
}

function problemOfSession(
  request: EngineRequest,
  client: KnownSession,
  transport: TransportName,
  isUpgrade: boolean,
): EngineRefusal | undefined {
  const previousTransport = client.transport.name
  if (!isUpgrade && (previousTransport !== transport || transport === 'websocket')) {
    return {
      code: errors.BAD_REQUEST,
      context: { name: 'TRANSPORT_MISMATCH', transport, previousTransport },
    }
  }
  const protocol = protocolOf(request)
  if (client.protocol !== protocol) {
    return {
      code: errors.BAD_REQUEST,
      context: { name: 'PROTOCOL_MISMATCH', protocol, previousProtocol: client.protocol },
    }
  }
  return undefined
}

/** The revision that a client speaks; one that does not say speaks the third. */
export function protocolOf({ _query: query }: EngineRequest): 3 | 4 {
  return query.EIO === '4' ? 4 : 3
}
