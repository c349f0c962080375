import type { WebSocketFrame } from './frame.ts'
import type { Message } from './types.ts'

/** What a connection emits. */
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
