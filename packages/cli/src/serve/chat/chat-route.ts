import type { Route, ServerSocket } from 'bothways'
import type { ChatEvent } from '../messages.ts'
import type { Traffic } from '../traffic.ts'
import { parseChatRequest } from './chat-request.ts'
import { type ChatLeft, ChatRooms } from './chat-rooms.ts'

/** The rooms of {@link ChatRooms} on sockets: a room is a topic. */
export function chatRoute(
  traffic: Traffic,
  publish: (topic: string, message: string) => void,
): Route<undefined> {
  const rooms = new ChatRooms()

  function tell(socket: ServerSocket, event: ChatEvent): void {
    traffic.send(socket, JSON.stringify(event))
  }

  function tellOthers(socket: ServerSocket, room: string, event: ChatEvent): void {
    traffic.publish(socket, topicOf(room), JSON.stringify(event))
  }

  function sayGoodbye(socket: ServerSocket, { room, id, name }: ChatLeft): void {
    socket.unsubscribe(topicOf(room))
    publish(topicOf(room), JSON.stringify({ type: 'member-left', id, name } satisfies ChatEvent))
  }

  function join(socket: ServerSocket, room: string, name: string): void {
    const result = rooms.join(socket.id, room, name)
    if ('code' in result) return tell(socket, { type: 'error', ...result })
    if (result.left) sayGoodbye(socket, result.left)
    socket.subscribe(topicOf(room))
    tell(socket, { type: 'joined', ...result.joined })
    tellOthers(socket, room, { type: 'member-joined', ...result.member })
  }

  function say(socket: ServerSocket, text: string): void {
    const result = rooms.say(socket.id, text, Date.now())
    if ('code' in result) return tell(socket, { type: 'error', ...result })
    tell(socket, { type: 'sent', ...result.message })
    tellOthers(socket, result.room, { type: 'message', ...result.message })
  }

  function leave(socket: ServerSocket): void {
    const left = rooms.leave(socket.id)
    if (left === undefined) {
      return tell(socket, { type: 'error', code: 'not-joined', text: 'You are in no room.' })
    }
    sayGoodbye(socket, left)
    tell(socket, { type: 'left' })
  }

  return {
    protocols: ['chat.bothways'],
    ...traffic.counted({
      message(socket, message) {
        const { request, error } = parseChatRequest(message)
        if (error) return tell(socket, { type: 'error', ...error })
        if (request.type === 'join') return join(socket, request.room, request.name)
        if (request.type === 'message') return say(socket, request.text)
        return leave(socket)
      },
      close(socket) {
        const left = rooms.leave(socket.id)
        if (left) sayGoodbye(socket, left)
      },
    }),
  }
}

function topicOf(room: string): string {
  return `chat/${room}`
}
