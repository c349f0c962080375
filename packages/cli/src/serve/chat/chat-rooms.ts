import type { ChatError, ChatJoined, ChatMember, ChatMessage } from '../messages.ts'
import { skeletonOf } from './look-alike.ts'

export interface ChatRoomsLimits {
  readonly rooms: number
  readonly membersPerRoom: number
  /** Messages that someone who joins late gets to see. */
  readonly recentPerRoom: number
  /** What these have in text, in UTF-16 code units; the oldest go. */
  readonly recentTextPerRoom: number
}

const defaultLimits: ChatRoomsLimits = {
  rooms: 200,
  membersPerRoom: 200,
  recentPerRoom: 50,
  recentTextPerRoom: 32_000,
}

/** Someone was in a room and is no longer. */
export interface ChatLeft extends ChatMember {
  readonly room: string
}

export interface ChatJoin {
  readonly joined: ChatJoined
  readonly member: ChatMember
  /** The room that was left for it. */
  readonly left: ChatLeft | undefined
}

interface Room {
  readonly name: string
  readonly members: Map<string, ChatMember>
  recent: ChatMessage[]
}

/**
 * Who is in which room and what was said there last; knows no socket. One client is in one room at a time. An
 * empty room is remembered until its place is needed.
 */
export class ChatRooms {
  readonly #limits: ChatRoomsLimits
  readonly #rooms = new Map<string, Room>()
  readonly #roomOf = new Map<string, Room>()

  constructor(limits: Partial<ChatRoomsLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits }
  }

  join(id: string, roomName: string, name: string): ChatJoin | ChatError {
    const before = this.#roomOf.get(id)
    const room = this.#rooms.get(roomName) ?? this.#open(roomName)
    if (room === undefined) {
      return { code: 'too-many-rooms', text: `All ${this.#limits.rooms} rooms are in use: join one of them.` }
    }
    if (room !== before && room.members.size >= this.#limits.membersPerRoom) {
      return { code: 'room-full', text: `${this.#limits.membersPerRoom} people are in this room already.` }
    }
    const isTaken = [...room.members.values()].some(it => it.id !== id && isSameName(it.name, name))
    if (isTaken) return { code: 'name-taken', text: `Someone called ${name} is in this room already.` }
    const left = this.leave(id)
    const member = { id, name }
    room.members.set(id, member)
    this.#roomOf.set(id, room)
    return {
      left,
      member,
      joined: { room: roomName, id, members: [...room.members.values()], recent: room.recent },
    }
  }

  leave(id: string): ChatLeft | undefined {
    const room = this.#roomOf.get(id)
    const member = room?.members.get(id)
    if (room === undefined || member === undefined) return undefined
    this.#roomOf.delete(id)
    room.members.delete(id)
    // Said something or not, a room that was used last is forgotten last.
    this.#rooms.delete(room.name)
    if (room.members.size > 0 || room.recent.length > 0) this.#rooms.set(room.name, room)
    return { ...member, room: room.name }
  }

  say(id: string, text: string, date: number): { room: string; message: ChatMessage } | ChatError {
    const room = this.#roomOf.get(id)
    const member = room?.members.get(id)
    if (room === undefined || member === undefined) {
      return { code: 'not-joined', text: 'Join a room first: {"type":"join","room":"…","name":"…"}.' }
    }
    const message = { ...member, text, date }
    room.recent = this.#lastOf([...room.recent, message])
    return { room: room.name, message }
  }

  #lastOf(messages: readonly ChatMessage[]): ChatMessage[] {
    const { recentPerRoom, recentTextPerRoom } = this.#limits
    let first = messages.length
    let text = 0
    while (first > 0 && messages.length - first < recentPerRoom) {
      text += messages[first - 1]!.text.length
      if (text > recentTextPerRoom) break
      first--
    }
    return messages.slice(first)
  }

  #open(name: string): Room | undefined {
    if (this.#rooms.size >= this.#limits.rooms) {
      const empty = [...this.#rooms.values()].find(it => it.members.size === 0)
      if (empty === undefined) return undefined
      this.#rooms.delete(empty.name)
    }
    const room: Room = { name, members: new Map(), recent: [] }
    this.#rooms.set(name, room)
    return room
  }
}

function isSameName(one: string, other: string): boolean {
  return skeletonOf(one) === skeletonOf(other)
}
