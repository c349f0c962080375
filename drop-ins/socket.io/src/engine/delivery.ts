import type { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { type ByteBudget, fairTime, type TurnMember } from 'bothways/connection'
import { type BodyFailure, type BodyReceiver, RequestBody } from 'bothways/exchange'
import { decodePayload } from './codec.ts'
import { errorPacket, type Packet, type Protocol } from './packet.ts'

/** More packets are no payload: real clients send thousands at most. npm's `engine.io` has no such bound. */
const maxPackets = 100_000

/** After so many packets, or bytes of them, others have their turn. */
const packetsPerPiece = 16
const bytesPerPiece = 64 * 1024

/** How a delivery ended. */
export type DeliveryOutcome = 'taken' | 'invalid' | BodyFailure

/** Whom a delivery is for. */
export interface DeliveryReceiver {
  readonly protocol: Protocol
  readonly maxHttpBufferSize: number
  /** The bodies of all requests of the server. */
  readonly bodies: ByteBudget
  /** False when nobody is there any more whom packets are for. */
  readonly wantsPackets: boolean
  onDelivered(packet: Packet): void
  /** It is over: exactly once, unless it was cancelled. */
  onDeliveryEnd(outcome: DeliveryOutcome): void
}

/** A request that brings packets: its body is gathered, then read piece by piece (Engine.IO protocol v4, "Payload"). */
export class Delivery implements TurnMember, BodyReceiver {
  readonly #receiver: DeliveryReceiver
  readonly #body: RequestBody
  readonly #isBinary: boolean
  #packets: Generator<Packet, void> | undefined
  #packetCount = 0
  #isOver = false

  constructor(receiver: DeliveryReceiver, request: IncomingMessage, isBinary: boolean) {
    this.#receiver = receiver
    this.#isBinary = isBinary
    this.#body = new RequestBody(request, receiver.maxHttpBufferSize, receiver.bodies, this)
  }

  /** Whether the body has come whole, and packets may be left in it. */
  get isReading(): boolean {
    return this.#packets !== undefined
  }

  /** Forgets it: neither the bytes that have come nor those still to come are of use to anybody. */
  cancel(): void {
    this.#isOver = true
    fairTime.leave(this)
    this.#packets = undefined
    this.#body.release()
  }

  /** A piece; behind what it has set off, the next ones, as long as this turn of the event loop has time. */
  onTurn(): void {
    if (this.#readSome()) process.nextTick(process.nextTick, goOn, this)
  }

  static goOn(delivery: Delivery): void {
    if (delivery.#isOver) return
    if (fairTime.goOn(delivery, 1) > 0) delivery.onTurn()
    else fairTime.wait(delivery)
  }

  /** False when nothing is left to read. */
  #readSome(): boolean {
    let bytes = 0
    for (let count = 0; count < packetsPerPiece && bytes < bytesPerPiece; count++) {
      const packet = this.#receiver.wantsPackets ? this.#next() : undefined
      if (packet === undefined) return this.#end('taken')
      bytes += packet.data === undefined ? 0 : lengthOf(packet.data)
      this.#receiver.onDelivered(packet)
      if (packet.type === 'error') return this.#end('invalid')
    }
    return !this.#isOver
  }

  #next(): Packet | undefined {
    const packet = this.#packets?.next().value ?? undefined
    if (packet === undefined) return undefined
    return ++this.#packetCount > maxPackets ? errorPacket : packet
  }

  onBody(bytes: Buffer): void {
    this.#packets = decodePayload(this.#isBinary ? bytes : bytes.toString(), this.#receiver.protocol)
    fairTime.begin(this)
    // The time of this turn counts from here on.
    fairTime.goOn(this, 1)
    this.onTurn()
  }

  onBodyFailure(failure: BodyFailure): void {
    this.#end(failure)
  }

  /** Always false: nothing is left to do. */
  #end(outcome: DeliveryOutcome): false {
    if (this.#isOver) return false
    this.cancel()
    this.#receiver.onDeliveryEnd(outcome)
    return false
  }
}

function goOn(delivery: Delivery): void {
  Delivery.goOn(delivery)
}

function lengthOf(data: NonNullable<Packet['data']>): number {
  return typeof data === 'string' ? data.length : data.byteLength
}
