import type { IncomingMessage } from 'node:http'
import type { BudgetHolder, ByteBudget } from 'bothways/connection'
import { debugLog } from './debug.ts'
import type { ClientDecoder, Decoders, PacketReceiver } from './decoders.ts'
import type { EngineSocket, EngineWriteOptions, RawData } from './engine-binding.ts'
import { JoinedSockets } from './joined-sockets.ts'
import { type Packet, PacketType } from './parser/packet.ts'
import type { ParserEncoder } from './parser-option.ts'
import type { PublishedPacket } from './published-packet.ts'
import type { DisconnectReason } from './socket-types.ts'

const log = debugLog('socket.io:client')

export interface WriteFlags {
  compress?: boolean | undefined
  volatile?: boolean | undefined
}

/** How many namespaces a connection may be in, or wait for, at a time: dynamic ones are made by asking for them. */
const maxNamespaces = 1_000

/** How often it may ask for a namespace that it does not get. */
const maxRefusals = 100

/** A connection ends when no attachment of a packet has come for so long, or up to twice that, in ms. */
const attachmentTimeoutMs = 60_000

/** The server as a connection uses it. */
interface ClientServer {
  readonly encoder: ParserEncoder
  /** @internal */
  readonly _decoders: Decoders
  /** @internal */
  readonly _nsps: { has(name: string): boolean }
  connectTimeout(): number
  of(name: string): ClientNamespace
  /** @internal Looks for a rule that allows a namespace, and makes that. */
  _checkNamespace(name: string, auth: Record<string, unknown>, done: (found: object | false) => void): void
}

interface ClientNamespace {
  readonly name: string
  /** @internal A client wants to join. */
  _add(client: Client, auth: Record<string, unknown>, onJoined: (socket: ClientSocket) => void): Promise<void>
}

/** A client's {@link Socket} in one namespace, as the connection uses it. */
export interface ClientSocket {
  readonly id: string
  readonly nsp: { readonly name: string }
  disconnect(): unknown
  /** @internal */
  _onpacket(packet: Packet): void
  /** @internal */
  _onerror(error: Error): void
  /** @internal */
  _onclose(reason: DisconnectReason, description?: unknown): void
}

/** One connection, on which there is a {@link Socket} for each namespace that it has joined. */
export class Client implements BudgetHolder, PacketReceiver {
  readonly conn: EngineSocket
  /** @internal Known to nobody but the client: with it anybody can speak in its name. */
  readonly id: string
  readonly server: ClientServer
  /** While it holds something of a packet. */
  #decoder: ClientDecoder | undefined
  readonly #sockets = new JoinedSockets<ClientSocket>()
  #joinTimer: NodeJS.Timeout | undefined
  #pendingJoins = 0
  #refusals = 0
  #heldBytes = 0
  /** Pieces of packets with attachments that have come. */
  #pieces = 0
  #attachmentTimer: NodeJS.Timeout | undefined

  constructor(server: ClientServer, conn: EngineSocket) {
    this.server = server
    this.conn = conn
    this.id = conn.id
    const own: ClientConn = conn
    own[clientOf] = this
    conn.on('data', onData)
    conn.on('error', onError)
    conn.on('close', onClose)
    this.#joinTimer = setTimeout(() => {
      if (this.#sockets.size === 0) this.#close()
    }, server.connectTimeout())
  }

  /** The request with which the connection began. */
  get request(): IncomingMessage {
    return this.conn.request
  }

  /** @internal What has come of a packet that is not complete, in bytes. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** @internal What has come of all clients' packets that are not complete is too much. */
  giveUp(): void {
    this._onError(new Error('too much waits for the rest of its packet'))
    this.#count(0)
  }

  /** @internal Joins a namespace, and makes it if a dynamic one allows that. */
  connect(name: string, auth: Record<string, unknown> = {}): void {
    const { server } = this
    log?.('a client asks for namespace %s', name)
    if (this.#sockets.size + this.#pendingJoins >= maxNamespaces) {
      this.#refuse(name, 'Too many namespaces')
    } else if (server._nsps.has(name)) {
      this.#join(name, auth)
    } else {
      this.#pendingJoins++
      server._checkNamespace(name, auth, found => {
        this.#pendingJoins--
        if (found) this.#join(name, auth)
        else this.#refuse(name, 'Invalid namespace')
      })
    }
  }

  /** @internal Leaves every namespace, and ends the connection. */
  _disconnect(): void {
    for (const socket of this.#sockets.all) socket.disconnect()
    this.#sockets.clear()
    this.#close()
  }

  /** @internal The client has come again by another connection: this one is a thing of the past. */
  _drop(): void {
    this._onClose('transport close')
    this.conn.close(true)
  }

  /** @internal */
  _remove(socket: ClientSocket): void {
    this.#sockets.delete(socket)
  }

  /** @internal */
  _packet(packet: Packet, flags: WriteFlags = {}): void {
    if (this.conn.readyState !== 'open') return
    this.writeToEngine(this.server.encoder.encode(packet), flags)
  }

  /** @internal Also what adapters made for npm's socket.io call. */
  writeToEngine(encoded: RawData | readonly RawData[], flags: WriteFlags & EngineWriteOptions = {}): void {
    const { conn } = this
    if (conn.readyState !== 'open' || (flags.volatile && !conn.transport.writable)) return
    const options = { ...flags, compress: flags.compress !== false }
    if (!Array.isArray(encoded)) {
      conn.write(encoded as RawData, options)
      return
    }
    for (const part of encoded as readonly RawData[]) conn.write(part, options)
  }

  /** @internal The same for many clients. */
  _writePublished({ parts, options, isVolatile }: PublishedPacket): void {
    const { conn } = this
    if (conn.readyState !== 'open' || (isVolatile && !conn.transport.writable)) return
    for (let at = 0; at < parts.length; at++) conn.write(parts[at]!, options[at]!)
  }

  #refuse(name: string, message: string): void {
    log?.('refused: %s: %s', name, message)
    this._packet({ type: PacketType.CONNECT_ERROR, nsp: name, data: { message } })
    this.#refusals++
    if (this.#refusals > maxRefusals) this.#close()
  }

  #join(name: string, auth: Record<string, unknown>): void {
    const namespace = this.server.of(name)
    this.#pendingJoins++
    namespace
      ._add(this, auth, socket => {
        log?.('socket %s has joined namespace %s', socket.id, namespace.name)
        this.#sockets.add(socket)
        clearTimeout(this.#joinTimer)
        this.#joinTimer = undefined
      })
      // Errors of a program's own code must not disappear, nor be mistaken for a protocol error.
      .catch(error => process.nextTick(rethrow, error))
      .finally(() => {
        this.#pendingJoins--
      })
  }

  #close(): void {
    if (this.conn.readyState !== 'open') return
    this.conn.close()
    this._onClose('forced server close')
  }

  /** @internal */
  ondata(data: unknown): void {
    const { _decoders: decoders } = this.server
    const decoder = this.#decoder ?? decoders.take(this)
    this.#decoder = decoder
    try {
      decoder.add(data)
    } catch (error) {
      this._onError(error as Error)
    }
    const heldBytes = decoder.heldBytes ?? 0
    // It may have been destroyed meanwhile.
    if (this.#decoder === decoder && decoders.giveBack(decoder)) this.#decoder = undefined
    if (heldBytes > 0) {
      this.#pieces++
      if (this.#attachmentTimer === undefined) this.#awaitAttachment()
    }
    this.#count(heldBytes)
  }

  /** One timer serves all packets, since nearly every packet is complete long before. */
  #awaitAttachment(): void {
    const pieces = this.#pieces
    this.#attachmentTimer = setTimeout(() => {
      this.#attachmentTimer = undefined
      if (!this.#decoder?.heldBytes) return
      if (pieces === this.#pieces) this._onError(new Error('an attachment did not come'))
      else this.#awaitAttachment()
    }, attachmentTimeoutMs)
    this.#attachmentTimer.unref()
  }

  /** How many bytes are held now. */
  #count(bytes: number): void {
    if (bytes === this.#heldBytes) return
    // An engine of npm's has no such bound.
    const { _incoming: incoming } = this.conn.server as { readonly _incoming?: ByteBudget }
    if (incoming === undefined) return
    if (this.#heldBytes === 0) incoming.enter(this)
    if (bytes === 0) incoming.leave(this)
    incoming.take(bytes - this.#heldBytes)
    this.#heldBytes = bytes
    incoming.relieve()
  }

  /** @internal */
  _onDecoded(packet: Packet): void {
    const { name, auth } = this.#addressOf(packet)
    const socket = this.#sockets.get(name)
    if (packet.type === PacketType.CONNECT) {
      if (socket === undefined) this.connect(name, auth)
      else this.#close()
    } else if (socket === undefined || packet.type === PacketType.CONNECT_ERROR) {
      this.#close()
    } else {
      // Not now: an error of a listener would look as if the packet had been bad.
      process.nextTick(deliver, socket, packet)
    }
  }

  /** Clients of protocol 4 have parameters behind the namespace's name. */
  #addressOf(packet: Packet): { name: string; auth: Record<string, unknown> | undefined } {
    if (this.conn.protocol !== 3) return { name: packet.nsp, auth: packet.data }
    const at = packet.nsp.indexOf('?')
    if (at === -1) return { name: packet.nsp, auth: {} }
    const parameters = new URLSearchParams(packet.nsp.slice(at + 1))
    return { name: packet.nsp.slice(0, at), auth: Object.fromEntries(parameters) }
  }

  /** @internal */
  _onError(error: Error): void {
    log?.('the connection ends: %s', error.message)
    for (const socket of this.#sockets.all) socket._onerror(error)
    this.conn.close()
  }

  /** @internal */
  _onClose(reason: DisconnectReason, description?: unknown): void {
    const { conn } = this
    log?.('the connection has ended: %s', reason)
    conn.off('data', onData)
    conn.off('error', onError)
    conn.off('close', onClose)
    clearTimeout(this.#joinTimer)
    this.#joinTimer = undefined
    clearTimeout(this.#attachmentTimer)
    for (const socket of this.#sockets.all) socket._onclose(reason, description)
    this.#sockets.clear()
    this.#decoder?.destroy()
    this.#decoder = undefined
    this.#count(0)
  }
}

// Listeners that all connections share: closures would cost each client 300 bytes more.

const clientOf: unique symbol = Symbol('client')

interface ClientConn extends EngineSocket {
  [clientOf]?: Client
}

function onData(this: ClientConn, data: unknown): void {
  this[clientOf]?.ondata(data)
}

function onError(this: ClientConn, error: Error): void {
  this[clientOf]?._onError(error)
}

function onClose(this: ClientConn, reason: DisconnectReason, description?: unknown): void {
  this[clientOf]?._onClose(reason, description)
}

function deliver(socket: ClientSocket, packet: Packet): void {
  socket._onpacket(packet)
}

function rethrow(error: unknown): never {
  throw error
}
