import type { Payload } from './session-event.ts'

/** The part of a session that pipe and terminal need, whichever protocol it speaks. */
export interface Conversation {
  readonly isOpen: boolean
  /** There is no connection, and none will come. */
  readonly isOver: boolean
  /** True while so much waits for the network that the sender should wait, too. */
  readonly isBusy: boolean
  /** True once it is open, false when it never was. */
  readonly opened: Promise<boolean>
  readonly closed: Promise<void>
  /** Waits for a connection. @returns false when none will come */
  ready(): Promise<boolean>
  send(payload: Payload): void
  /** Resolves when the network has taken enough of the messages sent. */
  hasRoom(): Promise<void>
  /** In ms; undefined when the connection ends before the pong. */
  roundTrip(): Promise<number | undefined>
  ping(): Promise<void>
  /** @throws DOMException for a code or reason that may not be sent */
  close(code?: number, reason?: string): void
  terminate(): void
}
