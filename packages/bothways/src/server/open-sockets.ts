import { ByteBudget } from '../connection/byte-budget.ts'
import { Connection } from '../connection/connection.ts'
import { Roster } from '../connection/roster.ts'
import type { Publication } from '../connection/sending/publication.ts'
import { Admission } from '../opening/admission.ts'
import type { Opened, Opening } from '../opening/handshakes.ts'
import { LongHeads } from '../opening/long-heads.ts'
import type { HandshakeRequest } from '../opening/upgrade-request.ts'
import type { ServerCounts } from './counts.ts'
import type { Incidents } from './incidents.ts'
import { LiveSockets } from './live-sockets.ts'
import type { ServerSettings } from './options.ts'
import type { RawMeeting } from './plain-topics/raw-meeting.ts'
import type { Topics } from './plain-topics/topics.ts'
import type { ResolvedRoute } from './route.ts'
import { ServerSocket, type SocketHost, type SocketInit, type SocketPlace } from './server-socket.ts'
import type { SocketChannel, SocketChannelHandler } from './socket-channel.ts'

export interface OpenSocketsInit<User> {
  readonly settings: ServerSettings<User>
  readonly topics: Topics<Publication>
  readonly counts: ServerCounts
  readonly incidents: Incidents<User>
}

/** The sockets of a server, from the 101 to the end of their last handler, and the places they take. */
export class OpenSockets<User>
  implements SocketHost<User>, Opened<User, ResolvedRoute<User>, ServerSocket<User>>
{
  readonly topics: Topics<Publication>
  readonly counts: ServerCounts
  meeting: RawMeeting<User> | undefined
  /** Admits clients as long as there are places. A socket that was opened gives its place back by itself. */
  readonly admission: Admission
  readonly #settings: ServerSettings<User>
  /** Counts the bytes of messages that are unfinished or unread, on all connections together. */
  readonly #incomingBudget: ByteBudget
  /** Counts the bytes that wait to go out, on all connections together. */
  readonly #outgoingBudget: ByteBudget
  readonly #incidents: Incidents<User>
  readonly #longHeads = new LongHeads()
  readonly #sockets = new Roster<SocketPlace<User>>()
  /** The sockets that are connected now. */
  readonly all: ReadonlySet<ServerSocket<User>> = new LiveSockets(this.#sockets, this)
  /** Sockets that are open, or whose handlers still run; and handshakes. */
  #busyCount = 0
  #hasGivenUp = false
  #onEmpty: (() => void) | undefined

  constructor({ settings, topics, counts, incidents }: OpenSocketsInit<User>) {
    this.#settings = settings
    this.topics = topics
    this.counts = counts
    this.#incidents = incidents
    this.#incomingBudget = new ByteBudget(settings.maxTotalIncomingBytes)
    this.#outgoingBudget = new ByteBudget(settings.maxTotalBufferedBytes)
    this.admission = new Admission(settings)
  }

  get maxTopicsPerSocket(): number {
    return this.#settings.maxTopicsPerSocket
  }

  /** Begins to serve a client whose handshake has succeeded. */
  open(opening: Opening<User, ResolvedRoute<User>>): ServerSocket<User> {
    const { route, head } = opening
    const { makeData } = route
    const socket = new ServerSocket<User>(opening, this)
    this.#sockets.add(ServerSocket.placeOf(socket))
    this.#busyCount++
    this.counts.connections++
    this.#longHeads.enter(opening.request)
    ServerSocket.start(socket, route.handlersFor(opening.protocol) ?? {}, head, makeData)
    return socket
  }

  openChannel(handler: SocketChannelHandler, { transport, deflate }: SocketInit<User>): SocketChannel {
    return new Connection(handler, {
      role: 'server',
      transport,
      settings: this.#settings.connection,
      deflate,
      incomingBudget: this.#incomingBudget,
      outgoingBudget: this.#outgoingBudget,
    })
  }

  /** Tells that a handshake is going on, which {@link whenEmpty} waits for, until the function that this returns is called. */
  beginHandshake(): () => void {
    this.#busyCount++
    return () => {
      this.#busyCount--
      this.#checkEmpty()
    }
  }

  /** Resolves when there is no socket, no handler that runs and no handshake; after {@link giveUp} no socket. */
  whenEmpty(): Promise<void> {
    return new Promise(resolve => {
      this.#onEmpty = resolve
      this.#checkEmpty()
    })
  }

  /** Cuts every connection, and waits no longer for handlers and handshakes. */
  giveUp(): void {
    this.#hasGivenUp = true
    for (const socket of this.all) socket.terminate()
    this.#checkEmpty()
  }

  onError(error: unknown, socket: ServerSocket<User>): void {
    this.#settings.onError(error, socket)
  }

  onClose(socket: ServerSocket<User>): void {
    this.admission.leave(socket.remoteAddress)
    this.#longHeads.leave(socket.request as HandshakeRequest)
    this.#incidents.ended(socket.disconnect?.error, socket)
    this.#sockets.delete(ServerSocket.placeOf(socket))
    this.#checkEmpty()
  }

  onSettled(): void {
    this.#busyCount--
    this.#checkEmpty()
  }

  #checkEmpty(): void {
    if (this.#sockets.size === 0 && (this.#hasGivenUp || this.#busyCount === 0)) this.#onEmpty?.()
  }
}
