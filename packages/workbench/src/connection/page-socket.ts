import { backoffMs } from './backoff.ts'
import { pageSocketUrl } from './server-url.ts'

export type PageSocketStatus =
  | { readonly name: 'connecting' | 'open' | 'closed' }
  /** `isFull`: the server takes no more of these connections now. */
  | { readonly name: 'waiting'; readonly retryAt: number; readonly isFull: boolean }

export interface PageSocketOptions {
  /** On the page's own server, without a slash at its beginning. */
  readonly path: string
  readonly protocol?: string
  onOpen?(): void
  onMessage(message: unknown): void
  onStatus(status: PageSocketStatus): void
}

const tryAgainLater = 1013

/** Below this a connection counts as failed again, and the waits go on growing. */
const stableMs = 5_000

/** A WebSocket to the page's own server that comes back by itself until it is closed. Messages are JSON. */
export class PageSocket {
  readonly #options: PageSocketOptions
  #socket: WebSocket | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #attempt = 0
  #isClosed = false

  constructor(options: PageSocketOptions) {
    this.#options = options
    window.addEventListener('online', this.retryNow)
    this.#connect()
  }

  /** @returns false when there is no open connection; then nothing was sent */
  send(message: unknown): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(message))
    return true
  }

  /** Does not wait any longer. */
  readonly retryNow = (): void => {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#connect()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    window.removeEventListener('online', this.retryNow)
    this.#socket?.close(1000)
    this.#options.onStatus({ name: 'closed' })
  }

  #connect(): void {
    this.#timer = undefined
    const { path, protocol, onOpen, onMessage, onStatus } = this.#options
    const socket = new WebSocket(pageSocketUrl(path), protocol === undefined ? [] : [protocol])
    this.#socket = socket
    let openedAt: number | undefined
    onStatus({ name: 'connecting' })
    socket.onopen = () => {
      // Closed meanwhile: the handshake could not be called off.
      if (this.#isClosed) return socket.close(1000)
      openedAt = performance.now()
      onStatus({ name: 'open' })
      onOpen?.()
    }
    socket.onmessage = ({ data }) => {
      if (!this.#isClosed && typeof data === 'string') onMessage(JSON.parse(data))
    }
    socket.onclose = ({ code }) => {
      if (this.#isClosed) return
      if (openedAt !== undefined && performance.now() - openedAt > stableMs) this.#attempt = 0
      const waitMs = backoffMs(this.#attempt++, Math.random())
      this.#timer = setTimeout(() => this.#connect(), waitMs)
      onStatus({ name: 'waiting', retryAt: Date.now() + waitMs, isFull: code === tryAgainLater })
    }
  }
}
