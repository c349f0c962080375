import type { ChatMember, ChatMessage } from './room-data.ts'

export type ChatItem =
  | {
      readonly kind: 'message'
      readonly key: number
      readonly message: ChatMessage
      /** Said before this page was there. */
      readonly isEarlier: boolean
    }
  | { readonly kind: 'joined' | 'left'; readonly key: number; readonly name: string }
  /** Something may be missing here. */
  | { readonly kind: 'gap'; readonly key: number }

/** The problem that the reader is told: why one is not in the room, or that something was not said. */
export type ChatProblem = 'empty' | 'name-taken' | 'refused' | 'not-sent' | 'uncertain'

export interface PendingMessage {
  readonly id: string
  readonly text: string
}

export interface ChatState {
  /** Undefined while outside. */
  readonly room: string | undefined
  /** Empty while there is no connection, and in a crowd. */
  readonly members: readonly ChatMember[]
  readonly memberCount: number
  readonly items: readonly ChatItem[]
  readonly problem: ChatProblem | undefined
  /** Sent, and not yet confirmed by the server. */
  readonly pending: readonly PendingMessage[]
  /** The text that did not go out, or may not have: the writer decides. */
  readonly unsent: string
  /** The members whose coming was shown and whose going was not, by id. */
  readonly known: ReadonlyMap<string, ChatMember>
  /** The next list of members is the first one of a connection: members who were missed did not come or go just now. */
  readonly isNewList: boolean
  readonly nextKey: number
}

export type ChatEvent =
  | { readonly type: 'subscribed'; readonly room: string }
  /** @property id what the page called it when it published it */
  | {
      readonly type: 'message'
      readonly message: ChatMessage
      readonly id: unknown
      readonly isEarlier: boolean
    }
  | { readonly type: 'members'; readonly members: readonly ChatMember[]; readonly count: number }
  | { readonly type: 'gap' }
  | { readonly type: 'disconnected' }
  | { readonly type: 'sending'; readonly message: PendingMessage }
  | { readonly type: 'delivered'; readonly id: string }
  | { readonly type: 'not-delivered'; readonly id: string; readonly isCertain: boolean }
  | { readonly type: 'left'; readonly problem?: ChatProblem }

export const itemLimit = 500
const knownLimit = 1_000

export const noChat: ChatState = {
  room: undefined,
  members: [],
  memberCount: 0,
  items: [],
  problem: undefined,
  pending: [],
  unsent: '',
  known: new Map(),
  isNewList: true,
  nextKey: 1,
}

export function reduceChat(state: ChatState, event: ChatEvent): ChatState {
  switch (event.type) {
    case 'subscribed':
      return { ...state, room: event.room, problem: undefined }
    case 'message': {
      const { message, id, isEarlier } = event
      if (isKnownPosition(state.items, message.position)) return state
      const pending = state.pending.filter(it => it.id !== id)
      return withItems({ ...state, pending }, [{ kind: 'message', message, isEarlier }])
    }
    case 'members':
      return reduceMembers(state, event.members, event.count)
    case 'gap':
      return withItems(state, state.items.length > 0 ? [{ kind: 'gap' }] : [])
    case 'disconnected':
      return { ...state, members: [], memberCount: 0, isNewList: true }
    case 'sending':
      return { ...state, pending: [...state.pending, event.message], problem: undefined, unsent: '' }
    case 'delivered':
      return { ...state, pending: state.pending.filter(it => it.id !== event.id) }
    case 'not-delivered': {
      const failed = state.pending.find(it => it.id === event.id)
      if (failed === undefined) return state
      return {
        ...state,
        pending: state.pending.filter(it => it !== failed),
        unsent: state.unsent === '' ? failed.text : `${state.unsent}\n${failed.text}`,
        problem: event.isCertain ? 'not-sent' : 'uncertain',
      }
    }
    case 'left':
      return { ...noChat, problem: event.problem, nextKey: state.nextKey }
  }
}

function reduceMembers(state: ChatState, listed: readonly ChatMember[], count: number): ChatState {
  // A page that came back may be there twice, until its old connection is noticed to be dead.
  const byId = new Map(listed.map(it => [it.id, it]))
  const members = [...byId.values()]
  const isCrowd = count > listed.length
  const next = { ...state, members, memberCount: isCrowd ? count : members.length, isNewList: isCrowd }
  if (isCrowd) return { ...next, known: new Map() }
  if (state.isNewList || state.known.size > knownLimit) {
    const before = state.known.size > knownLimit ? [] : state.known
    return { ...next, known: new Map([...before, ...byId]) }
  }
  const left = state.members.filter(it => !byId.has(it.id))
  const joined = members.filter(it => !state.known.has(it.id))
  const known = new Map([...state.known, ...byId])
  for (const { id } of left) known.delete(id)
  return withItems({ ...next, known }, [
    ...left.map(({ name }) => ({ kind: 'left' as const, name })),
    ...joined.map(({ name }) => ({ kind: 'joined' as const, name })),
  ])
}

function isKnownPosition(items: readonly ChatItem[], position: string | undefined): boolean {
  if (position === undefined) return false
  return items.some(it => it.kind === 'message' && it.message.position === position)
}

type NewItem = ChatItem extends infer Item ? (Item extends ChatItem ? Omit<Item, 'key'> : never) : never

function withItems(state: ChatState, added: readonly NewItem[]): ChatState {
  if (added.length === 0) return state
  const items = added.map((item, at) => ({ ...item, key: state.nextKey + at }) as ChatItem)
  return {
    ...state,
    items: [...state.items, ...items].slice(-itemLimit),
    nextKey: state.nextKey + added.length,
  }
}
