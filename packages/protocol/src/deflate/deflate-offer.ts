import type { Extension, ExtensionParameter } from '../handshake/extensions.ts'
import { type DeflateAgreement, deflateExtensionName } from './deflate-agreement.ts'
import type { DeflateOptions } from './deflate-options.ts'
import { type DeflateParameters, maxWindowBits, parseDeflateParameters } from './deflate-parameters.ts'

/** A client's offer of permessage-deflate (RFC 7692 §7.1). It always allows the server to limit the client's window. */
export function createDeflateOffer(options: DeflateOptions): Extension {
  const parameters: ExtensionParameter[] = []
  if (options.serverNoContextTakeover) parameters.push(['server_no_context_takeover', true])
  if (options.clientNoContextTakeover) parameters.push(['client_no_context_takeover', true])
  if (options.serverMaxWindowBits < maxWindowBits) {
    parameters.push(['server_max_window_bits', String(options.serverMaxWindowBits)])
  }
  const { clientMaxWindowBits } = options
  parameters.push([
    'client_max_window_bits',
    clientMaxWindowBits < maxWindowBits ? String(clientMaxWindowBits) : true,
  ])
  return { name: deflateExtensionName, parameters }
}

export type DeflateResponseResult =
  | { readonly ok: true; readonly agreement: DeflateAgreement }
  /** The fault of the answer, as a part of a sentence. */
  | { readonly ok: false; readonly problem: string }

/**
 * Checks a server's answer against the client's offers (RFC 7692 §7.1). With several offers of permessage-deflate
 * (fallbacks, §7) it must fit one of them; `problem` then tells about the last. Other extensions in `offered` do not
 * count.
 */
export function checkDeflateResponse(
  response: Extension,
  offered: readonly Extension[],
): DeflateResponseResult {
  const answer = parseDeflateParameters(response.parameters, 'response')
  if (!answer.ok) return answer

  let result: DeflateResponseResult = { ok: false, problem: 'it was not offered' }
  for (const { name, parameters } of offered) {
    if (name !== deflateExtensionName) continue
    const offer = parseDeflateParameters(parameters, 'offer')
    result = offer.ok ? agree(offer.parameters, answer.parameters) : offer
    if (result.ok) return result
  }
  return result
}

function agree(offer: DeflateParameters, answer: DeflateParameters): DeflateResponseResult {
  // §7.1.1.1 and §7.1.2.1: the server accepts what the client asks of it by repeating it, or declines the offer.
  if (offer.serverNoContextTakeover && !answer.serverNoContextTakeover) {
    return { ok: false, problem: 'server_no_context_takeover was offered but not accepted' }
  }
  const serverMaxWindowBits = answer.serverMaxWindowBits ?? maxWindowBits
  if (offer.serverMaxWindowBits !== undefined && serverMaxWindowBits > offer.serverMaxWindowBits) {
    const got = answer.serverMaxWindowBits ?? 'none'
    return {
      ok: false,
      problem: `server_max_window_bits was offered as ${offer.serverMaxWindowBits}, got ${got}`,
    }
  }
  if (offer.clientMaxWindowBits === undefined && answer.clientMaxWindowBits !== undefined) {
    return { ok: false, problem: 'client_max_window_bits was not offered' }
  }
  return {
    ok: true,
    agreement: {
      serverNoContextTakeover: answer.serverNoContextTakeover,
      // §7.1.1.2: the offer's parameter for the client itself holds even if the server does not repeat it.
      clientNoContextTakeover: offer.clientNoContextTakeover || answer.clientNoContextTakeover,
      serverMaxWindowBits,
      // §7.1.2.2: likewise; a larger value in the answer only says that the server could read it.
      clientMaxWindowBits: Math.min(windowBits(offer), windowBits(answer)),
    },
  }
}

function windowBits({ clientMaxWindowBits }: DeflateParameters): number {
  return typeof clientMaxWindowBits === 'number' ? clientMaxWindowBits : maxWindowBits
}
