import { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import { type DeflateDirections, type LimitError, Opcode, type ProtocolViolation } from '@bothways/protocol'
import {
  type ByteBudget,
  Connection,
  type ConnectionHandler,
  type ConnectionSettings,
  type SendOutcome,
  takeTransport,
  wholeFrame,
} from 'bothways/connection'
import { decodePacket, encodePacket } from './codec.ts'
import { channels } from './diagnostics.ts'
import type { EngineRequest } from './engine-request.ts'
import type { Packet } from './packet.ts'
import { messageOf } from './publication-formats.ts'
import { guard } from './safe-emitter.ts'
import { type SendCallback, Transport } from './transport.ts'

export interface WebSocketInit {
  readonly socket: Duplex
  /** The bytes that came right behind the request. */
  readonly head: Buffer
  readonly settings: ConnectionSettings
  readonly deflate: DeflateDirections | undefined
}

/** After so many packets, the work they have set off in later ticks is done first, and its time is counted. */
const packetsPerStretch = 16

/** The listeners that are told when the operating system has the bytes that this turn of the event loop has sent. */
interface TurnMember {
  onTurnEnd(): void
}

let members: TurnMember[] = []

/**
 * Tells `member` behind the writes of this turn, which connections make together at its end (`setImmediate`): one
 * immediate for all, and nothing that a connection would have to keep.
 */
function atTurnEnd(member: TurnMember): void {
  if (members.push(member) === 1) setImmediate(tellAll)
}

function tellAll(): void {
  const told = members
  members = []
  for (const member of told) member.onTurnEnd()
}

/** WebSocket (Engine.IO protocol v4, "Transports: WebSocket"): each packet is one message. */
export class WebSocketTransport extends Transport implements ConnectionHandler, TurnMember {
  readonly name = 'websocket'
  override writable = true
  readonly #connection: Connection
  readonly #isCompressed: boolean
  /** More waits than the connection likes: nothing is sent until it has drained. */
  #isCongested = false
  #stretch = 0

  /** @param incoming unfinished messages count there, as do those of all other clients */
  constructor(
    request: EngineRequest,
    { socket, head, settings, deflate }: WebSocketInit,
    incoming?: ByteBudget,
  ) {
    super(request)
    this.#isCompressed = deflate?.outgoing !== undefined
    const transport = takeTransport(socket, settings.transport)
    this.#connection = new Connection(this, {
      role: 'server',
      transport,
      settings,
      deflate,
      incomingBudget: incoming,
    })
    this.#connection.pause()
    this.#connection.start(head)
  }

  /** @internal Reads: now there is somebody to take it. */
  start(): void {
    this.#connection.resume()
  }

  get takesPackets(): boolean {
    return this.isOpen && !this.#isCongested
  }

  get bufferedAmount(): number {
    return this.#connection.bufferedAmount
  }

  send(packets: readonly Packet[], callbacks?: readonly SendCallback[]): SendOutcome {
    if (!this.isOpen) return 'refused'
    for (const packet of packets) this.#send(packet)
    if (callbacks !== undefined) {
      this.#connection.whenTaken(error => {
        if (error !== undefined) return
        for (const callback of callbacks) guard(() => callback(this))
      })
    }
    if (this.writable) {
      this.writable = false
      atTurnEnd(this)
    }
    return this.#isCongested ? 'queued' : 'sent'
  }

  release(): void {
    this.owner = undefined
    if (this.readyState === 'closed') return
    this.readyState = 'closing'
    this.#connection.close()
  }

  terminate(): void {
    this.owner = undefined
    if (this.readyState === 'closed') return
    this.readyState = 'closing'
    this.#connection.terminate()
  }

  protected doClose(onClosed: () => void): void {
    this.#connection.close()
    onClosed()
  }

  // --- the turn's end

  onTurnEnd(): void {
    if (!this.isOpen) return
    if (this.#connection.bufferedAmount > 0) this.#connection.whenTaken(() => this.#becomeWritable())
    else this.#becomeWritable()
  }

  #becomeWritable(): void {
    if (!this.isOpen) return
    this.writable = true
    this.owner?.onTransportReady()
  }

  // --- the connection's side

  onMessage(message: string | Buffer): void {
    if (++this.#stretch === packetsPerStretch) this.#waitForListeners()
    const packet = decodePacket(message, this.protocol)
    if (packet.type === 'close') {
      this.readyState = 'closing'
      this.#connection.close()
      this.owner?.onTransportClose()
    } else {
      this.owner?.onTransportPacket(packet)
    }
  }

  onClosing(): void {
    if (this.isOpen) this.readyState = 'closing'
    this.writable = false
  }

  onDrain(): void {
    this.#isCongested = false
    this.owner?.onTransportReady()
  }

  onViolation(error: ProtocolViolation | LimitError): void {
    channels.violation.publish({ error })
    this.readyState = 'closing'
    this.fail(error.message, error)
  }

  onClose(): void {
    this.readyState = 'closed'
    this.owner?.onTransportClose()
  }

  /** Listeners of events are called a tick or two behind their packets, which a flood of packets would keep apart. */
  #waitForListeners(): void {
    this.#connection.pause()
    this.#connection.hasTime()
    process.nextTick(process.nextTick, goOn, this)
  }

  static goOn(transport: WebSocketTransport): void {
    transport.#stretch = 0
    // Others have their turn first when the listeners have used up the time.
    transport.#connection.hasTime()
    transport.#connection.resume()
  }

  #send(packet: Packet): void {
    if (this.#sendPacket(packet) !== 'sent') this.#isCongested = true
  }

  /** Unless it was `sent`, `onDrain` follows. */
  #sendPacket(packet: Packet): SendOutcome {
    const connection = this.#connection
    const { options } = packet
    if (options !== undefined) {
      const { shared, wsPreEncodedFrame } = options
      if (shared !== undefined) {
        const message = messageOf(shared, this.protocol, this.supportsBinary)
        // RFC 7692 §6: where compression was agreed on, a message may still go as it is.
        if (options.compress === false) return connection.sendEncoded(message.encoded(wholeFrame))
        return connection.sendShared(message)
      }
      if (!this.#isCompressed && wsPreEncodedFrame !== undefined) {
        return wsPreEncodedFrame.map(part => connection.sendEncoded(part)).at(-1) ?? 'sent'
      }
    }
    const encoded = encodePacket(packet, this.protocol, this.supportsBinary)
    if (!this.#isCompressed || options?.compress !== false) return connection.send(encoded)
    const opcode = typeof encoded === 'string' ? Opcode.Text : Opcode.Binary
    return connection.sendFrame(Buffer.from(encoded as string), { opcode })
  }
}

function goOn(transport: WebSocketTransport): void {
  WebSocketTransport.goOn(transport)
}
