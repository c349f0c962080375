import {
  acceptDeflateOffer,
  chooseSubprotocol,
  type DeflateDirections,
  deflateDirections,
  type Extension,
  type Refusal,
} from '@bothways/protocol'
import type { ConnectionSettings } from '../connection/options.ts'
import { ownText } from './own-text.ts'
import type { ResolvedRoute } from './route.ts'
import type { SocketHandlers } from './server-socket.ts'

export interface NegotiatedProtocol<User> {
  readonly protocol: string
  readonly handlers: SocketHandlers<User>
}

/** Which subprotocol a route speaks with a client, and who serves it (RFC 6455 §4.2.2 step 5). */
export function negotiateProtocol<User>(
  route: ResolvedRoute<User>,
  offered: readonly string[],
): NegotiatedProtocol<User> | Refusal {
  const supported = route.protocols === 'any' ? offered : route.protocols
  const chosen = chooseSubprotocol(offered, supported)
  const isUnderstood = chosen !== undefined || offered.length === 0 || supported.length === 0
  const handlers = isUnderstood ? route.handlersFor(chosen ?? '') : undefined
  if (handlers !== undefined) return { protocol: ownText(chosen ?? ''), handlers }
  const came = offered.length === 0 ? 'none was offered' : `offered were ${offered.join(', ').slice(0, 100)}`
  return {
    code: 'BW_SUBPROTOCOL_UNSUPPORTED',
    status: 400,
    headers: {},
    text: `This path speaks the subprotocols ${supported.join(', ')}; ${came}.`,
  }
}

export interface NegotiatedExtensions {
  /** What the answer says. */
  readonly extensions: readonly Extension[]
  readonly deflate: DeflateDirections | undefined
}

/** What a server agrees to of the extensions that a client offers (RFC 6455 §9.1, RFC 7692 §5). */
export function negotiateExtensions(
  offers: readonly Extension[],
  { compression }: ConnectionSettings,
): NegotiatedExtensions {
  const accepted =
    compression &&
    acceptDeflateOffer(offers, {
      serverNoContextTakeover: !compression.contextTakeover,
      clientNoContextTakeover: !compression.peerContextTakeover,
      serverMaxWindowBits: compression.windowBits,
      clientMaxWindowBits: compression.peerWindowBits,
    })
  if (!accepted) return { extensions: [], deflate: undefined }
  return { extensions: [accepted.response], deflate: deflateDirections(accepted.agreement, 'server') }
}
