import { type CloseEvent, HandshakeError, WebSocket, type WebSocketErrorEvent } from 'bothways'
import { type Attempt, verdictOf } from '../doctor/verdict.ts'
import type { ConnectOptions } from './connect-options.ts'
import type { Payload, SessionEvent } from './session-event.ts'

/** Bytes that may wait for the network before whoever sends has to wait. */
const highWaterMarkBytes = 1024 * 1024

/** One connection and everything that happens on it. */
export class Session {
  readonly #socket: WebSocket
  readonly #url: string
  readonly #attempt: Attempt
  readonly #tell: (event: SessionEvent) => void
  /** True once it is open, false when it never was. */
  readonly opened: Promise<boolean>
  readonly closed: Promise<void>

  /** @throws DOMException or UsageError for a URL, subprotocol or header that is wrong */
  constructor({ url, protocols, client }: ConnectOptions, tell: (event: SessionEvent) => void) {
    this.#tell = tell
    this.#socket = new WebSocket(url, protocols, client)
    this.#url = this.#socket.url
    this.#attempt = { url: this.#url, protocols, origin: client.origin }
    // Values of headers may be secrets: their names are enough.
    const headers = [...Object.keys(client.headers ?? {}), ...(client.origin === undefined ? [] : ['Origin'])]
    tell({ type: 'connecting', url: this.#url, protocols, headers })
    this.#socket.binaryType = 'arraybuffer'
    this.opened = new Promise(resolve => {
      this.#socket.addEventListener('open', () => resolve(true))
      this.#socket.addEventListener('close', () => resolve(false))
    })
    this.closed = new Promise(resolve => this.#socket.addEventListener('close', () => resolve()))
    this.#listen()
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  send(payload: Payload): void {
    this.#socket.send(payload as string)
    this.#tell({ type: 'sent', payload })
  }

  /** True while so much waits for the network that whoever sends should wait, too. */
  get isBusy(): boolean {
    return this.isOpen && this.#socket.bufferedAmount > highWaterMarkBytes
  }

  /** Resolves when the network has taken enough of what was sent. */
  async hasRoom(): Promise<void> {
    // The standard has no event for this.
    while (this.isBusy) {
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }

  /** In ms; undefined when the connection ends before the pong. */
  async roundTrip(): Promise<number | undefined> {
    return await this.#socket.ping()
  }

  async ping(): Promise<void> {
    this.#tell({ type: 'round-trip', milliseconds: await this.roundTrip() })
  }

  /** @throws DOMException for a code or reason that may not be sent */
  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #listen(): void {
    const socket = this.#socket
    socket.addEventListener('open', () => {
      const { protocol, extensions, handshake } = socket
      this.#tell({ type: 'open', url: this.#url, protocol, extensions, handshake })
    })
    socket.addEventListener('message', event => {
      const data: string | ArrayBuffer = (event as MessageEvent).data
      this.#tell({ type: 'received', payload: typeof data === 'string' ? data : new Uint8Array(data) })
    })
    for (const type of ['ping', 'pong'] as const) {
      socket.addEventListener(type, event => {
        this.#tell({ type, payload: (event as MessageEvent).data })
      })
    }
    socket.addEventListener('error', event => {
      const { error } = event as WebSocketErrorEvent
      const draft = error instanceof HandshakeError ? verdictOf(error, this.#attempt) : undefined
      this.#tell({ type: 'error', error, ...(draft && { verdict: { draft, url: this.#url } }) })
    })
    socket.addEventListener('close', event => {
      const { code, reason } = event as CloseEvent
      // A handshake that failed has said why already.
      if (socket.handshake === undefined) return
      this.#tell({ type: 'close', code, reason, by: socket.disconnect?.by })
    })
  }
}
