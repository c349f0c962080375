/** Who is in which room and what was said there lately: state and rules of the chat, without any I/O. */

export const chatLimits = {
  nameLength: 40,
  roomLength: 60,
  textLength: 4_000,
  rooms: 1_000,
  membersPerRoom: 1_000,
  recentMessages: 50,
} as const

export interface Member {
  readonly id: string
  readonly name: string
}

export interface ChatMessage {
  readonly type: 'message'
  readonly text: string
  readonly id: string
  readonly name: string
  /** Milliseconds since 1970, the server's clock. */
  readonly date: number
}

/** What clients send. */
export type ChatRequest =
  | { readonly type: 'join'; readonly room: string; readonly name: string }
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'leave' }

export type ChatErrorCode =
  | 'not-json'
  | 'unknown-type'
  | 'bad-room'
  | 'bad-name'
  | 'name-taken'
  | 'bad-text'
  | 'not-joined'
  | 'already-joined'
  | 'full'

/** What the server sends. */
export type ChatEvent =
  | {
      readonly type: 'joined'
      readonly room: string
      readonly id: string
      readonly members: readonly Member[]
      readonly recent: readonly ChatMessage[]
    }
  | ChatMessage
  | { readonly type: 'sent'; readonly date: number }
  | { readonly type: 'member-joined'; readonly id: string; readonly name: string }
  | { readonly type: 'member-left'; readonly id: string; readonly name: string }
  | { readonly type: 'error'; readonly code: ChatErrorCode; readonly text: string }

/** What follows from a request: an answer to the one who sent it, and news for the others in the room. */
export interface ChatOutcome {
  readonly answer?: ChatEvent
  readonly news?: { readonly room: string; readonly event: ChatEvent }
  /** The room the member is in from now on; undefined: none. */
  readonly room: string | undefined
}

interface Room {
  readonly members: Map<string, Member>
  readonly recent: ChatMessage[]
}

export class ChatRooms {
  readonly #rooms = new Map<string, Room>()
  readonly #roomOf = new Map<string, string>()

  /** Takes one message of a client, whatever it is. */
  take(id: string, text: string, date: number): ChatOutcome {
    const request = parseRequest(text)
    if ('code' in request) return this.#refuse(id, request.code, request.text)
    if (request.type === 'join') return this.#join(id, request.room, request.name)
    const roomName = this.#roomOf.get(id)
    const room = roomName === undefined ? undefined : this.#rooms.get(roomName)
    if (roomName === undefined || room === undefined)
      return this.#refuse(id, 'not-joined', 'Join a room first.')
    if (request.type === 'leave') return this.leave(id)
    const message: ChatMessage = {
      type: 'message',
      text: request.text,
      id,
      name: room.members.get(id)?.name ?? '',
      date,
    }
    room.recent.push(message)
    if (room.recent.length > chatLimits.recentMessages) room.recent.shift()
    return { answer: { type: 'sent', date }, news: { room: roomName, event: message }, room: roomName }
  }

  /** The client has gone, or wants to. A room that is empty is forgotten. */
  leave(id: string): ChatOutcome {
    const roomName = this.#roomOf.get(id)
    const room = roomName === undefined ? undefined : this.#rooms.get(roomName)
    const member = room?.members.get(id)
    if (roomName === undefined || room === undefined || member === undefined) return { room: undefined }
    this.#roomOf.delete(id)
    room.members.delete(id)
    if (room.members.size === 0) this.#rooms.delete(roomName)
    return { news: { room: roomName, event: { type: 'member-left', ...member } }, room: undefined }
  }

  #join(id: string, roomName: string, name: string): ChatOutcome {
    if (this.#roomOf.has(id))
      return this.#refuse(id, 'already-joined', 'Leave the room before you join another.')
    let room = this.#rooms.get(roomName)
    if (room === undefined && this.#rooms.size >= chatLimits.rooms) {
      return this.#refuse(id, 'full', `There are ${chatLimits.rooms} rooms already.`)
    }
    room ??= { members: new Map(), recent: [] }
    if (room.members.size >= chatLimits.membersPerRoom) {
      return this.#refuse(id, 'full', `There are ${chatLimits.membersPerRoom} people in this room already.`)
    }
    if ([...room.members.values()].some(member => member.name === name)) {
      return this.#refuse(id, 'name-taken', `Somebody in this room is called ${name} already.`)
    }
    const members = [...room.members.values()]
    const member = { id, name }
    room.members.set(id, member)
    this.#rooms.set(roomName, room)
    this.#roomOf.set(id, roomName)
    return {
      answer: { type: 'joined', room: roomName, id, members: [...members, member], recent: [...room.recent] },
      news: { room: roomName, event: { type: 'member-joined', ...member } },
      room: roomName,
    }
  }

  #refuse(id: string, code: ChatErrorCode, text: string): ChatOutcome {
    return { answer: { type: 'error', code, text }, room: this.#roomOf.get(id) }
  }
}

interface RequestProblem {
  readonly code: ChatErrorCode
  readonly text: string
}

function parseRequest(text: string): ChatRequest | RequestProblem {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { code: 'not-json', text: 'Send JSON text, such as {"type":"message","text":"hello"}.' }
  }
  const { type, room, name, text: said } = (value ?? {}) as Record<string, unknown>
  switch (type) {
    case 'join':
      if (!isLine(room, chatLimits.roomLength)) {
        return {
          code: 'bad-room',
          text: `A room's name is one line of 1 to ${chatLimits.roomLength} characters.`,
        }
      }
      if (!isLine(name, chatLimits.nameLength)) {
        return { code: 'bad-name', text: `A name is one line of 1 to ${chatLimits.nameLength} characters.` }
      }
      return { type, room: room.trim(), name: name.trim() }
    case 'message':
      if (typeof said !== 'string' || said.trim() === '' || said.length > chatLimits.textLength) {
        return { code: 'bad-text', text: `A message has 1 to ${chatLimits.textLength} characters.` }
      }
      return { type, text: said }
    case 'leave':
      return { type }
    default:
      return { code: 'unknown-type', text: 'The type must be join, message or leave.' }
  }
}

function isLine(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' && value.trim() !== '' && value.length <= maxLength && !/\p{Cc}/u.test(value)
  )
}
