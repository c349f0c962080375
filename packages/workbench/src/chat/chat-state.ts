import type { ChatErrorCode, ChatEvent, ChatMember, ChatMessage } from '../serve-messages.ts'

export type ChatItem =
  | {
      readonly kind: 'message'
      readonly key: number
      readonly message: ChatMessage
      readonly isEarlier: boolean
    }
  | { readonly kind: 'joined' | 'left'; readonly key: number; readonly name: string }

export interface ChatState {
  /** Undefined while outside. */
  readonly room: string | undefined
  /** Every id this page has had in the room: it gets a new one with each connection. */
  readonly ownIds: ReadonlySet<string>
  readonly members: readonly ChatMember[]
  readonly items: readonly ChatItem[]
  readonly error: ChatErrorCode | undefined
  /** Sent, and not yet confirmed by the server. */
  readonly pending: readonly string[]
  readonly nextKey: number
}

export type ChatAction =
  | { readonly type: 'event'; readonly event: ChatEvent }
  | { readonly type: 'sending'; readonly text: string }
  | { readonly type: 'connection-lost' }
  | { readonly type: 'restored' }

export const itemLimit = 500

export const noChat: ChatState = {
  room: undefined,
  ownIds: new Set(),
  members: [],
  items: [],
  error: undefined,
  pending: [],
  nextKey: 1,
}

export function reduceChat(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case 'event':
      return reduceEvent(state, action.event)
    case 'sending':
      return { ...state, pending: [...state.pending, action.text], error: undefined }
    case 'connection-lost':
      return { ...state, members: [] }
    case 'restored':
      return { ...state, pending: [] }
  }
}

function reduceEvent(state: ChatState, event: ChatEvent): ChatState {
  switch (event.type) {
    case 'joined': {
      // The same room again after a lost connection: what is on the screen stays, what was missed comes behind it.
      const isBack = state.room === event.room
      const known = new Set(isBack ? state.items.map(identityOf) : [])
      const missed = event.recent
        .map((message, at) => ({
          kind: 'message' as const,
          key: state.nextKey + at,
          message,
          isEarlier: !isBack,
        }))
        .filter(item => !known.has(identityOf(item)))
      return {
        ...state,
        room: event.room,
        ownIds: new Set([...(isBack ? state.ownIds : []), event.id]),
        members: event.members,
        items: [...(isBack ? state.items : []), ...missed].slice(-itemLimit),
        error: undefined,
        nextKey: state.nextKey + event.recent.length,
      }
    }
    case 'message':
      return withItem(state, { kind: 'message', message: event, isEarlier: false })
    case 'sent':
      return withItem(
        { ...state, pending: state.pending.slice(1) },
        { kind: 'message', message: event, isEarlier: false },
      )
    case 'member-joined': {
      const members = [...state.members.filter(it => it.id !== event.id), { id: event.id, name: event.name }]
      return withItem({ ...state, members }, { kind: 'joined', name: event.name })
    }
    case 'member-left': {
      const members = state.members.filter(it => it.id !== event.id)
      return withItem({ ...state, members }, { kind: 'left', name: event.name })
    }
    case 'left':
      return { ...noChat, nextKey: state.nextKey }
    case 'error':
      return { ...state, error: event.code, pending: state.pending.slice(1) }
  }
}

/** Messages have no number of their own: who said what when is as good as one. */
function identityOf(item: ChatItem): string {
  if (item.kind !== 'message') return ''
  const { id, date, text } = item.message
  return `${id} ${date} ${text}`
}

type NewItem = ChatItem extends infer Item ? (Item extends ChatItem ? Omit<Item, 'key'> : never) : never

function withItem(state: ChatState, item: NewItem): ChatState {
  const items = [...state.items, { ...item, key: state.nextKey } as ChatItem].slice(-itemLimit)
  return { ...state, items, nextKey: state.nextKey + 1 }
}
