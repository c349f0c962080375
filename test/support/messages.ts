import { on } from 'node:events'
import type { WebSocket } from 'bothways'

/** The texts that a socket receives from now on: each call waits for the next one, and none is lost between calls. */
export function messagesOf(socket: WebSocket): () => Promise<string> {
  const events = on(socket, 'message')
  return async () => ((await events.next()).value as [MessageEvent])[0].data
}
