import {
  checkIs,
  checkNames,
  type Environment,
  runtimeEnvironment,
  type WebSocketClass,
} from '../core/environment-kit.ts'
import {
  eventLike,
  type SocketCloseEvent,
  type SocketErrorEvent,
  type SocketMessageEvent,
} from './socket-events.ts'
import { type Message, WaitingMessages } from './waiting-messages.ts'

/** A value, or a function that says it anew for each connection. */
type Provided<Value> = Value | (() => Value | Promise<Value>)

export interface ReconnectingWebSocketOptions {
  /** The class below. Default: the runtime's. */
  readonly WebSocket?: WebSocketClass
  /** The wait before the second try in a row, in ms, before jitter: from half of it to one and a half. Default 1,000. */
  readonly minReconnectionDelay?: number
  /** The longest wait, in ms. Default 10,000. */
  readonly maxReconnectionDelay?: number
  /** The factor by which the wait grows from try to try. Default 1.3. */
  readonly reconnectionDelayGrowFactor?: number
  /** A connection that is open so long was a good one: the next wait is the first again. In ms. Default 5,000. */
  readonly minUptime?: number
  /** How long opening may take, in ms. Default 4,000. */
  readonly connectionTimeout?: number
  /** Tries in a row after the first. Default: no bound. */
  readonly maxRetries?: number
  /** Messages that may wait for a connection; `send` throws at one more. Default 1,000. */
  readonly maxEnqueuedMessages?: number
  /** Their bytes. Default 1 MiB. */
  readonly maxEnqueuedBytes?: number
  /** Whether it waits for `reconnect()`. Default false. */
  readonly startClosed?: boolean
  /** Whether it comes back after this `close`, asked before the event is told. Default: always. */
  readonly shouldReconnectOnClose?: (event: SocketCloseEvent) => boolean
  /** Whether what happens is told to `debugLogger`. Default false. */
  readonly debug?: boolean
  /** Default `console.log`. */
  readonly debugLogger?: (...words: unknown[]) => void
  /** Clock, chance and network events: for tests. Default: the runtime's. */
  readonly environment?: Environment
}

export interface ReconnectingWebSocketEvents {
  readonly open: Event
  readonly message: SocketMessageEvent
  readonly close: SocketCloseEvent
  readonly error: SocketErrorEvent
}

type Listener<Type extends keyof ReconnectingWebSocketEvents> =
  | ((event: ReconnectingWebSocketEvents[Type]) => void)
  | { handleEvent(event: ReconnectingWebSocketEvents[Type]): void }

/** An EventTarget whose listeners get the event of their type. */
interface Listeners {
  addEventListener<Type extends keyof ReconnectingWebSocketEvents>(
    type: Type,
    listener: Listener<Type> | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  removeEventListener<Type extends keyof ReconnectingWebSocketEvents>(
    type: Type,
    listener: Listener<Type> | null,
    options?: boolean | EventListenerOptions,
  ): void
  dispatchEvent(event: Event): boolean
}

interface AddEventListenerOptions extends EventListenerOptions {
  once?: boolean
  passive?: boolean
  signal?: AbortSignal
}

interface EventListenerOptions {
  capture?: boolean
}

const Target: new () => Listeners = EventTarget as never

/** The class below with all that is passed through. */
type Socket = InstanceType<WebSocketClass> & { readonly extensions: string; send(data: Message): void }

const numbers =
  'minReconnectionDelay maxReconnectionDelay reconnectionDelayGrowFactor minUptime connectionTimeout maxRetries maxEnqueuedMessages maxEnqueuedBytes'

const functions = 'shouldReconnectOnClose debugLogger'

/** How long the `close` event of a connection that is closed may take, in ms. */
const closeEventMs = 2_000

/** The same after the `error` of one that did not open: both come in one turn, but in Node.js 22, which forgets `close`. */
const failedEventMs = 100

const cut = { code: 1006, reason: '', wasClean: false }

/**
 * The interface of `WebSocket`, for any server, that connects again whenever it is cut: `open` and `close` come each time. Messages
 * sent while there is no connection wait, bounded, and go out when there is one; those that were sent and did not arrive are not
 * sent again, since only the server knows.
 *
 * @example
 * const socket = new ReconnectingWebSocket('wss://example.com/feed')
 * socket.onmessage = event => console.log(event.data)
 * socket.send('hello')
 */
export class ReconnectingWebSocket extends Target {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSING = 2
  readonly CLOSED = 3

  onopen: ((event: Event) => void) | null = null
  onmessage: ((event: SocketMessageEvent) => void) | null = null
  onclose: ((event: SocketCloseEvent) => void) | null = null
  onerror: ((event: SocketErrorEvent) => void) | null = null

  readonly #givenUrl: Provided<string | URL>
  readonly #givenProtocols: Provided<string | string[] | null | undefined>
  readonly #options: ReconnectingWebSocketOptions
  readonly #environment: Environment
  readonly #waiting: WaitingMessages
  #socket: Socket | undefined
  /** Counts connections, so that what an earlier one still tells is not heard. */
  #generation = 0
  #readyState = 3
  #binaryType = 'blob'
  #retryCount = 0
  #isWanted = false
  #hasWarned = false
  #cancels: (() => void)[] = []
  #cancelWait: (() => void) | undefined
  #stopListening: (() => void) | undefined

  /** @throws ClientError `wrong_use` for an option that it does not have */
  constructor(
    url: Provided<string | URL>,
    protocols?: Provided<string | string[] | null | undefined>,
    options: ReconnectingWebSocketOptions = {},
  ) {
    super()
    checkNames(
      'ReconnectingWebSocket',
      options,
      `WebSocket ${numbers} ${functions} startClosed debug environment`,
    )
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined) continue
      if (numbers.includes(name)) checkIs(name, 'number', value)
      if (functions.split(' ').includes(name)) checkIs(name, 'function', value)
    }
    this.#givenUrl = url
    this.#givenProtocols = protocols
    this.#options = options
    const { maxEnqueuedMessages = 1_000, maxEnqueuedBytes = 1024 * 1024 } = options
    this.#waiting = new WaitingMessages(maxEnqueuedMessages, maxEnqueuedBytes)
    this.#environment = options.environment ?? runtimeEnvironment()
    if (options.startClosed !== true) this.reconnect()
  }

  /** `CONNECTING` also while it waits for the next try. */
  get readyState(): number {
    return this.#readyState
  }

  /** Of the present connection; empty before the first. */
  get url(): string {
    return (this.#socket as { url?: string } | undefined)?.url ?? ''
  }

  get protocol(): string {
    return this.#socket?.protocol ?? ''
  }

  get extensions(): string {
    return this.#socket?.extensions ?? ''
  }

  /** With what waits for a connection. */
  get bufferedAmount(): number {
    return this.#waiting.bytes + (this.#socket?.bufferedAmount ?? 0)
  }

  get binaryType(): string {
    return this.#binaryType
  }

  set binaryType(value: string) {
    this.#binaryType = value
    if (this.#socket !== undefined) this.#socket.binaryType = value
  }

  /** Tries in a row after the first, with the one that is to come; 0 again when a connection has lasted. */
  get retryCount(): number {
    return this.#retryCount
  }

  /** Whether it comes back by itself: not after `close()`, `maxRetries`, or where `shouldReconnectOnClose` says so. */
  get shouldReconnect(): boolean {
    return this.#isWanted
  }

  /**
   * The data are the caller's again as soon as this returns.
   *
   * @returns false when it waits for a connection
   * @throws ClientError `queue_full` when there is no connection and too much waits for one
   */
  send(data: Message): boolean {
    if (this.#readyState === 1) {
      this.#socket?.send(data)
      return true
    }
    this.#waiting.push(data)
    if (!this.#isWanted && this.#generation > 0 && !this.#hasWarned) {
      this.#hasWarned = true
      console.warn('ReconnectingWebSocket: send() was called after close(): it waits for reconnect().')
    }
    return false
  }

  /** Takes out what waits for a connection, oldest first: for another socket that takes the place of this one. */
  drainQueuedMessages(): Message[] {
    return this.#waiting.takeAll()
  }

  /**
   * Ends it, and does not come back by itself. Messages in the queue wait for `reconnect()`. `close` is told when it has ended;
   * between two tries that has been told already.
   */
  close(code = 1000, reason?: string): void {
    if (this.#readyState > 1) return
    const socket = this.#socket
    const isWaiting = this.#cancelWait !== undefined
    // A code that no program may send throws, and changes nothing.
    if (!isWaiting) socket?.close(code, reason)
    this.#giveUp()
    this.#clear()
    this.#readyState = isWaiting ? 3 : 2
    if (!isWaiting) this.#endAfter(socket === undefined ? 0 : closeEventMs)
  }

  /** Connects anew, at once, whether it is open, waiting or closed. @throws TypeError where there is no class of WebSockets */
  reconnect(code?: number, reason?: string): void {
    this.#class()
    this.#isWanted = true
    this.#hasWarned = false
    this.#stopListening ??= this.#environment.listen(event => {
      if (event !== 'offline' && this.#cancelWait !== undefined) this.#connect()
    })
    this.#retryCount = 0
    const socket = this.#socket
    if (socket !== undefined && this.#readyState < 3 && this.#cancelWait === undefined) {
      this.#leave(socket, code, reason)
      const generation = this.#generation
      // The calls of a listener of `close` come between two tries, and then they count.
      this.#clear()
      this.#readyState = 0
      this.#cancelWait = () => {}
      this.#tell(eventLike('close', { code: code ?? 1000, reason: reason ?? '', wasClean: true }))
      if (generation !== this.#generation || !this.#isWanted) return
    }
    this.#connect()
  }

  #giveUp(): void {
    this.#isWanted = false
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  #class(): WebSocketClass {
    const WebSocket = this.#options.WebSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket
    if (typeof WebSocket === 'function') return WebSocket
    throw new TypeError(
      'There is no class WebSocket here: give one as the option WebSocket, as that of "bothways".',
    )
  }

  #connect(): void {
    this.#clear()
    this.#socket = undefined
    this.#readyState = 0
    this.#debug('connect', this.#retryCount)
    void this.#open(++this.#generation)
  }

  async #open(generation: number): Promise<void> {
    try {
      const url = String(await provide(this.#givenUrl))
      const protocols = (await provide(this.#givenProtocols)) ?? undefined
      if (generation !== this.#generation || !this.#isWanted) return
      const WebSocket = this.#class()
      const socket = (protocols === undefined ? new WebSocket(url) : new WebSocket(url, protocols)) as Socket
      socket.binaryType = this.#binaryType
      this.#socket = socket
      socket.addEventListener('open', () => this.#opened(generation, socket))
      socket.addEventListener('message', event => {
        if (generation === this.#generation) this.#tell(eventLike('message', event))
      })
      socket.addEventListener('error', event => {
        if (generation !== this.#generation) return
        // The `close` event may never come, as when a Content Security Policy blocks the URL.
        if (this.#readyState === 0) this.#clear()
        this.#endAfter(this.#readyState === 0 ? failedEventMs : closeEventMs)
        this.#tell(eventLike('error', event))
      })
      socket.addEventListener('close', event => this.#closed(generation, event))
      this.#after(this.#options.connectionTimeout ?? 4_000, () => this.#timedOut(generation, socket))
    } catch (error) {
      if (generation !== this.#generation || !this.#isWanted) return
      this.#tell(eventLike('error', { error, message: messageOf(error) }))
      this.#closed(generation, cut)
    }
  }

  #opened(generation: number, socket: Socket): void {
    if (generation !== this.#generation || !this.#isWanted) return
    this.#clear()
    this.#readyState = 1
    this.#after(this.#options.minUptime ?? 5_000, () => {
      this.#retryCount = 0
    })
    for (const data of this.#waiting.takeAll()) {
      try {
        socket.send(data)
      } catch (error) {
        this.#tell(eventLike('error', { error, message: messageOf(error) }))
      }
    }
    this.#tell(eventLike('open', {}))
  }

  #timedOut(generation: number, socket: Socket): void {
    if (generation !== this.#generation || this.#readyState !== 0) return
    const error = new Error('TIMEOUT')
    this.#leave(socket)
    const left = this.#generation
    this.#tell(eventLike('error', { error, message: error.message }))
    this.#closed(left, { ...cut, reason: 'timeout' })
  }

  #closed(generation: number, said: object): void {
    if (generation !== this.#generation) return
    this.#generation++
    this.#ended(said)
  }

  #ended(said: object): void {
    this.#clear()
    const event = eventLike('close', said) as SocketCloseEvent
    const { maxRetries = Number.POSITIVE_INFINITY } = this.#options
    const generation = this.#generation
    const isOver = !this.#mayReconnect(event) || this.#retryCount >= maxRetries
    // Else it has begun anew.
    if (generation === this.#generation) {
      this.#clear()
      this.#readyState = isOver ? 3 : 0
      if (isOver) this.#giveUp()
      else {
        this.#cancelWait = this.#environment.setTimer(() => this.#connect(), this.#nextDelay())
        this.#retryCount++
      }
    }
    this.#tell(event)
  }

  #mayReconnect(event: SocketCloseEvent): boolean {
    if (!this.#isWanted) return false
    // The calls of `shouldReconnectOnClose` come between two tries, and then they count.
    this.#readyState = 0
    this.#cancelWait = () => {}
    try {
      return (this.#options.shouldReconnectOnClose?.(event) ?? true) && this.#isWanted
    } catch (error) {
      console.error(error)
      return this.#isWanted
    }
  }

  #nextDelay(): number {
    const {
      minReconnectionDelay = 1_000,
      maxReconnectionDelay = 10_000,
      reconnectionDelayGrowFactor = 1.3,
    } = this.#options
    const delay = minReconnectionDelay * reconnectionDelayGrowFactor ** this.#retryCount
    return Math.min(maxReconnectionDelay, delay) * (0.5 + this.#environment.random())
  }

  /** Lets go of a connection: its later events are not heard. */
  #leave(socket: Socket, code?: number, reason?: string): void {
    if (code === undefined) socket.close()
    else socket.close(code, reason)
    this.#generation++
  }

  #after(ms: number, callback: () => void): void {
    this.#cancels.push(this.#environment.setTimer(callback, ms))
  }

  /** Goes on without a `close` event that has not come by then. */
  #endAfter(ms: number): void {
    const generation = this.#generation
    this.#after(ms, () => this.#closed(generation, cut))
  }

  #debug(...words: unknown[]): void {
    const { debug = false, debugLogger = console.log } = this.#options
    if (debug) debugLogger('RWS>', ...words)
  }

  #clear(): void {
    for (const cancel of this.#cancels.splice(0)) cancel()
    this.#cancelWait?.()
    this.#cancelWait = undefined
  }

  #tell(event: Event): void {
    this.#debug(event.type, event)
    const handler = this[`on${event.type}` as `on${keyof ReconnectingWebSocketEvents}`] as
      | ((event: Event) => void)
      | null
    try {
      handler?.call(this, event)
    } catch (error) {
      console.error(error)
    }
    this.dispatchEvent(event)
  }
}

async function provide<Value>(given: Provided<Value>): Promise<Value> {
  return typeof given === 'function' ? await (given as () => Value | Promise<Value>)() : given
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
