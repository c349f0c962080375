import { useCallback, useEffect, useReducer, useRef, useState } from 'react'
import { PageSocket, type PageSocketStatus } from '../connection/page-socket.ts'
import type { ChatEvent, ChatRequest } from '../serve-messages.ts'
import { type ChatState, noChat, reduceChat } from './chat-state.ts'

export interface Chat {
  readonly state: ChatState
  readonly status: PageSocketStatus
  /** As it was asked for last. */
  readonly name: string
  /** Messages that the server did not confirm before the connection broke: the writer decides. */
  readonly unsent: string
  /** Leaves the room one is in. */
  join(room: string, name: string): void
  /** @returns false when there is no connection */
  say(text: string): boolean
  leave(): void
  retryNow(): void
}

/** A server that has not noticed the end of the connection before still has its name. */
const nameRetryMs = 3_000

/** One connection while one is in a room; it joins again by itself after the connection was lost. */
export function useChat(): Chat {
  const [state, dispatch] = useReducer(reduceChat, noChat)
  const [status, setStatus] = useState<PageSocketStatus>({ name: 'closed' })
  const [name, setName] = useState('')
  const [unsent, setUnsent] = useState('')
  const socket = useRef<PageSocket>(undefined)
  const wanted = useRef<Extract<ChatRequest, { type: 'join' }>>(undefined)
  const latest = useRef(state)
  latest.current = state

  useEffect(() => () => socket.current?.close(), [])

  const onStatus = useCallback((next: PageSocketStatus) => {
    setStatus(next)
    if (next.name !== 'waiting') return
    dispatch({ type: 'connection-lost' })
    const { pending } = latest.current
    if (pending.length > 0) setUnsent(pending.join('\n'))
    dispatch({ type: 'restored' })
  }, [])

  const onMessage = useCallback((message: unknown) => {
    const event = message as ChatEvent
    dispatch({ type: 'event', event })
    const isOut = latest.current.members.length === 0
    if (event.type !== 'error' || event.code !== 'name-taken' || !isOut) return
    const { room } = latest.current
    if (room === undefined || room !== wanted.current?.room) return
    setTimeout(() => {
      if (latest.current.room === room && latest.current.members.length === 0)
        socket.current?.send(wanted.current)
    }, nameRetryMs)
  }, [])

  const join = useCallback(
    (room: string, ownName: string) => {
      setName(ownName)
      wanted.current = { type: 'join', room, name: ownName }
      if (socket.current?.send(wanted.current) === true) return
      socket.current?.close()
      socket.current = new PageSocket({
        path: 'chat',
        protocol: 'chat.bothways',
        onOpen: () => socket.current?.send(wanted.current),
        onMessage,
        onStatus,
      })
    },
    [onMessage, onStatus],
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

  return { state, status, name, unsent, join, say, leave, retryNow }
}
