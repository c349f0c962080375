/** The side that reads: a server takes masked frames only, a client unmasked ones only (RFC 6455 §5.1). */
export type Role = 'server' | 'client'

export interface ReceiverOptions {
  readonly role: Role
  /** The largest message accepted, in bytes, before inflating. Checked when a frame announces its length. */
  readonly maxMessageBytes: number
  /** True when permessage-deflate was negotiated: RSV1 may be set on a message's first frame. Default false. */
  readonly isDeflateNegotiated?: boolean
  /** Whole messages, or each of their frames by itself as it came (then text is not checked). Default `messages`. */
  readonly delivers?: 'messages' | 'frames'
  /** The largest frame of a message, in bytes. Checked when it announces its length. Default: no further limit. */
  readonly maxFrameBytes?: number
  /** The most frames that a message may come in. Checked when a frame begins. Default: no limit. */
  readonly maxFragmentCount?: number
  /** False leaves it to the handler whether text and close reasons are UTF-8. Default true. */
  readonly checksUtf8?: boolean
  /** False leaves it to the handler whether a close code may be sent. Default true. */
  readonly checksCloseCode?: boolean
}

/** {@link ReceiverOptions} with their defaults. */
export interface ReceiverRules {
  readonly isServer: boolean
  readonly maxMessageBytes: number
  readonly isDeflateNegotiated: boolean
  readonly deliversFrames: boolean
  readonly maxFrameBytes: number
  readonly maxFragmentCount: number
  readonly checksUtf8: boolean
  readonly checksCloseCode: boolean
}

/** The latest first; a process has few kinds of connections. */
const known: ReceiverRules[] = []
const maxKnown = 8

/** Receivers with the same options share them: an idle connection would hold 56 bytes more of its own. */
export function receiverRules(options: ReceiverOptions): ReceiverRules {
  const rules: ReceiverRules = {
    isServer: options.role === 'server',
    maxMessageBytes: options.maxMessageBytes,
    isDeflateNegotiated: options.isDeflateNegotiated ?? false,
    deliversFrames: options.delivers === 'frames',
    maxFrameBytes: options.maxFrameBytes ?? Number.POSITIVE_INFINITY,
    maxFragmentCount: options.maxFragmentCount ?? Number.POSITIVE_INFINITY,
    checksUtf8: options.checksUtf8 ?? true,
    checksCloseCode: options.checksCloseCode ?? true,
  }
  for (const it of known) if (areSame(it, rules)) return it
  if (known.length === maxKnown) known.pop()
  known.unshift(rules)
  return rules
}

function areSame(one: ReceiverRules, other: ReceiverRules): boolean {
  return (
    one.isServer === other.isServer &&
    one.maxMessageBytes === other.maxMessageBytes &&
    one.isDeflateNegotiated === other.isDeflateNegotiated &&
    one.deliversFrames === other.deliversFrames &&
    one.maxFrameBytes === other.maxFrameBytes &&
    one.maxFragmentCount === other.maxFragmentCount &&
    one.checksUtf8 === other.checksUtf8 &&
    one.checksCloseCode === other.checksCloseCode
  )
}
