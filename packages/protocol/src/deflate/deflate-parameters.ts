import { echoedValue } from '../handshake/echoed-value.ts'
import type { ExtensionParameter } from '../handshake/extensions.ts'

/** The smallest window that may be agreed on, as a power of two (RFC 7692 §7.1.2). */
export const minWindowBits = 8
/** The largest window of deflate, as a power of two, which holds when nothing else is agreed on (RFC 7692 §7.1.2). */
export const maxWindowBits = 15

/** The parameters of one permessage-deflate extension as they stand in a header (RFC 7692 §7.1). */
export interface DeflateParameters {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  /** Undefined: not given. */
  readonly serverMaxWindowBits: number | undefined
  /** Undefined: not given. True: given without a value, in an offer only. */
  readonly clientMaxWindowBits: number | true | undefined
}

export type DeflateParametersResult =
  | { readonly ok: true; readonly parameters: DeflateParameters }
  /** The fault of the parameters, as a part of a sentence. */
  | { readonly ok: false; readonly problem: string }

/**
 * Reads the parameters of an offer or of the answer to one (RFC 7692 §7.1). An unknown parameter, a second one of
 * the same name, and a value that is missing, superfluous or out of range make the whole extension invalid.
 */
export function parseDeflateParameters(
  list: readonly ExtensionParameter[],
  origin: 'offer' | 'response',
): DeflateParametersResult {
  let serverNoContextTakeover = false
  let clientNoContextTakeover = false
  let serverMaxWindowBits: number | undefined
  let clientMaxWindowBits: number | true | undefined
  const seen = new Set<string>()

  for (const [name, value] of list) {
    if (seen.has(name)) return invalid(`the parameter ${echoedValue(name)} stands there twice`)
    seen.add(name)
    switch (name) {
      case 'server_no_context_takeover':
        if (value !== true) return invalid(`${name} has no value, got ${echoedValue(value)}`)
        serverNoContextTakeover = true
        break
      case 'client_no_context_takeover':
        if (value !== true) return invalid(`${name} has no value, got ${echoedValue(value)}`)
        clientNoContextTakeover = true
        break
      case 'server_max_window_bits':
        serverMaxWindowBits = parseWindowBits(value)
        if (serverMaxWindowBits === undefined) return invalidWindowBits(name, value)
        break
      case 'client_max_window_bits':
        // §7.1.2.2: only an offer may leave the value out.
        clientMaxWindowBits = value === true && origin === 'offer' ? true : parseWindowBits(value)
        if (clientMaxWindowBits === undefined) return invalidWindowBits(name, value)
        break
      default:
        return invalid(`the parameter ${echoedValue(name)} is unknown`)
    }
  }
  return {
    ok: true,
    parameters: {
      serverNoContextTakeover,
      clientNoContextTakeover,
      serverMaxWindowBits,
      clientMaxWindowBits,
    },
  }
}

/** §7.1.2: a decimal integer from 8 to 15 without leading zeros. */
function parseWindowBits(value: string | true): number | undefined {
  return value !== true && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined
}

function invalidWindowBits(name: string, value: string | true): DeflateParametersResult {
  const got = value === true ? 'none' : echoedValue(value)
  return invalid(`${name} must be an integer from ${minWindowBits} to ${maxWindowBits}, got ${got}`)
}

function invalid(problem: string): DeflateParametersResult {
  return { ok: false, problem }
}
