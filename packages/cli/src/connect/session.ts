import {
  type ClientOptions,
  type CloseEvent,
  HandshakeError,
  WebSocket,
  type WebSocketErrorEvent,
} from 'bothways'
import { verdictOf } from '../doctor/verdict.ts'
import { endpointOf } from '../reach/endpoint.ts'
import { type Redirect, redirectOf } from '../reach/redirect.ts'
import type { ConnectOptions } from './connect-options.ts'
import type { Conversation } from './conversation.ts'
import { mayComeBack, reconnectDelayMs, steadyMs } from './reconnect.ts'
import type { Payload, SessionEvent } from './session-event.ts'

/** Bytes that may wait for the network before the sender has to wait. */
const highWaterMarkBytes = 1024 * 1024

/**
 * A conversation with one server and everything that happens in it: one connection, or with `--location` and
 * `--reconnect` one after the other.
 */
export class Session implements Conversation {
  readonly #options: ConnectOptions
  readonly #tell: (event: SessionEvent) => void
  #socket: WebSocket
  /** As typed, or where the last redirect led. */
  #url: string
  #redirect: Redirect | undefined
  #redirectCount = 0
  /** Attempts since a connection was steady. */
  #attempt = 0
  #timer: NodeJS.Timeout | undefined
  #isOver = false
  /** A user who has sent enough, or left, wants no other connection. */
  #isLeaving = false
  /** True once it is open, false when it never was. */
  readonly opened: Promise<boolean>
  readonly closed: Promise<void>
  #onOpened: (isOpen: boolean) => void = () => {}
  #onClosed: () => void = () => {}
  #waiting: (() => void)[] = []

  /** @throws DOMException or UsageError for a URL, subprotocol or header that is wrong */
  constructor(options: ConnectOptions, tell: (event: SessionEvent) => void) {
    this.#options = options
    this.#tell = tell
    this.#url = options.url
    this.opened = new Promise(resolve => {
      this.#onOpened = resolve
    })
    this.closed = new Promise(resolve => {
      this.#onClosed = resolve
    })
    this.#socket = this.#dial()
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** There is no connection, and none will come. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Waits for a connection. @returns false when none will come */
  async ready(): Promise<boolean> {
    while (!this.isOpen && !this.#isOver) {
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
    return this.isOpen
  }

  send(payload: Payload): void {
    this.#socket.send(payload as string)
    this.#tell({ type: 'sent', payload })
  }

  /** True while so much waits for the network that the sender should wait, too. */
  get isBusy(): boolean {
    return this.isOpen && this.#socket.bufferedAmount > highWaterMarkBytes
  }

  /** Resolves when the network has taken enough of the messages sent. */
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
    this.#leave()
  }

  terminate(): void {
    this.#socket.terminate()
    this.#leave()
  }

  /** Between two connections nothing else would end it. */
  #leave(): void {
    this.#isLeaving = true
    if (this.#timer !== undefined) this.#finish()
  }

  #dial(): WebSocket {
    const { protocols, client, connection, url: typed } = this.#options
    const endpoint = endpointOf(this.#url, typed, connection)
    const options: ClientOptions = { ...client, ...endpoint.client }
    const socket = new WebSocket(endpoint.url, protocols, options)
    this.#socket = socket
    if (!endpoint.isUnix) this.#url = socket.url
    // Values of headers may be secrets: their names are enough.
    const headers = [
      ...Object.keys(options.headers ?? {}),
      ...(options.origin === undefined ? [] : ['Origin']),
    ]
    this.#tell({ type: 'connecting', url: this.#url, protocols, headers })
    socket.binaryType = 'arraybuffer'
    this.#listen(socket)
    return socket
  }

  #listen(socket: WebSocket): void {
    let openedAtMs: number | undefined
    socket.addEventListener('open', () => {
      openedAtMs = performance.now()
      const { protocol, extensions, handshake } = socket
      this.#tell({ type: 'open', url: this.#url, protocol, extensions, handshake })
      for (const message of this.#options.hello) this.send(message)
      this.#onOpened(true)
      this.#wake()
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
    let failure: Error | undefined
    socket.addEventListener('error', event => {
      failure = (event as WebSocketErrorEvent).error
      this.#redirect = this.#redirectIn(failure)
      if (this.#redirect === undefined) this.#tellFailure(failure)
    })
    socket.addEventListener('close', event => {
      const { code, reason } = event as CloseEvent
      // A handshake that failed has said why already.
      if (socket.handshake !== undefined) {
        this.#tell({ type: 'close', code, reason, by: socket.disconnect?.by })
      }
      if (openedAtMs !== undefined && performance.now() - openedAtMs >= steadyMs) this.#attempt = 0
      this.#goOn(failure)
    })
  }

  #redirectIn(error: Error): Redirect | undefined {
    if (!this.#options.followsRedirects || !(error instanceof HandshakeError)) return undefined
    return redirectOf(error.answer, this.#url, this.#options.url, this.#redirectCount)
  }

  #tellFailure(error: Error): void {
    const { protocols, connection } = this.#options
    const attempt = { url: this.#url, protocols, origin: connection.origin }
    const draft = error instanceof HandshakeError ? verdictOf(error, attempt) : undefined
    this.#tell({ type: 'error', error, ...(draft && { verdict: { draft, url: this.#url } }) })
  }

  /** After the end of a connection: follows a redirect, connects again, or finishes. */
  #goOn(failure: Error | undefined): void {
    const redirect = this.#redirect
    this.#redirect = undefined
    if (redirect !== undefined && !this.#isLeaving) {
      this.#tell({ type: 'redirected', ...redirect })
      this.#redirectCount++
      this.#url = redirect.url
      this.#dialAgain()
      return
    }
    if (!this.#options.reconnects || this.#isLeaving || !mayComeBack(failure)) {
      this.#finish()
      return
    }
    const milliseconds = reconnectDelayMs(this.#attempt++, Math.random(), failure)
    this.#tell({ type: 'waiting', milliseconds })
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // Each time it may be led elsewhere.
      this.#url = this.#options.url
      this.#redirectCount = 0
      this.#dialAgain()
    }, milliseconds)
  }

  #dialAgain(): void {
    try {
      this.#dial()
    } catch (error) {
      this.#tell({ type: 'error', error: error as Error })
      this.#finish()
    }
  }

  #finish(): void {
    clearTimeout(this.#timer)
    this.#isOver = true
    this.#onOpened(false)
    this.#onClosed()
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
