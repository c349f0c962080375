import type { ChatError, ChatEvent, ChatRequest } from '../messages.ts'
import { parseChatRequest } from './chat-request.ts'
import { type ChatLeft, ChatRooms } from './chat-rooms.ts'
import { type RateLimits, RequestRate } from './request-rate.ts'

/** Somebody at the other end, however connected. A room is a topic. */
export interface ChatPeer {
  readonly id: string
  send(text: string): unknown
  subscribe(topic: string): unknown
  unsubscribe(topic: string): unknown
  /** Tells everybody else in the room. */
  publish(topic: string, text: string): unknown
  /** Ends its connection. */
  disconnect(reason: string): unknown
}

/** In requests; joining shows all that was said last, and is told to everybody there. */
const rateLimits: RateLimits = { burst: 60, perSecond: 10 }
const joinCost = 5

/** Whoever has been told so often in a row to wait, and does not, is disconnected. */
const maxRefusals = 100

/** How fast somebody is, and how often it was told to wait since it last did. */
interface Pace {
  readonly rate: RequestRate
  refusals: number
}

/** What is said to whom. */
export class Chat {
  readonly #rooms = new ChatRooms()
  readonly #paces = new Map<string, Pace>()
  readonly #publish: (topic: string, text: string) => unknown

  /** @param publish tells everybody in a room, of those who are connected in whatever way */
  constructor(publish: (topic: string, text: string) => unknown) {
    this.#publish = publish
  }

  /** Somebody sent something, whatever it is. */
  message(peer: ChatPeer, message: unknown): void {
    const parsed = parseChatRequest(message)
    const error = this.#hurry(peer, parsed.request) ?? parsed.error ?? this.#answer(peer, parsed.request)
    if (error !== undefined) tell(peer, { type: 'error', ...error })
  }

  /** Somebody is gone. */
  close(peer: ChatPeer): void {
    this.#paces.delete(peer.id)
    const left = this.#rooms.leave(peer.id)
    if (left) this.#sayGoodbye(peer, left)
  }

  /** What to tell somebody who asks too much in too short a time. */
  #hurry(peer: ChatPeer, request: ChatRequest | undefined): ChatError | undefined {
    const now = performance.now()
    let pace = this.#paces.get(peer.id)
    if (pace === undefined) {
      pace = { rate: new RequestRate(rateLimits, now), refusals: 0 }
      this.#paces.set(peer.id, pace)
    }
    if (pace.rate.take(request?.type === 'join' ? joinCost : 1, now)) {
      pace.refusals = 0
      return undefined
    }
    if (++pace.refusals > maxRefusals) peer.disconnect('Too many requests.')
    return {
      code: 'too-fast',
      text: `This was not taken: at most ${rateLimits.perSecond} requests a second, and a join counts as ${joinCost}.`,
    }
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
