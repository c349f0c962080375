import type { Role } from '../frames/receiver-rules.ts'

/** The name under which permessage-deflate is negotiated (RFC 7692 §7). */
export const deflateExtensionName = 'permessage-deflate'

/** The parameters of permessage-deflate that both sides agreed on (RFC 7692 §7.1); the same seen from either role. */
export interface DeflateAgreement {
  /** True: each message of the server is compressed by itself (§7.1.1.1). */
  readonly serverNoContextTakeover: boolean
  /** True: each message of the client is compressed by itself (§7.1.1.2). */
  readonly clientNoContextTakeover: boolean
  /** The server compresses with a window of 2 to this power bytes at most, 8 to 15 (§7.1.2.1). */
  readonly serverMaxWindowBits: number
  /** The client compresses with a window of 2 to this power bytes at most, 8 to 15 (§7.1.2.2). */
  readonly clientMaxWindowBits: number
}

/** One direction of a {@link DeflateAgreement}. */
export interface DeflateDirection {
  /** True: each message is compressed by itself. False: it may refer to earlier ones. */
  readonly noContextTakeover: boolean
  /** The window is 2 to this power bytes, 8 to 15. */
  readonly windowBits: number
}

/** A {@link DeflateAgreement} as one side uses it. */
export interface DeflateDirections {
  /**
   * How to compress; undefined: send every message as it is, which RFC 7692 §6 allows at any time.
   *
   * That is the answer to an agreed window of 8 bits. zlib cannot compress raw deflate with one: asked for 8 it
   * silently uses 9, which the peer need not be able to read. Inflating with a larger window than agreed is safe.
   */
  readonly outgoing: DeflateDirection | undefined
  readonly incoming: DeflateDirection
}

/** The smallest window with which zlib compresses raw deflate. */
const minCompressionWindowBits = 9

/** The directions of an agreement for `role`: the one that it compresses, if it can, and the one that it inflates. */
export function deflateDirections(agreement: DeflateAgreement, role: Role): DeflateDirections {
  const server = {
    noContextTakeover: agreement.serverNoContextTakeover,
    windowBits: agreement.serverMaxWindowBits,
  }
  const client = {
    noContextTakeover: agreement.clientNoContextTakeover,
    windowBits: agreement.clientMaxWindowBits,
  }
  const [outgoing, incoming] = role === 'server' ? [server, client] : [client, server]
  return { outgoing: outgoing.windowBits < minCompressionWindowBits ? undefined : outgoing, incoming }
}
