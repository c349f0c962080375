import { useCallback, useEffect, useReducer, useRef, useState } from 'react'
import { PageSocket, type PageSocketStatus } from '../connection/page-socket.ts'
import type { ChatEvent, ChatRequest } from '../serve-messages.ts'
import { type ChatState, noChat, reduceChat } from './chat-state.ts'

export interface Chat {
  readonly state: ChatState
  readonly status: PageSocketStatus
  /** Messages that the server did not confirm before the connection broke: the writer decides. */
  readonly unsent: string
  join(room: string, name: string): void
  /** @returns false when there is no connection */
  say(text: string): boolean
  leave(): void
  retryNow(): void
}

/** One connection while one is in a room; it joins again by itself after the connection was lost. */
export function useChat(): Chat {
  const [state, dispatch] = useReducer(reduceChat, noChat)
  const [status, setStatus] = useState<PageSocketStatus>({ name: 'closed' })
  const [unsent, setUnsent] = useState('')
  const socket = useRef<PageSocket>(undefined)
  const wanted = useRef<ChatRequest>(undefined)
  const pending = useRef(state.pending)
  pending.current = state.pending

  useEffect(() => () => socket.current?.close(), [])

  const onStatus = useCallback((next: PageSocketStatus) => {
    setStatus(next)
    if (next.name !== 'waiting') return
    dispatch({ type: 'connection-lost' })
    if (pending.current.length > 0) setUnsent(pending.current.join('\n'))
    dispatch({ type: 'restored' })
  }, [])

  const join = useCallback(
    (room: string, name: string) => {
      wanted.current = { type: 'join', room, name }
      if (socket.current?.send(wanted.current) === true) return
      socket.current?.close()
      socket.current = new PageSocket({
        path: '/chat',
        protocol: 'chat.bothways',
        onOpen: () => socket.current?.send(wanted.current),
        onMessage: message => dispatch({ type: 'event', event: message as ChatEvent }),
        onStatus,
      })
    },
    [onStatus],
  )

  const say = useCallback((text: string) => {
    if (socket.current?.send({ type: 'message', text }) !== true) return false
    setUnsent('')
    dispatch({ type: 'sending', text })
    return true
  }, [])

  const leave = useCallback(() => {
    socket.current?.close()
    socket.current = undefined
    dispatch({ type: 'event', event: { type: 'left' } })
  }, [])

  const retryNow = useCallback(() => socket.current?.retryNow(), [])

  return { state, status, unsent, join, say, leave, retryNow }
}
