import type { Duplex } from 'node:stream'
import type { AcceptedOffers, Extension, Refusal, RefusedRequest } from '@bothways/protocol'
import type { Transport } from '../connection/transports/transport.ts'
import type { RequestFacts } from './upgrade-request.ts'

/** The subprotocol and extensions that a server has agreed on with a client, for its answer. */
export interface AgreedOffers {
  /** The subprotocol, or ''. */
  readonly protocol: string
  readonly extensions: readonly Extension[]
}

/**
 * One request to open a WebSocket, and the ways to answer it: all in which the versions of HTTP differ. The sequence of
 * judging, authenticating and answering is the same for all of them.
 */
export interface Exchange {
  /** Ends and closes when the client leaves. */
  readonly stream: Duplex
  readonly facts: RequestFacts
  /** Nobody would read an answer. */
  readonly isGone: boolean
  /** The client has said that it will send no more: a WebSocket could not even be closed. */
  readonly isHalfClosed: boolean
  /** Somebody else, another listener of the same HTTP server, has answered. */
  readonly isAnsweredByOthers: boolean
  /** Whether the request keeps the rules of the opening handshake. */
  check(): AcceptedOffers | RefusedRequest
  /** Answers that the WebSocket is open; its bytes are what the transport carries from here on. */
  accept(agreed: AgreedOffers, kind: 'auto' | 'stream'): Transport
  /**
   * Answers with the status and text of a refusal, and ends; false when somebody else has answered.
   *
   * @throws UsageError `BW_INVALID_HEADER` when one of its headers is malformed
   */
  refuse(refusal: Refusal): boolean
  /** Ends after a failure of ours: with an answer if there was none yet. */
  abandon(refusal: Refusal): void
}
