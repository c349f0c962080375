import type { ChatError, ChatEvent, ChatRequest } from '../messages.ts'
import { parseChatRequest } from './chat-request.ts'
import { type ChatLeft, ChatRooms } from './chat-rooms.ts'

/** Somebody at the other end, however connected. A room is a topic. */
export interface ChatPeer {
  readonly id: string
  send(text: string): unknown
  subscribe(topic: string): unknown
  unsubscribe(topic: string): unknown
  /** Tells everybody else in the room. */
  publish(topic: string, text: string): unknown
}

/** What is said to whom. */
export class Chat {
  readonly #rooms = new ChatRooms()
  readonly #publish: (topic: string, text: string) => unknown

  /** @param publish tells everybody in a room, of those who are connected in whatever way */
  constructor(publish: (topic: string, text: string) => unknown) {
    this.#publish = publish
  }

  /** Somebody sent something, whatever it is. */
  message(peer: ChatPeer, message: unknown): void {
    const parsed = parseChatRequest(message)
    const error = parsed.error ?? this.#answer(peer, parsed.request)
    if (error !== undefined) tell(peer, { type: 'error', ...error })
  }

  /** Somebody is gone. */
  close(peer: ChatPeer): void {
    const left = this.#rooms.leave(peer.id)
    if (left) this.#sayGoodbye(peer, left)
  }

  #answer(peer: ChatPeer, request: ChatRequest): ChatError | undefined {
    switch (request.type) {
      case 'join': {
        const result = this.#rooms.join(peer.id, request.room, request.name)
        if ('code' in result) return result
        if (result.left) this.#sayGoodbye(peer, result.left)
        peer.subscribe(topicOf(request.room))
        tell(peer, { type: 'joined', ...result.joined })
        tellOthers(peer, request.room, { type: 'member-joined', ...result.member })
        return undefined
      }
      case 'message': {
        const result = this.#rooms.say(peer.id, request.text, Date.now())
        if ('code' in result) return result
        tell(peer, { type: 'sent', ...result.message })
        tellOthers(peer, result.room, { type: 'message', ...result.message })
        return undefined
      }
      case 'leave': {
        const left = this.#rooms.leave(peer.id)
        if (left === undefined) return { code: 'not-joined', text: 'You are in no room.' }
        this.#sayGoodbye(peer, left)
        tell(peer, { type: 'left' })
        return undefined
      }
    }
  }

  #sayGoodbye(peer: ChatPeer, { room, id, name }: ChatLeft): void {
    peer.unsubscribe(topicOf(room))
    this.#publish(topicOf(room), JSON.stringify({ type: 'member-left', id, name } satisfies ChatEvent))
  }
}

function tell(peer: ChatPeer, event: ChatEvent): void {
  peer.send(JSON.stringify(event))
}

function tellOthers(peer: ChatPeer, room: string, event: ChatEvent): void {
  peer.publish(topicOf(room), JSON.stringify(event))
}

function topicOf(room: string): string {
  return `chat/${room}`
}
