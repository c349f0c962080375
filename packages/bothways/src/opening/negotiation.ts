import {
  acceptDeflateOffer,
  chooseSubprotocol,
  type DeflateDirections,
  deflateDirections,
  type Extension,
  type Refusal,
} from '@bothways/protocol'
import type { ConnectionSettings } from '../connection/options.ts'
import { noSubprotocol } from './refusals.ts'
import { ownText } from './upgrade-request.ts'

/** A route, as far as the handshake asks. */
export interface Served {
  /** The subprotocols, in order of preference; `'any'`: the client's. */
  readonly protocols: readonly string[] | 'any'
  /** The handlers of a connection that agreed on `protocol`, or on none when it is ''; undefined when there are none. */
  handlersFor(protocol: string): object | undefined
}

/** The subprotocol that is spoken with a client, '' for none, or why there is none (RFC 6455 §4.2.2 step 5). */
export function negotiateProtocol(served: Served, offered: readonly string[]): string | Refusal {
  const supported = served.protocols === 'any' ? offered : served.protocols
  const chosen = chooseSubprotocol(offered, supported)
  const isUnderstood = chosen !== undefined || offered.length === 0 || supported.length === 0
  if (isUnderstood && served.handlersFor(chosen ?? '') !== undefined) {
    return chosen === undefined ? '' : ownText(chosen)
  }
  return noSubprotocol(supported, offered)
}

export interface NegotiatedExtensions {
  /** The extensions that the answer names. */
  readonly extensions: readonly Extension[]
  readonly deflate: DeflateDirections | undefined
}

/** The extensions that a server agrees to, of those that a client offers (RFC 6455 §9.1, RFC 7692 §5). */
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
