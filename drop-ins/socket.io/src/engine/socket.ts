import { type BudgetHolder, type ByteBudget, isByteSource } from 'bothways/connection'
import { debugLog } from '../debug.ts'
import type { AdmittedSession } from './admission.ts'
import type { EngineRequest } from './engine-request.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { ServerSettings } from './options.ts'
import {
  type Packet,
  type PacketType,
  type Protocol,
  type RawData,
  sizeOf,
  type WriteOptions,
} from './packet.ts'
import { SafeEmitter } from './safe-emitter.ts'
import {
  type SendCallback,
  type Transport,
  TransportError,
  type TransportName,
  type TransportOwner,
} from './transport.ts'
import { UpgradeAttempt, type UpgradingSession } from './upgrade-attempt.ts'

/**
 * Why a session ended:
 *
 * - `transport error`: a request or connection broke, or the client broke the transport's rules
 * - `transport close`: the client closed it
 * - `forced close`: this side did
 * - `ping timeout`: nothing was heard in time
 * - `parse error`: the client sent something that was no packet
 */
export type CloseReason =
  | 'transport error'
  | 'transport close'
  | 'forced close'
  | 'ping timeout'
  | 'parse error'

export type ReadyState = 'opening' | 'open' | 'closing' | 'closed'

/** The server as a session uses it. */
export interface SessionServer extends SafeEmitter {
  readonly opts: ServerSettings
  readonly clients: Record<string, Socket>
  readonly clientsCount: number
  /** The transports that a session may move to. */
  upgrades(transport: TransportName): TransportName[]
  /** @internal */
  readonly _heartbeats: Heartbeats
  /** @internal What waits for the clients. */
  readonly _outgoing: ByteBudget
  /** @internal What has come of bodies and messages that are still to be completed. */
  readonly _incoming: ByteBudget
  /** @internal A session is over. */
  _forget(session: Socket): void
}

const log = debugLog('engine:socket')

const compressed: WriteOptions = Object.freeze({ compress: true })

/**
 * A session with one client, whatever its transport. Events:
 *
 * - `open`
 * - `message` and `data` (data: string, `Buffer`, or undefined for a message without data)
 * - `close` (reason: {@link CloseReason}, description: the error behind it, if any)
 * - `packet` and `packetCreate` (packet): one came; one is about to be sent
 * - `heartbeat`: the client has shown that it is there
 * - `upgrading` and `upgrade` (transport)
 * - `flush` (packets) and `drain`: before and after packets are handed to the transport
 */
export class Socket
  extends SafeEmitter
  implements TransportOwner, UpgradingSession, AdmittedSession, BudgetHolder
{
  readonly id: string
  readonly server: SessionServer
  /** The first request of the session. */
  readonly request: EngineRequest
  /** The address of the client, of its first request; empty when that had none any more. */
  readonly remoteAddress: string
  readonly protocol: Protocol
  transport: Transport
  readyState: ReadyState = 'opening'
  /** It has moved from long polling to WebSocket. */
  upgraded = false
  /** The packets that wait for the transport. */
  writeBuffer: Packet[] = []
  #bufferedBytes = 0
  /** The part of `#bufferedBytes` that the server's budget for all clients has counted. */
  #countedBytes = 0
  /** A pong waits: one answers all pings before it. */
  #owesPong = false
  #callbacks: SendCallback[] | undefined
  #upgrade: UpgradeAttempt | undefined

  constructor(
    id: string,
    server: SessionServer,
    transport: Transport,
    request: EngineRequest,
    protocol: Protocol,
  ) {
    super()
    this.id = id
    this.server = server
    this.request = request
    this.remoteAddress = request.socket?.remoteAddress ?? ''
    this.protocol = protocol
    this.transport = transport
    transport.owner = this
    this.#open()
  }

  /** It is trying to move from long polling to WebSocket. */
  get upgrading(): boolean {
    return this.#upgrade !== undefined
  }

  /**
   * Sends a message. It is dropped when the session is over.
   *
   * @param callback called with the transport when the message has left
   */
  send(data: RawData, options?: WriteOptions | SendCallback, callback?: SendCallback): this {
    this.sendPacket('message', data, options, callback)
    return this
  }

  /** The same as {@link send}. */
  write(data: RawData, options?: WriteOptions | SendCallback, callback?: SendCallback): this {
    this.sendPacket('message', data, options, callback)
    return this
  }

  /** Sends a packet of any type. */
  sendPacket(
    type: PacketType,
    data?: RawData,
    options?: WriteOptions | SendCallback,
    callback?: SendCallback,
  ): void {
    if (typeof options === 'function') {
      this.sendPacket(type, data, compressed, options)
      return
    }
    if (this.readyState === 'closing' || this.readyState === 'closed') return
    log?.('sending %s', type)
    const packet: Packet = { type, data: sendable(data), options: options ?? compressed }
    this.emit('packetCreate', packet)
    this.writeBuffer.push(packet)
    this.#bufferedBytes += sizeOf(packet)
    if (callback !== undefined) {
      this.#callbacks ??= []
      this.#callbacks.push(callback)
    }
    this.#flush()
    if (this.#bufferedBytes > 0) this.#wait()
  }

  /**
   * Ends the session behind everything sent so far, which a client that does not poll may take its time for.
   *
   * @param discard ends it at once, and drops packets that were not sent
   */
  close(discard = false): void {
    if (discard && (this.readyState === 'open' || this.readyState === 'closing')) {
      this.#closeTransport(true)
      return
    }
    if (this.readyState !== 'open') return
    this.readyState = 'closing'
    if (this.writeBuffer.length > 0) this.once('drain', () => this.#closeTransport(false))
    else this.#closeTransport(false)
  }

  // --- the server's side

  /** @internal The client has opened a connection to move to. */
  _tryUpgrade(transport: Transport): void {
    this.#upgrade = new UpgradeAttempt(this, transport)
  }

  // --- the side of the budget

  /** @internal What waits for the client, in bytes. */
  get heldBytes(): number {
    return this.#bufferedBytes
  }

  /** @internal What waits for all clients is too much. */
  giveUp(): void {
    this.#terminate('the clients do not take what is sent to them')
  }

  /** @internal Its place goes to somebody else. */
  onAbandoned(): void {
    this.#end('transport error', new TransportError('the client has not come back'))
  }

  // --- the heartbeats' side

  onPingDue(): void {
    this.sendPacket('ping')
  }

  onSilence(): void {
    this.#end('ping timeout')
  }

  // --- the transport's side

  onTransportReady(): void {
    this.#flush()
  }

  onTransportPacket(packet: Packet): void {
    if (this.readyState !== 'open') return
    this.emit('packet', packet)
    const { type, data } = packet
    log?.('received %s', type)
    if (type !== 'pong') this.#heartbeats.onOther(this)
    if (type === 'message') {
      this.emit('data', data)
      this.emit('message', data)
    } else if (type === 'ping' || type === 'pong') {
      this.#onBeat(type)
    } else if (type === 'error') {
      this.#end('parse error')
    }
  }

  onTransportError(error: Error): void {
    this.#end('transport error', error)
  }

  onTransportClose(): void {
    this.#end('transport close')
  }

  // --- the upgrade's side

  get upgradeTimeoutMs(): number {
    return this.server.opts.upgradeTimeout
  }

  onProbed(transport: Transport): void {
    this.emit('upgrading', transport)
  }

  onUpgraded(transport: Transport): void {
    const previous = this.transport
    this.transport = transport
    transport.sid = this.id
    transport.owner = this
    this.upgraded = true
    log?.('moved to %s', transport.name)
    previous.release('noop')
    this.emit('upgrade', transport)
    this.#flush()
    if (this.readyState === 'closing') this.#closeTransport(false)
  }

  onUpgradeOver(): void {
    this.#upgrade = undefined
  }

  // ---

  get #heartbeats(): Heartbeats {
    return this.server._heartbeats
  }

  /** The handshake (Engine.IO protocol v4, "Handshake"). */
  #open(): void {
    const { id, transport, server } = this
    const { pingInterval, pingTimeout, maxHttpBufferSize, initialPacket } = server.opts
    this.readyState = 'open'
    transport.sid = id
    const upgrades = server.upgrades(transport.name)
    this.sendPacket(
      'open',
      JSON.stringify({ sid: id, upgrades, pingInterval, pingTimeout, maxPayload: maxHttpBufferSize }),
    )
    if (initialPacket) this.sendPacket('message', initialPacket)
    this.emit('open')
    this.#heartbeats.add(this)
  }

  #onBeat(type: 'ping' | 'pong'): void {
    if (type !== (this.protocol === 3 ? 'ping' : 'pong')) {
      this.#end('transport error', new TransportError('invalid heartbeat direction'))
      return
    }
    this.#heartbeats.onBeat(this)
    if (type === 'ping' && !this.#owesPong) {
      this.#owesPong = true
      this.sendPacket('pong')
    }
    this.emit('heartbeat')
  }

  /** Something waits that could not be handed over now. */
  #wait(): void {
    const { opts, _outgoing: outgoing } = this.server
    if (this.#countedBytes === 0) outgoing.enter(this)
    outgoing.take(this.#bufferedBytes - this.#countedBytes)
    this.#countedBytes = this.#bufferedBytes
    if (this.#bufferedBytes + this.transport.bufferedAmount > opts.maxBufferedBytes) {
      this.#terminate('the client does not take what is sent to it')
    } else {
      outgoing.relieve()
    }
  }

  /** Nothing waits any more. */
  #empty(): void {
    this.#bufferedBytes = 0
    this.#callbacks = undefined
    this.#owesPong = false
    if (this.#countedBytes === 0) return
    this.server._outgoing.giveBack(this.#countedBytes)
    this.server._outgoing.leave(this)
    this.#countedBytes = 0
  }

  #flush(): void {
    if (!this.#mayFlush) return
    this.emit('flush', this.writeBuffer)
    this.server.emit('flush', this, this.writeBuffer)
    // A listener may have sent more, and so have emptied it.
    if (!this.#mayFlush) return
    const packets = this.writeBuffer
    const callbacks = this.#callbacks
    this.writeBuffer = []
    this.#empty()
    this.transport.send(packets, callbacks)
    this.emit('drain')
    this.server.emit('drain', this)
  }

  get #mayFlush(): boolean {
    return this.readyState !== 'closed' && this.writeBuffer.length > 0 && this.transport.takesPackets
  }

  #closeTransport(isDiscarded: boolean): void {
    this.transport.close(() => this.#end('forced close'), isDiscarded)
  }

  /** The client takes too little: the session ends, and the packets that wait for it are given up. */
  #terminate(why: string): void {
    const { transport } = this
    this.#end('transport error', new TransportError(why))
    transport.terminate()
  }

  #end(reason: CloseReason, description?: Error): void {
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    log?.('ended: %s %s', reason, description?.message ?? '')
    this.#heartbeats.delete(this)
    this.server._forget(this)
    this.#upgrade?.abandon()
    this.#empty()
    // Listeners of `close` may still look at the packets that were not sent.
    process.nextTick(() => {
      this.writeBuffer = []
    })
    this.transport.release()
    this.emit('close', reason, description)
  }
}

/** The data to send, also for a program without types: other values count as text, and falsy ones as no data. */
function sendable(data: RawData | undefined): RawData | undefined {
  if (typeof data === 'string') return data === '' ? undefined : data
  if (isByteSource(data)) return data
  return data ? String(data) : undefined
}
