import { UsageError } from '../errors.ts'
import { maxWindowBits, minWindowBits } from './deflate-parameters.ts'

/**
 * The options of one side for permessage-deflate, whichever role it has (RFC 7692 §7.1). A smaller window and no context
 * takeover save memory on both sides and compress less.
 */
export interface DeflateOptions {
  /** The server compresses each message by itself. Default false. */
  readonly serverNoContextTakeover: boolean
  /** The client compresses each message by itself. Default false. */
  readonly clientNoContextTakeover: boolean
  /** The window of the server's messages is at most 2 to this power bytes: 8 to 15, default 15 (32 KiB). */
  readonly serverMaxWindowBits: number
  /**
   * The window of the client's messages is at most 2 to this power bytes: 8 to 15, default 15 (32 KiB). Below 15 a
   * server declines offers of clients that cannot limit theirs.
   */
  readonly clientMaxWindowBits: number
}

/**
 * Fills in the defaults.
 *
 * @throws UsageError `BW_INVALID_OPTION` when a window is not an integer from 8 to 15
 */
export function resolveDeflateOptions({
  serverNoContextTakeover = false,
  clientNoContextTakeover = false,
  serverMaxWindowBits = maxWindowBits,
  clientMaxWindowBits = maxWindowBits,
}: Partial<DeflateOptions> = {}): DeflateOptions {
  checkWindowBits('serverMaxWindowBits', serverMaxWindowBits)
  checkWindowBits('clientMaxWindowBits', clientMaxWindowBits)
  return { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits }
}

function checkWindowBits(name: keyof DeflateOptions, bits: number): void {
  if (Number.isInteger(bits) && bits >= minWindowBits && bits <= maxWindowBits) return
  throw new UsageError(
    'BW_INVALID_OPTION',
    `${name} must be an integer from ${minWindowBits} to ${maxWindowBits}, got ${bits}.`,
  )
}
