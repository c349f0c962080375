import type { Route, ServerSocket } from 'bothways'
import { type ChatEvent, type ChatOutcome, ChatRooms } from './chat-rooms.ts'

/** The subprotocol of the chat: JSON texts, as chat-rooms.ts describes them. */
export const chatProtocol = 'chat.bothways'

/** The chat of the page: every message is pushed to everybody else in the room. */
export function chatRoute(now: () => number = Date.now): Route<undefined> {
  const rooms = new ChatRooms()
  const topicOf = (room: string): string => `chat/${room}`

  function apply(socket: ServerSocket, outcome: ChatOutcome): void {
    const { answer, news, room } = outcome
    if (news !== undefined) {
      if (room === undefined) socket.unsubscribe(topicOf(news.room))
      socket.publish(topicOf(news.room), JSON.stringify(news.event))
    }
    if (room !== undefined) socket.subscribe(topicOf(room))
    if (answer !== undefined) socket.send(JSON.stringify(answer satisfies ChatEvent))
  }

  return {
    protocols: [chatProtocol],
    message: (socket, message) => {
      apply(socket, rooms.take(socket.id, typeof message === 'string' ? message : '', now()))
    },
    close: socket => apply(socket, rooms.leave(socket.id)),
  }
}
