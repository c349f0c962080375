import {
  type Message,
  ReconnectingWebSocket,
  type ReconnectingWebSocketOptions,
} from '@bothways/client/websocket'
import { useCallback, useRef } from 'react'
import { newest } from './newest.ts'
import { Shared } from './shared.ts'
import { Store, useOpenStore } from './store.ts'

export interface WebSocketOptions extends ReconnectingWebSocketOptions {
  readonly protocols?: string | string[]
  /** How many messages are kept for drawing; the oldest go. Default 100. */
  readonly keep?: number
}

export interface WebSocketState {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  /** Oldest first: strings, and what `binaryType` says. */
  readonly messages: readonly unknown[]
  /** The newest. */
  readonly lastMessage: unknown
  /** Waits for a connection, bounded. Before the first effect it throws. */
  readonly send: (data: Message) => boolean
}

interface OpenSocket {
  readonly socket: ReconnectingWebSocket
  readonly store: Store<WebSocketState>
}

const sockets = new Shared<OpenSocket>(({ socket }) => socket.close())

const before: WebSocketState = {
  readyState: 0,
  messages: [],
  lastMessage: undefined,
  send: () => {
    throw new Error('There is no socket yet: send from an effect or an event.')
  },
}

function openSocket(url: string, { protocols, keep = 100, ...options }: WebSocketOptions): OpenSocket {
  const socket = new ReconnectingWebSocket(url, protocols, options)
  const store = new Store<WebSocketState>({ ...before, send: data => socket.send(data) })
  const change = (part: Partial<WebSocketState>) =>
    store.set({ ...store.get(), ...part, readyState: socket.readyState })
  socket.addEventListener('open', () => change({}))
  socket.addEventListener('close', () => change({}))
  socket.addEventListener('message', ({ data }) => {
    change({ lastMessage: data, messages: newest([...store.get().messages, data], keep) })
  })
  return { socket, store }
}

/**
 * Any WebSocket, that comes back. Components that name the same URL share one, and what it has received since it was opened; the
 * options of the first count.
 *
 * @param url undefined for none yet
 */
export function useWebSocket(url: string | undefined, options: WebSocketOptions = {}): WebSocketState {
  const given = useRef(options)
  const open = useCallback((): readonly [Store<WebSocketState>, () => void] => {
    if (url === undefined) return [new Store(before), () => {}]
    const [{ store }, giveBack] = sockets.take(url, () => openSocket(url, given.current))
    return [store, giveBack]
  }, [url])
  return useOpenStore(open, before)
}
