import type { Extension } from '../handshake/extensions.ts'

/** What one side wants of permessage-deflate (RFC 7692 §7.1). */
export interface DeflatePolicy {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  /** 8 to 15. */
  readonly serverMaxWindowBits: number
  readonly clientMaxWindowBits: number
}

/** What both sides agreed on. */
export type DeflateAgreement = DeflatePolicy

export function acceptDeflateOffer(
  offers: readonly Extension[],
  policy: DeflatePolicy,
): { readonly agreement: DeflateAgreement; readonly response: Extension } | undefined {
  for (const offer of offers) {
    if (offer.name !== 'permessage-deflate') continue
    const asked = readParameters(offer)
    if (asked === undefined || asked.server_max_window_bits === true) continue
    const serverMaxWindowBits = Math.min(policy.serverMaxWindowBits, asked.server_max_window_bits ?? 15)
    const limit = asked.client_max_window_bits
    const clientMaxWindowBits =
      limit === undefined ? 15 : Math.min(policy.clientMaxWindowBits, limit === true ? 15 : limit)
    const agreement: DeflateAgreement = {
      serverNoContextTakeover: policy.serverNoContextTakeover || asked.server_no_context_takeover === true,
      clientNoContextTakeover: policy.clientNoContextTakeover || asked.client_no_context_takeover === true,
      serverMaxWindowBits,
      clientMaxWindowBits,
    }
    const parameters: [string, string | true][] = []
    if (agreement.serverNoContextTakeover) parameters.push(['server_no_context_takeover', true])
    if (agreement.clientNoContextTakeover) parameters.push(['client_no_context_takeover', true])
    if (serverMaxWindowBits < 15 || asked.server_max_window_bits !== undefined) {
      parameters.push(['server_max_window_bits', String(serverMaxWindowBits)])
    }
    if (limit !== undefined && clientMaxWindowBits < 15) {
      parameters.push(['client_max_window_bits', String(clientMaxWindowBits)])
    }
    return { agreement, response: { name: 'permessage-deflate', parameters } }
  }
  return undefined
}

interface Parameters {
  server_no_context_takeover?: true
  client_no_context_takeover?: true
  server_max_window_bits?: number | true
  client_max_window_bits?: number | true
}

function readParameters({ parameters }: Extension): Parameters | undefined {
  const read: Parameters = {}
  for (const [name, value] of parameters) {
    if (name in read) return undefined
    if (name === 'server_no_context_takeover' || name === 'client_no_context_takeover') {
      if (value !== true) return undefined
      read[name] = true
    } else if (name === 'server_max_window_bits' || name === 'client_max_window_bits') {
      if (value !== true && !/^(?:[89]|1[0-5])$/.test(value)) return undefined
      read[name] = value === true ? true : Number(value)
    } else {
      return undefined
    }
  }
  return read
}
