import type { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { CloseCode } from '@bothways/protocol'
import type { Sink } from '../connection/channel.ts'
import type { ConnectionInit } from '../connection/connection-init.ts'
import type { Disconnect } from '../connection/disconnect.ts'
import { ReadyState } from '../connection/ending.ts'
import { defineInspection, stateName } from '../connection/inspection.ts'
import { type MessageData, messageBytes } from '../connection/message-data.ts'
import { checkNoCallback, checkNothingMore, checkTopic, warnOfWildcard } from '../connection/option-checks.ts'
import type { Listed } from '../connection/roster.ts'
import type { FanOut } from '../connection/sending/fan-out.ts'
import type { Publication } from '../connection/sending/publication.ts'
import type { SendOutcome } from '../connection/sending/send-outcome.ts'
import type { RouteParams } from '../opening/route-params.ts'
import type { UpgradeRequest } from '../opening/upgrade-request.ts'
import type { ServerCounts } from './counts.ts'
import { tooManyTopics, twoConsumers } from './error-codes.ts'
import { explainSocketMethods } from './foreign-methods.ts'
import { type Flow, Inbox, type InboxEvents, isPromise } from './inbox.ts'
import type { SocketMeeting } from './plain-topics/raw-meeting.ts'
import type { Topics } from './plain-topics/topics.ts'
import { checkCloseArguments, checkMessageData, publicationOf } from './send-arguments.ts'
import type { SocketChannel, SocketChannelHandler } from './socket-channel.ts'
import { asynchronousData, type SocketData } from './socket-data.ts'

/** Text as a string, binary as a Buffer. A Buffer is the handler's to keep. */
export type Message = string | Buffer

/**
 * A program's handlers for its sockets. Handlers of one socket run one after the other, also when
 * they are asynchronous: `message` waits for `open`, and for the message before. Their results are ignored, but for a
 * promise, which is waited for.
 */
export interface SocketHandlers<User, Data = SocketData, Params = RouteParams> {
  /** The connection is open. */
  open?(socket: ServerSocket<User, Data, Params>): unknown
  /** A message came: text as a string, binary as a Buffer. */
  message?(socket: ServerSocket<User, Data, Params>, message: Message): unknown
  /** `send` answered false before; now there is room again. */
  drain?(socket: ServerSocket<User, Data, Params>): unknown
  /** The connection is over, and all its messages were handled. `socket.disconnect` says more. */
  close?(socket: ServerSocket<User, Data, Params>, code: number, reason: string): unknown
}

/** A socket of any route. */
// biome-ignore lint/suspicious/noExplicitAny: what one route's sockets have is not what another's have
export type AnySocket<User> = ServerSocket<User, any, any>

/** The server, as far as its sockets need it. */
export interface SocketHost<User> {
  readonly topics: Topics<Publication>
  readonly counts: ServerCounts
  readonly maxTopicsPerSocket: number
  /** Where its topics may be those of a hub. */
  readonly meeting: SocketMeeting | undefined
  /** Makes the channel that carries a socket, and tells all to `handler`. */
  openChannel(handler: SocketChannelHandler, init: SocketInit<User>): SocketChannel
  onError(error: unknown, socket: AnySocket<User>): void
  /** TCP is over. */
  onClose(socket: AnySocket<User>): void
  /** And no handler of the socket runs any more. Called once. */
  onSettled(): void
}

/** A socket's place among those of its server. */
export interface SocketPlace<User> extends Listed<SocketPlace<User>> {
  readonly socket: AnySocket<User>
  readonly host: SocketHost<User>
}

/** The results of the opening handshake. */
export interface SocketInit<User> extends Pick<ConnectionInit, 'transport' | 'deflate'> {
  readonly user: User
  readonly request: UpgradeRequest
  readonly protocol: string
  readonly extensions: string
}

/**
 * One client of a server. Messages that it sends before there is a `message` handler or an iteration wait, at most 64 KiB
 * here and the rest on the client's side, so no message is lost to code that is not ready yet.
 *
 * Its methods never throw for anything the network did: on a connection that is over they do nothing.
 */
export class ServerSocket<User = undefined, Data = SocketData, Params = RouteParams>
  implements AsyncIterable<Message>, Sink
{
  /** The user that `authenticate` returned. */
  readonly user: User
  readonly request: UpgradeRequest<Params>
  /** The subprotocol agreed on, or ''. */
  readonly protocol: string
  /** The extensions agreed on, as the `Sec-WebSocket-Extensions` header says them, or ''. */
  readonly extensions: string
  readonly #channel: SocketChannel
  readonly #inbox: Inbox<Message> & InboxEvents<Message> & SocketPlace<User>
  readonly #host: SocketHost<User>
  #handlers: SocketHandlers<User, Data, Params> | undefined
  #disconnect: Disconnect | undefined
  #data: Data | undefined
  #id: string | undefined

  constructor(init: SocketInit<User>, host: SocketHost<User>) {
    this.user = init.user
    // Its route has said which parameters there are.
    this.request = init.request as UpgradeRequest<Params>
    this.protocol = init.protocol
    this.extensions = init.extensions
    this.#host = host
    const inbox = new ServerSocket.#Inbox<User, Data, Params>(this)
    this.#inbox = inbox
    this.#channel = host.openChannel(inbox, init)
  }

  /** @internal */
  static placeOf<User>(socket: ServerSocket<User>): SocketPlace<User> {
    return socket.#inbox
  }

  /**
   * Begins to serve: `open` first. `head` has the bytes that the client sent right behind its handshake, and `makeData` is its
   * route's `data`.
   */
  static start<User>(
    socket: ServerSocket<User>,
    handlers: SocketHandlers<User>,
    head: Uint8Array,
    makeData?: (request: UpgradeRequest) => unknown,
  ): void {
    socket.#channel.start()
    if (makeData !== undefined && !socket.#begin(makeData)) return
    // Before the head: a close frame in it ends the sending, and `open` comes first.
    socket.#handle(handlers)
    if (head.length > 0) socket.#channel.receive(head)
  }

  /** Unique, and hard to guess. */
  get id(): string {
    this.#id ??= randomUUID()
    return this.#id
  }

  /**
   * The program's data of this connection: the result of its route's `data`, and an empty object where the route
   * has none.
   */
  get data(): Data {
    this.#data ??= {} as Data
    return this.#data
  }

  set data(value: Data) {
    this.#data = value
  }

  get readyState(): ReadyState {
    return this.#channel.readyState
  }

  /** Bytes that the operating system has not taken yet, frame headers included. */
  get bufferedAmount(): number {
    return this.#channel.bufferedAmount
  }

  /** The last ping's, in ms; undefined before the first pong. */
  get roundTripTimeMs(): number | undefined {
    return this.#channel.roundTripTimeMs
  }

  /** Bytes on the wire since TCP began, the opening handshake included, TLS not. */
  get bytesReceived(): number {
    return this.#channel.bytesReceived
  }

  get bytesSent(): number {
    return this.#channel.bytesSent
  }

  get remoteAddress(): string {
    return this.request.remoteAddress
  }

  get remotePort(): number {
    return this.request.remotePort
  }

  /** How the connection ended; undefined before. */
  get disconnect(): Disconnect | undefined {
    return this.#disconnect
  }

  /**
   * Sends one message: a string as text, everything else as binary. The bytes are copied, except a `Blob`'s.
   *
   * @returns false when the client reads slower than this side sends: `drain` follows. False also when the
   * message was not taken, because the connection is closing or its queue is full (option `whenBufferFull`).
   * @throws UsageError `BW_INVALID_MESSAGE` for anything else than a string, bytes or a Blob
   */
  send(data: MessageData): boolean
  send(data: MessageData, more?: unknown): boolean {
    if (more !== undefined) checkNothingMore('send(data)', more)
    checkMessageData(data)
    return this.#channel.send(data) === 'sent'
  }

  /** @internal */
  sendShared(message: Publication, fanOut?: FanOut): SendOutcome {
    const outcome = this.#channel.sendShared(message, fanOut)
    if (outcome !== 'refused') this.#countSent(message.payload.length)
    return outcome
  }

  /**
   * Sends a ping of at most 125 bytes.
   *
   * @returns the round-trip time in ms, or undefined when the connection ends before the pong
   * @throws UsageError `BW_CONTROL_FRAME_TOO_LONG`
   */
  ping(data?: string | Uint8Array): Promise<number | undefined>
  ping(data?: string | Uint8Array, ...more: unknown[]): Promise<number | undefined> {
    for (const it of [data, ...more]) checkNoCallback(it, 'const ms = await socket.ping()')
    return this.#channel.ping(data === undefined ? undefined : messageBytes(data))
  }

  /**
   * Starts the close handshake behind everything sent so far.
   *
   * @param code 1000-1003, 1007-1014 or 3000-4999; default: a close frame without a code
   * @param reason at most 123 bytes of UTF-8
   * @throws UsageError `BW_INVALID_CLOSE_ARGUMENT`
   */
  close(code?: number, reason = ''): void {
    checkCloseArguments(code, reason)
    this.#channel.close(code, reason)
  }

  /** Cuts TCP at once; the client sees 1006. */
  terminate(): void {
    this.#channel.terminate()
  }

  /**
   * One topic more than `maxTopicsPerSocket` closes with 1008. A topic of a hub that the server meets takes effect once the
   * hub has authorized it.
   */
  subscribe(topic: string): void {
    checkTopic(topic)
    if (this.readyState !== ReadyState.Open) return
    const { topics, maxTopicsPerSocket, meeting } = this.#host
    const count = topics.countOf(this) + (meeting?.awaitedBy(this) ?? 0)
    if (count >= maxTopicsPerSocket && !topics.has(topic, this) && !meeting?.has(topic, this)) {
      this.#channel.closeForPolicy(CloseCode.PolicyViolation, tooManyTopics(maxTopicsPerSocket))
    } else if (meeting?.opens(topic)) {
      meeting.subscribe(topic, this)
    } else {
      warnOfWildcard(topic)
      topics.subscribe(topic, this)
    }
  }

  unsubscribe(topic: string): void {
    checkTopic(topic)
    this.#host.meeting?.unsubscribe(topic, this)
    this.#host.topics.unsubscribe(topic, this)
  }

  /**
   * Sends to every other subscriber of a topic. The message is framed once, and compressed at most once.
   *
   * @returns how many have taken it: not those whose queue is full, or whose connection is closing. 0 for a topic of a hub that
   *   the server meets: it goes there first
   */
  publish(topic: string, data: Exclude<MessageData, Blob>): number
  publish(topic: string, data: Exclude<MessageData, Blob>, more?: unknown): number {
    checkTopic(topic)
    if (more !== undefined) checkNothingMore('publish(topic, data)', more)
    const { meeting } = this.#host
    if (meeting?.opens(topic)) {
      meeting.publishFrom(this, topic, data)
      return 0
    }
    return this.#host.topics.publish(topic, publicationOf(data), this)
  }

  /**
   * Iterates over the messages that come, until the connection is over. Leaving the loop does not close: a later
   * loop goes on with the next message.
   *
   * @throws UsageError `BW_TWO_CONSUMERS` when there is a `message` handler: a message goes to one of them
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    if (this.#handlers?.message !== undefined) {
      throw twoConsumers('This socket has a message handler; iterate over it only on a route without one.')
    }
    return this.#inbox[Symbol.asyncIterator]()
  }

  /**
   * Gives a socket its handlers later than its route would: `open` is called at once, and `message` gets
   * everything since the connection began.
   *
   * @throws UsageError `BW_TWO_CONSUMERS` when it has a `message` handler already
   */
  handle(handlers: SocketHandlers<User, Data, Params>): void {
    if (this.#inbox.hasConsumer) {
      throw twoConsumers('This socket has a message handler or is iterated over already.')
    }
    this.#handle(handlers)
  }

  #handle(handlers: SocketHandlers<User, Data, Params>): void {
    this.#handlers = handlers
    const { open } = handlers
    this.#inbox.handle(this.#inbox, open && (() => open.call(handlers, this)))
  }

  /** Makes the socket's first data. False when the program's code for it failed. */
  #begin(makeData: (request: UpgradeRequest) => unknown): boolean {
    try {
      const data = makeData(this.request as UpgradeRequest)
      if (isPromise(data)) throw asynchronousData()
      this.#data = data as Data
      return true
    } catch (error) {
      // Nobody is told of anything: the socket settles by itself.
      this.#handle({})
      this.#fail(error)
      return false
    }
  }

  #countSent(bytes: number): void {
    const { counts } = this.#host
    counts.messagesSent++
    counts.bytesSent += bytes
  }

  /** The program's own code failed: it is given nothing more, and the client learns no more than that. */
  #fail(error: unknown): void {
    this.#inbox.discard()
    this.#host.onError(error, this)
    const cause = error instanceof Error ? error : new Error(String(error))
    this.#channel.fail(CloseCode.InternalError, cause, 'The server failed.')
  }

  /** The inbox of a socket, which its channel tells all; and its place: an object, since each would cost every socket its own. */
  static readonly #Inbox = class<User, Data, Params>
    extends Inbox<Message>
    implements SocketChannelHandler, InboxEvents<Message>, SocketPlace<User>
  {
    readonly socket: ServerSocket<User, Data, Params>
    before: SocketPlace<User> | undefined
    after: SocketPlace<User> | undefined

    constructor(socket: ServerSocket<User, Data, Params>) {
      super()
      this.socket = socket
    }

    protected get flow(): Flow {
      return this.socket.#channel
    }

    get host(): SocketHost<User> {
      return this.socket.#host
    }

    onMessage(message: Message, byteLength: number): void {
      const { counts } = this.socket.#host
      counts.messagesReceived++
      counts.bytesReceived += byteLength
      this.push(message, byteLength)
    }

    onSent(byteLength: number): void {
      this.socket.#countSent(byteLength)
    }

    onDrain(): void {
      void drain(this.socket, this.socket.#handlers).catch(error => this.socket.#fail(error))
    }

    onTurn(): void {
      this.goOn()
    }

    onDiscard(): void {
      this.discard()
    }

    onClosing(): void {
      const socket = this.socket
      socket.#host.meeting?.forget(socket)
      socket.#host.topics.unsubscribeAll(socket)
    }

    onClose(disconnect: Disconnect): void {
      const socket = this.socket
      socket.#disconnect = disconnect
      socket.#host.onClose(socket)
      this.end()
    }

    get takesMessages(): boolean {
      return this.socket.#handlers?.message !== undefined
    }

    deliver(message: Message): unknown {
      return this.socket.#handlers?.message?.(this.socket, message)
    }

    onError(error: unknown): void {
      this.socket.#fail(error)
    }

    onFinished(): unknown {
      const socket = this.socket
      const { code = CloseCode.Abnormal, reason = '' } = socket.#disconnect ?? {}
      return socket.#handlers?.close?.(socket, code, reason)
    }

    onSettled(): void {
      this.socket.#host.onSettled()
    }
  }
}

/** Like the other handlers it may be asynchronous, but it waits for none of them: they may be waiting for it. */
async function drain<User, Data, Params>(
  socket: ServerSocket<User, Data, Params>,
  handlers: SocketHandlers<User, Data, Params> | undefined,
): Promise<void> {
  await handlers?.drain?.(socket)
}

explainSocketMethods(ServerSocket)
defineInspection(ServerSocket<unknown>, 'ServerSocket', socket => ({
  state: stateName(socket.readyState),
  path: socket.request.path,
  protocol: socket.protocol || undefined,
  extensions: socket.extensions || undefined,
  user: socket.user,
  remoteAddress: socket.remoteAddress,
  bufferedAmount: socket.bufferedAmount,
  disconnect: socket.disconnect,
}))
