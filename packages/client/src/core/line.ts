import type { ClientError } from './client-error.ts'
import type { ClientMessage, ServerMessage } from './messages.ts'
import type { Ending } from './reason.ts'
import type { TransportContext, TransportKind } from './transport.ts'

/** One connection of a client from its opening to its end, whatever carries it and however many tabs share it. */
export interface Line {
  /** @param data JSON of the message's `data`, as text */
  send(message: ClientMessage, data?: string): void
  /** Asks for a sign of life: without one it ends. */
  probe(): void
  /** Ends it; the handler hears nothing more. */
  end(): void
}

export interface Welcome extends ServerMessage {
  readonly transport: TransportKind
}

/** A part of the client that outlives connections, and is told of each that comes and goes. */
export interface Lasting {
  connected(welcome: Welcome): void
  /** Calls that have no answer yet will have none any more. */
  disconnected(): void
  /** The client was closed or has given up. */
  closed(error: ClientError): void
}

export interface LineHandler {
  /** Calls can be made. Again: another connection has taken its place, and knows nothing of this client. */
  onWelcome(welcome: Welcome): void
  onMessage(message: ServerMessage): void
  /** Once; `lastedMs` is how long it was welcome. */
  onEnd(ending: Ending, lastedMs: number): void
}

export type OpenLine = (context: TransportContext, handler: LineHandler) => Line

/**
 * Makes a call over the connection, if there is one; without it there is no answer.
 *
 * @returns whether it was sent
 * @throws ClientError `too_large`
 */
export type Call = (
  message: ClientMessage,
  onAnswer: (answer: ServerMessage) => void,
  data?: string,
) => boolean
