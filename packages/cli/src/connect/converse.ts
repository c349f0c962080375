import type { ConnectOptions } from './connect-options.ts'
import type { Conversation } from './conversation.ts'
import { Session } from './session.ts'
import type { SessionEvent } from './session-event.ts'
import { SocketIoSession } from './socket-io-session.ts'

/** Begins a session in the protocol that the options choose. @throws as {@link Session} */
export function converse(options: ConnectOptions, tell: (event: SessionEvent) => void): Conversation {
  const { socketIo } = options
  return socketIo === undefined ? new Session(options, tell) : new SocketIoSession(options, socketIo, tell)
}
