import type { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { type BudgetHolder, type ByteBudget, fairTime, type TurnMember } from 'bothways/connection'
import { RequestBody } from 'bothways/exchange'
import { decodePayload } from './codec.ts'
import { errorPacket, type Packet, type Protocol } from './packet.ts'

/** More packets are no payload: real clients send thousands at most. npm's `engine.io` has no such bound. */
const maxPackets = 100_000

/** After so many packets, or bytes of them, others have their turn. */
const packetsPerPiece = 16
const bytesPerPiece = 64 * 1024

/** How a delivery ended; `no room`: the bodies of all requests together were too much. */
export type DeliveryOutcome = 'taken' | 'invalid' | 'too long' | 'no room' | 'broken off'

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
export class Delivery implements TurnMember, BudgetHolder {
  readonly #receiver: DeliveryReceiver
  readonly #request: IncomingMessage
  readonly #body: RequestBody
  readonly #isBinary: boolean
  #packets: Generator<Packet, void> | undefined
  #packetCount = 0
  #isOver = false

  constructor(receiver: DeliveryReceiver, request: IncomingMessage, isBinary: boolean) {
    this.#receiver = receiver
    this.#request = request
    this.#isBinary = isBinary
    this.#body = new RequestBody(receiver.maxHttpBufferSize, receiver.bodies)
    receiver.bodies.enter(this)
    request.on('data', this.#onData)
    request.on('end', this.#onEnd)
    request.on('close', this.#onClose)
    request.on('error', () => {})
  }

  /** Whether the body has come whole, and packets may be left in it. */
  get isReading(): boolean {
    return this.#packets !== undefined
  }

  get heldBytes(): number {
    return this.#body.capacity
  }

  giveUp(): void {
    this.#end('no room')
  }

  /** Forgets it: neither what has come nor what is still to come is of use to anybody. */
  cancel(): void {
    this.#isOver = true
    fairTime.leave(this)
    this.#packets = undefined
    this.#body.release()
    this.#receiver.bodies.leave(this)
    fairTime.leave(this)
    this.#request.off('data', this.#onData)
    this.#request.off('end', this.#onEnd)
    this.#request.off('close', this.#onClose)
    // Whatever is left is read, so that the client gets to the answer, and dropped.
    this.#request.resume()
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

  readonly #onData = (piece: Buffer): void => {
    if (this.#body.add(piece)) this.#receiver.bodies.relieve()
    else this.#end('too long')
  }

  readonly #onEnd = (): void => {
    const { bytes } = this.#body
    this.#packets = decodePayload(this.#isBinary ? bytes : bytes.toString(), this.#receiver.protocol)
    fairTime.begin(this)
    // What this turn costs from here on counts.
    fairTime.goOn(this, 1)
    this.onTurn()
  }

  readonly #onClose = (): void => {
    // Node says so also behind a body that has come whole.
    if (this.#packets === undefined) this.#end('broken off')
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
