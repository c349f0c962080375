import type { ReceiverOptions } from '@bothways/protocol'

/** The differences of the connections of a drop-in, which behaves as another library does. */
export interface ConnectionCompat {
  /** How frames are read and what is checked of them. */
  readonly receiver?: Partial<Omit<ReceiverOptions, 'role' | 'maxMessageBytes' | 'isDeflateNegotiated'>>
  /** How the handler gets text. Default `string`. */
  readonly textAs?: 'string' | 'bytes'
  /** Pings are answered with pongs (RFC 6455 §5.5.2); false leaves that to the handler. Default true. */
  readonly answersPings?: boolean
  /**
   * Messages that a paused handler has not taken: `drop` them when the connection is closing, so that it can (default);
   * `keep` them until it goes on or TCP is cut; or `deliver` them then, too.
   */
  readonly unread?: 'drop' | 'keep' | 'deliver'
  /** The side to end TCP after the close handshake: `server`, for which the client waits (RFC 6455 §7.1.1), or `both`. Default `server`. */
  readonly tcpEndedBy?: 'server' | 'both'
  /** A client's masking keys (RFC 6455 §5.3). Default: random ones. */
  readonly nextMaskingKey?: () => number
}

/** As this package's own server and client are. */
export const noCompat: ConnectionCompat = {}
