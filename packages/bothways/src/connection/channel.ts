import type { Buffer } from 'node:buffer'
import type { CloseFrame, Disconnect } from './disconnect.ts'
import type { FanOut } from './sending/fan-out.ts'
import type { Publication } from './sending/publication.ts'
import type { SendOutcome } from './sending/send-outcome.ts'

/** A destination of published messages: one client, or a function of the program. */
export interface Sink<Message = Publication> {
  /**
   * The same message goes to others as well.
   *
   * @param fanOut brings it, and perhaps more in this turn of the event loop: a connection that has nothing else to send
   *   may join
   */
  sendShared(message: Message, fanOut?: FanOut): SendOutcome
}

/**
 * One client that messages go to, whatever carries them: a WebSocket, an event stream, the polls of Engine.IO … What a message is,
 * and how its owner is told what happens, is the carrier's.
 */
export interface Channel<Message> {
  /** Whether it takes messages: it has neither ended nor begun to. */
  readonly isOpen: boolean
  /** Bytes given to `send` that wait for the client. */
  readonly bufferedAmount: number
  /** Sends one message. Behind `queued`, and behind `refused` while it is open, its owner is told when there is room. */
  send(message: Message): SendOutcome
  /** Ends it in order, behind everything sent so far; a second call does nothing. */
  close(): void
  /** Ends it at once; messages that wait are lost. */
  terminate(): void
}

/** The calls that a channel for WebSocket messages makes on its owner. None of them may throw. */
export interface ChannelHandler {
  /** A whole message: text, which has been checked to be UTF-8, or bytes, the handler's to keep. */
  onMessage(message: string | Buffer, byteLength: number, isText: boolean): void
  /** `send` has taken a message of so many bytes, before compression. */
  onSent?(byteLength: number): void
  /** `send` answered `queued` or `refused` before; now there is room again. */
  onDrain?(): void
  /** The ending has begun: no further `send` will be taken. `received` is the peer's close frame, if that began it. */
  onClosing?(received: CloseFrame | undefined): void
  /** It is over. Called once, last. */
  onClose(disconnect: Disconnect): void
}
