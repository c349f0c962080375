import type { Extension, ExtensionParameter } from '../handshake/extensions.ts'
import { type DeflateAgreement, deflateExtensionName } from './deflate-agreement.ts'
import type { DeflateOptions } from './deflate-options.ts'
import { type DeflateParameters, maxWindowBits, parseDeflateParameters } from './deflate-parameters.ts'

export interface AcceptedDeflateOffer {
  readonly agreement: DeflateAgreement
  /** The server's answer in `Sec-WebSocket-Extensions`. */
  readonly response: Extension
}

/**
 * Accepts the first offer of permessage-deflate that a server can take (RFC 7692 §5, §7.1); `undefined` when there is
 * none and messages stay as they are. An offer with invalid parameters is declined and not an error (§7.1).
 *
 * The result never goes beyond `options`: an offer that does not let the server limit the client's window is
 * declined when `clientMaxWindowBits` is below 15. A server window of 8 bits is accepted; see
 * {@link deflateDirections} for what the server does then.
 */
export function acceptDeflateOffer(
  offers: readonly Extension[],
  options: DeflateOptions,
): AcceptedDeflateOffer | undefined {
  for (const { name, parameters } of offers) {
    if (name !== deflateExtensionName) continue
    const offer = parseDeflateParameters(parameters, 'offer')
    if (offer.ok && canLimitClient(offer.parameters, options)) return accept(offer.parameters, options)
  }
  return undefined
}

/** §7.1.2.2: the answer may carry `client_max_window_bits` only if the offer does. */
function canLimitClient(offer: DeflateParameters, options: DeflateOptions): boolean {
  return offer.clientMaxWindowBits !== undefined || options.clientMaxWindowBits === maxWindowBits
}

function accept(offer: DeflateParameters, options: DeflateOptions): AcceptedDeflateOffer {
  const agreement: DeflateAgreement = {
    serverNoContextTakeover: offer.serverNoContextTakeover || options.serverNoContextTakeover,
    clientNoContextTakeover: offer.clientNoContextTakeover || options.clientNoContextTakeover,
    serverMaxWindowBits: Math.min(offer.serverMaxWindowBits ?? maxWindowBits, options.serverMaxWindowBits),
    clientMaxWindowBits: Math.min(
      typeof offer.clientMaxWindowBits === 'number' ? offer.clientMaxWindowBits : maxWindowBits,
      options.clientMaxWindowBits,
    ),
  }
  return { agreement, response: { name: deflateExtensionName, parameters: answer(offer, agreement) } }
}

function answer(offer: DeflateParameters, agreement: DeflateAgreement): ExtensionParameter[] {
  const parameters: ExtensionParameter[] = []
  if (agreement.serverNoContextTakeover) parameters.push(['server_no_context_takeover', true])
  if (agreement.clientNoContextTakeover) parameters.push(['client_no_context_takeover', true])
  // §7.1.2.1: a limit that the client asks for is accepted by repeating it, be it the largest.
  if (offer.serverMaxWindowBits !== undefined || agreement.serverMaxWindowBits < maxWindowBits) {
    parameters.push(['server_max_window_bits', String(agreement.serverMaxWindowBits)])
  }
  if (agreement.clientMaxWindowBits < maxWindowBits) {
    parameters.push(['client_max_window_bits', String(agreement.clientMaxWindowBits)])
  }
  return parameters
}
