import {
  ClientError,
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

export type Message = string | ArrayBuffer | ArrayBufferView | Blob

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

/** How long the `close` event of a connection that is closed may take, in ms. */
const closeEventMs = 2_000

/**
 * The interface of `WebSocket`, for any server, that connects again whenever it is cut: `open` and `close` come each time. What
 * is sent while there is no connection waits, bounded, and goes out when there is one; what was sent and did not arrive is not
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
  readonly #queue: { readonly data: Message; readonly bytes: number }[] = []
  #queuedBytes = 0
  #socket: Socket | undefined
  /** Counts connections, so that what an earlier one still tells is not heard. */
  #generation = 0
  #readyState = 3
  #binaryType = 'blob'
  #retryCount = 0
  #isWanted = false
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
    checkNames('ReconnectingWebSocket', options, `WebSocket ${numbers} startClosed environment`)
    for (const [name, value] of Object.entries(options)) {
      if (numbers.includes(name) && value !== undefined) checkIs(name, 'number', value)
    }
    this.#givenUrl = url
    this.#givenProtocols = protocols
    this.#options = options
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
    return this.#queuedBytes + (this.#socket?.bufferedAmount ?? 0)
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

  /** Whether it comes back by itself: not after `close()`. */
  get shouldReconnect(): boolean {
    return this.#isWanted
  }

  /**
   * @returns false when it waits for a connection
   * @throws ClientError `queue_full` when there is no connection and too much waits for one
   */
  send(data: Message): boolean {
    if (this.#readyState === 1) {
      this.#socket?.send(data)
      return true
    }
    const { maxEnqueuedMessages = 1_000, maxEnqueuedBytes = 1024 * 1024 } = this.#options
    const bytes = bytesOf(data)
    if (this.#queue.length >= maxEnqueuedMessages || this.#queuedBytes + bytes > maxEnqueuedBytes) {
      const text = `At most ${maxEnqueuedMessages} messages of ${maxEnqueuedBytes} bytes together wait for a connection.`
      throw new ClientError('queue_full', text, true)
    }
    this.#queue.push({ data, bytes })
    this.#queuedBytes += bytes
    return false
  }

  /** Ends it, and does not come back by itself. What waits in the queue waits for `reconnect()`. */
  close(code = 1000, reason?: string): void {
    this.#isWanted = false
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#clear()
    const socket = this.#socket
    if (socket === undefined || this.#readyState === 3) {
      this.#generation++
      this.#readyState = 3
      return
    }
    socket.close(code, reason)
    this.#readyState = 2
    const generation = this.#generation
    this.#after(closeEventMs, () => this.#closed(generation, { code: 1006, reason: '', wasClean: false }))
  }

  /** Connects anew, at once, whether it is open, waiting or closed. @throws TypeError where there is no class of WebSockets */
  reconnect(code?: number, reason?: string): void {
    this.#class()
    this.#isWanted = true
    this.#stopListening ??= this.#environment.listen(event => {
      if (event !== 'offline' && this.#cancelWait !== undefined) this.#connect()
    })
    this.#retryCount = 0
    const socket = this.#socket
    if (socket !== undefined && this.#readyState < 2) {
      this.#leave(socket, code, reason)
      this.#tell('close', { code: code ?? 1000, reason: reason ?? '', wasClean: true })
      // A listener may have closed it.
      if (!this.#isWanted) return
    }
    this.#connect()
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
    const generation = ++this.#generation
    void this.#open(generation)
  }

  async #open(generation: number): Promise<void> {
    try {
      const url = String(await provide(this.#givenUrl))
      const protocols = (await provide(this.#givenProtocols)) ?? undefined
      if (generation !== this.#generation) return
      const WebSocket = this.#class()
      const socket = (protocols === undefined ? new WebSocket(url) : new WebSocket(url, protocols)) as Socket
      socket.binaryType = this.#binaryType
      this.#socket = socket
      socket.addEventListener('open', () => this.#opened(generation, socket))
      socket.addEventListener('message', event => {
        if (generation === this.#generation) this.#tell('message', event)
      })
      socket.addEventListener('error', event => {
        if (generation !== this.#generation) return
        this.#tell('error', event)
        // The `close` event may never come, as when a Content Security Policy blocks the URL.
        this.#after(closeEventMs, () => this.#closed(generation, { code: 1006, reason: '', wasClean: false }))
      })
      socket.addEventListener('close', event => this.#closed(generation, event))
      this.#after(this.#options.connectionTimeout ?? 4_000, () => this.#timedOut(generation, socket))
    } catch (error) {
      if (generation !== this.#generation) return
      this.#tell('error', { error, message: (error as Error).message })
      this.#closed(generation, { code: 1006, reason: '', wasClean: false })
    }
  }

  #opened(generation: number, socket: Socket): void {
    if (generation !== this.#generation || !this.#isWanted) return
    this.#clear()
    this.#readyState = 1
    this.#after(this.#options.minUptime ?? 5_000, () => {
      this.#retryCount = 0
    })
    for (const { data } of this.#queue.splice(0)) socket.send(data)
    this.#queuedBytes = 0
    this.#tell('open', {})
  }

  #timedOut(generation: number, socket: Socket): void {
    if (generation !== this.#generation || this.#readyState !== 0) return
    const error = new Error('TIMEOUT')
    this.#leave(socket)
    this.#generation++
    this.#tell('error', { error, message: error.message })
    this.#ended({ code: 1006, reason: 'timeout', wasClean: false })
  }

  #closed(generation: number, said: object): void {
    if (generation !== this.#generation) return
    this.#generation++
    this.#ended(said)
  }

  #ended(said: object): void {
    this.#clear()
    const { maxRetries = Number.POSITIVE_INFINITY } = this.#options
    const isOver = !this.#isWanted || this.#retryCount >= maxRetries
    this.#readyState = isOver ? 3 : 0
    if (isOver) this.#isWanted = false
    else {
      this.#cancelWait = this.#environment.setTimer(() => this.#connect(), this.#nextDelay())
      this.#retryCount++
    }
    this.#tell('close', said)
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

  /** Lets go of a connection: what it still tells is not heard. */
  #leave(socket: Socket, code?: number, reason?: string): void {
    this.#generation++
    if (code === undefined) socket.close()
    else socket.close(code, reason)
  }

  #after(ms: number, callback: () => void): void {
    this.#cancels.push(this.#environment.setTimer(callback, ms))
  }

  #clear(): void {
    for (const cancel of this.#cancels.splice(0)) cancel()
    this.#cancelWait?.()
    this.#cancelWait = undefined
  }

  #tell(type: keyof ReconnectingWebSocketEvents, said: object): void {
    const event = eventLike(type, said)
    const handler = this[`on${type}`] as ((event: Event) => void) | null
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

function bytesOf(data: Message): number {
  if (typeof data === 'string') return new TextEncoder().encode(data).length
  return 'size' in data ? data.size : data.byteLength
}
