import type { Route } from 'bothways'
import type { Chat } from './chat.ts'

/** The chat for plain WebSockets, which are its peers as they are. */
export function chatRoute(chat: Chat): Route<undefined> {
  return {
    protocols: ['chat.bothways'],
    message: (socket, message) => chat.message(socket, message),
    close: socket => chat.close(socket),
  }
}
