import { FrameSignal } from '../connection/frame-signal.ts'
import { type AddressAdvice, addressAdvice, type FailureCause, likelyCauses } from './failure-causes.ts'
import { type LogDirection, type LogType, utf8Bytes } from './log-entry.ts'
import { LogStore } from './log-store.ts'
import { withoutTicket, withTicket } from './wire-ticket.ts'

export type Sendable = string | Uint8Array<ArrayBuffer>

/** The problem that the last click led to. `says` is the browser's own text. */
export type ConsoleProblem =
  | { readonly kind: 'address'; readonly says: string; readonly advice: AddressAdvice }
  | { readonly kind: 'send-connecting'; readonly says: string; readonly data: Sendable }
  | { readonly kind: 'send-closed' }
  | { readonly kind: 'send-nothing' }
  | { readonly kind: 'close-arguments'; readonly says: string }
  | {
      readonly kind: 'failure'
      readonly causes: readonly FailureCause[]
      readonly elapsedMs: number
      /** Whole, as the browser read what was typed. */
      readonly url: string
      readonly protocols: readonly string[]
    }

export interface ConsoleClose {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
  /** False when the handshake never succeeded. */
  readonly hasOpened: boolean
}

const logGapMs = 100

/** The connection of the console with its log. It outlives the view: other tabs may be shown meanwhile. */
export class ConsoleSession {
  readonly log: LogStore = new LogStore()
  /** The connection, or what is said of it, has changed. */
  readonly signal: FrameSignal = new FrameSignal()
  /** The log has; it is drawn less often than frames, so that typing and scrolling have theirs. */
  readonly logSignal: FrameSignal = new FrameSignal(logGapMs)
  /** Messages, since the page was opened. */
  readonly counts: { in: number; out: number } = { in: 0, out: 0 }
  #socket: WebSocket | undefined
  #problem: ConsoleProblem | undefined
  #close: ConsoleClose | undefined
  #waiting: Sendable[] = []
  #protocols: readonly string[] = []

  get readyState(): number | undefined {
    return this.#socket?.readyState
  }

  get url(): string {
    return withoutTicket(this.#socket?.url ?? '')
  }

  get protocol(): string {
    return this.#socket?.protocol ?? ''
  }

  get extensions(): string {
    return this.#socket?.extensions ?? ''
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  get problem(): ConsoleProblem | undefined {
    return this.#problem
  }

  /** How the connection ended; undefined while there is one, or before the first. */
  get close(): ConsoleClose | undefined {
    return this.#close
  }

  /** How many messages wait for the connection to open. */
  get waitingCount(): number {
    return this.#waiting.length
  }

  /** The subprotocols that were offered. */
  get protocols(): readonly string[] {
    return this.#protocols
  }

  /**
   * Closes the previous connection first.
   *
   * @param ticket shows what goes over the wire: the page's server knows the connection by it
   */
  connect(address: string, protocols: readonly string[], ticket?: string): void {
    this.#leave()
    this.#protocols = protocols
    this.#problem = undefined
    this.#close = undefined
    this.#waiting = []
    let socket: WebSocket
    try {
      socket = new WebSocket(withTicket(address, document.baseURI, ticket), [...protocols])
    } catch (error) {
      const { name, message } = error as DOMException
      this.#socket = undefined
      this.#problem = { kind: 'address', says: `${name}: ${message}`, advice: addressAdvice(name, message) }
      this.#add('event', 'error', message)
      this.signal.request()
      return
    }
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    this.#add('event', 'connect', withoutTicket(socket.url))
    this.#listen(socket, address, protocols)
    this.signal.request()
  }

  send(data: Sendable): void {
    this.#problem = undefined
    if (this.#socket === undefined) {
      this.#problem = { kind: 'send-nothing' }
      this.signal.request()
      return
    }
    try {
      this.#socket.send(data)
    } catch (error) {
      const { name, message } = error as DOMException
      this.#problem = { kind: 'send-connecting', says: `${name}: ${message}`, data }
      this.signal.request()
      return
    }
    if (this.#socket.readyState === WebSocket.OPEN) this.#addMessage('out', data)
    else this.#problem = { kind: 'send-closed' }
    this.signal.request()
  }

  /** Keeps what was sent too early until the connection is open. */
  sendWhenOpen(data: Sendable): void {
    this.#problem = undefined
    if (this.#socket?.readyState === WebSocket.CONNECTING) this.#waiting.push(data)
    else this.send(data)
    this.signal.request()
  }

  disconnect(code: number | undefined, reason: string): void {
    this.#problem = undefined
    try {
      if (code === undefined && reason === '') this.#socket?.close()
      else this.#socket?.close(code, reason)
    } catch (error) {
      const { name, message } = error as DOMException
      this.#problem = { kind: 'close-arguments', says: `${name}: ${message}` }
    }
    this.signal.request()
  }

  dismissProblem(): void {
    this.#problem = undefined
    this.signal.request()
  }

  #listen(socket: WebSocket, address: string, protocols: readonly string[]): void {
    const startedAt = performance.now()
    let hasOpened = false
    socket.onopen = () => {
      hasOpened = true
      this.#problem = undefined
      this.#add('event', 'open', [socket.protocol, socket.extensions].filter(it => it !== '').join(' · '))
      for (const data of this.#waiting) this.send(data)
      this.#waiting = []
      this.signal.request()
    }
    socket.onmessage = ({ data }) => {
      this.#addMessage('in', typeof data === 'string' ? data : new Uint8Array(data))
    }
    socket.onerror = () => this.#add('event', 'error', '')
    socket.onclose = ({ code, reason, wasClean }) => {
      this.#close = { code, reason, wasClean, hasOpened }
      this.#waiting = []
      this.#add('event', 'close', reason === '' ? String(code) : `${code} ${reason}`)
      this.signal.request()
      if (hasOpened) return
      const elapsedMs = Math.round(performance.now() - startedAt)
      const causes = likelyCauses({ address, pageUrl: window.location.href, protocols, elapsedMs })
      this.#problem = { kind: 'failure', causes, elapsedMs, url: withoutTicket(socket.url), protocols }
    }
  }

  /** Events of the previous connection go nowhere from now on. */
  #leave(): void {
    const socket = this.#socket
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return
    socket.onopen = null
    socket.onmessage = null
    socket.onerror = null
    socket.onclose = null
    socket.close(socket.readyState === WebSocket.OPEN ? 1000 : undefined)
    this.#add('event', 'close', withoutTicket(socket.url))
  }

  #addMessage(direction: 'in' | 'out', data: Sendable): void {
    const isText = typeof data === 'string'
    this.counts[direction]++
    this.#add(direction, isText ? 'text' : 'binary', data, isText ? utf8Bytes(data) : data.length)
  }

  #add(direction: LogDirection, type: LogType, data: Sendable, bytes = 0): void {
    this.log.append({ date: Date.now(), direction, type, bytes, data })
    this.logSignal.request()
  }
}
