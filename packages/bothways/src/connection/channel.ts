import type { Buffer } from 'node:buffer'
import type { CloseFrame, Disconnect } from './disconnect.ts'
import type { ReadyState } from './ending.ts'
import type { MessageData } from './message-data.ts'
import type { Publication } from './sending/publication.ts'
import type { SendOutcome } from './sending/send-outcome.ts'

/** Where what is published goes: one client, or a function of the program. */
export interface Sink<Message = Publication> {
  /** The same message goes to others as well. */
  sendShared(message: Message): SendOutcome
}

/** One client that messages go to and come from, whatever carries them. What comes is told to a {@link ChannelHandler}. */
export interface Channel extends Sink {
  readonly readyState: ReadyState
  /** Bytes given to `send` that wait for the client. */
  readonly bufferedAmount: number
  /** Sends one message. Behind `queued`, and behind `refused` while the channel is open, comes `onDrain`. */
  send(data: MessageData): SendOutcome
  /** Ends it in order, behind everything sent so far; a second call does nothing. */
  close(code?: number, reason?: string): void
  /** Ends it at once; what waits is lost. */
  terminate(error?: Error): void
  /** Makes the client wait; nothing that came is lost. */
  pause(): void
  resume(): void
}

/** What a channel tells its owner. Nothing of it may throw. */
export interface ChannelHandler {
  /** A whole message: text, which has been checked to be UTF-8, or bytes, the handler's to keep. */
  onMessage(message: string | Buffer, byteLength: number, isText: boolean): void
  /** `send` answered `queued` or `refused` before; now there is room again. */
  onDrain?(): void
  /** The ending has begun: no further `send` will be taken. `received` is the peer's close frame, if that began it. */
  onClosing?(received: CloseFrame | undefined): void
  /** It is over. Called once, last. */
  onClose(disconnect: Disconnect): void
}
