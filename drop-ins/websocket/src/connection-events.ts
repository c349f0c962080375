import type { WebSocketFrame } from './frame.ts'
import type { Message } from './types.ts'

/** The events of a connection, with their arguments. */
export interface ConnectionEvents {
  message: [message: Message]
  frame: [frame: WebSocketFrame]
  /** Calling `cancel` leaves the ping without a pong. */
  ping: [cancel: () => void, payload: Buffer]
  pong: [payload: Buffer]
  close: [code: number, description: string]
  error: [error: Error]
  drain: []
  pause: []
  resume: []
}
