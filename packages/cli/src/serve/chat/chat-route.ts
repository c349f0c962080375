import type { Route, ServerSocket } from 'bothways'
import type { ChatError, ChatEvent, ChatRequest } from '../messages.ts'
import { parseChatRequest } from './chat-request.ts'
import { type ChatLeft, ChatRooms } from './chat-rooms.ts'

/** The rooms of {@link ChatRooms} on sockets: a room is a topic. */
export function chatRoute(publish: (topic: string, message: string) => void): Route<undefined> {
  const rooms = new ChatRooms()

  function tell(socket: ServerSocket, event: ChatEvent): void {
    socket.send(JSON.stringify(event))
  }

  function tellOthers(socket: ServerSocket, room: string, event: ChatEvent): void {
    socket.publish(topicOf(room), JSON.stringify(event))
  }

  function sayGoodbye(socket: ServerSocket, { room, id, name }: ChatLeft): void {
    socket.unsubscribe(topicOf(room))
    publish(topicOf(room), JSON.stringify({ type: 'member-left', id, name } satisfies ChatEvent))
  }

  function answer(socket: ServerSocket, request: ChatRequest): ChatError | undefined {
    switch (request.type) {
      case 'join': {
        const result = rooms.join(socket.id, request.room, request.name)
        if ('code' in result) return result
        if (result.left) sayGoodbye(socket, result.left)
        socket.subscribe(topicOf(request.room))
        tell(socket, { type: 'joined', ...result.joined })
        tellOthers(socket, request.room, { type: 'member-joined', ...result.member })
        return undefined
      }
      case 'message': {
        const result = rooms.say(socket.id, request.text, Date.now())
        if ('code' in result) return result
        tell(socket, { type: 'sent', ...result.message })
        tellOthers(socket, result.room, { type: 'message', ...result.message })
        return undefined
      }
      case 'leave': {
        const left = rooms.leave(socket.id)
        if (left === undefined) return { code: 'not-joined', text: 'You are in no room.' }
        sayGoodbye(socket, left)
        tell(socket, { type: 'left' })
        return undefined
      }
    }
  }

  return {
    protocols: ['chat.bothways'],
    message(socket, message) {
      const parsed = parseChatRequest(message)
      const error = parsed.error ?? answer(socket, parsed.request)
      if (error !== undefined) tell(socket, { type: 'error', ...error })
    },
    close(socket) {
      const left = rooms.leave(socket.id)
      if (left) sayGoodbye(socket, left)
    },
  }
}

function topicOf(room: string): string {
  return `chat/${room}`
}
