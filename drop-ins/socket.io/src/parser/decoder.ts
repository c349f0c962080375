import { EventEmitter } from 'node:events'
import { isByteSource } from 'bothways/connection'
import { putInBinary } from './binary.ts'
import { isNestedDeeper } from './nesting.ts'
import { isPayloadValid, type Packet, PacketType } from './packet.ts'

/** As `JSON.parse` takes it. */
// biome-ignore lint/suspicious/noExplicitAny: the type that JSON.parse itself declares
export type Reviver = (this: any, key: string, value: any) => any

export interface DecoderOptions {
  reviver?: Reviver | undefined
  /** A packet that announces more binary messages is refused. Default 10. */
  maxAttachments?: number | undefined
}

/**
 * How deep arrays and objects of a packet may be nested. Data that a program relays are walked through recursively, by
 * `JSON.stringify` too, and some 5,000 levels exhaust the stack: in the program's handler, so that its process ends.
 */
const maxDepth = 1_000

interface Unfinished {
  readonly packet: Packet
  readonly count: number
  readonly attachments: unknown[]
  /** The lengths of the text and of the attachments that have come. */
  bytes: number
}

/**
 * Turns received texts and bytes into packets: the event `decoded`. A packet with attachments waits for them, and nothing else may
 * come meanwhile.
 */
export class Decoder extends EventEmitter<{ decoded: [Packet] }> {
  readonly #reviver: Reviver | undefined
  readonly #maxAttachments: number
  #unfinished: Unfinished | undefined

  constructor(options?: DecoderOptions | Reviver) {
    super()
    const { reviver, maxAttachments = 10 } =
      typeof options === 'function' ? { reviver: options } : (options ?? {})
    this.#reviver = reviver
    this.#maxAttachments = maxAttachments
  }

  /** The bytes that have come of a packet whose attachments have not all come. */
  get heldBytes(): number {
    return this.#unfinished?.bytes ?? 0
  }

  /** @throws Error when the peer broke the protocol: the connection is of no use any more */
  add(received: unknown): void {
    if (typeof received === 'string') {
      if (this.#unfinished !== undefined) throw new Error('got plaintext data when reconstructing a packet')
      this.#addText(received)
    } else if (isByteSource(received)) {
      this.#addAttachment(received)
    } else {
      throw new Error(`Unknown type: ${received}`)
    }
  }

  /** Forgets a packet whose attachments have not all come. */
  destroy(): void {
    this.#unfinished = undefined
  }

  #addText(text: string): void {
    const type = text.charCodeAt(0) - zero
    if (!(type >= PacketType.CONNECT && type <= PacketType.BINARY_ACK)) {
      throw new Error(`unknown packet type ${text.charAt(0)}`)
    }
    let at = 1
    let count = 0
    const isBinary = type === PacketType.BINARY_EVENT || type === PacketType.BINARY_ACK
    if (isBinary) {
      const end = afterDigits(text, at)
      count = end - at <= longestNumber ? Number(text.slice(at, end)) : Number.POSITIVE_INFINITY
      if (text.charCodeAt(end) !== dash || count < 1) throw new Error('Illegal attachments')
      if (count > this.#maxAttachments) throw new Error('too many attachments')
      at = end + 1
    }
    let nsp = '/'
    if (text.charCodeAt(at) === slash) {
      const comma = text.indexOf(',', at)
      const end = comma === -1 ? text.length : comma
      nsp = text.slice(at, end)
      at = end + 1
    }
    const afterId = afterDigits(text, at)
    const packet: Packet = { type: withoutAttachments(type as PacketType), nsp }
    if (afterId > at) {
      if (afterId - at > longestNumber) throw new Error('invalid acknowledgement id')
      packet.id = Number(text.slice(at, afterId))
    }
    if (isNestedDeeper(text, maxDepth, afterId)) throw new Error('nested too deeply')
    if (afterId < text.length) {
      const data = parse(text.slice(afterId), this.#reviver)
      if (!isPayloadValid(packet.type, data)) throw new Error('invalid payload')
      packet.data = data
    } else if (isBinary) {
      // There is no place for the announced attachments.
      throw new Error('invalid payload')
    }
    if (isBinary) this.#unfinished = { packet, count, attachments: [], bytes: text.length }
    else this.emit('decoded', packet)
  }

  #addAttachment(bytes: ArrayBufferLike | ArrayBufferView): void {
    const unfinished = this.#unfinished
    if (unfinished === undefined) throw new Error('got binary data when not reconstructing a packet')
    const { packet, count, attachments } = unfinished
    unfinished.bytes += bytes.byteLength
    if (attachments.push(bytes) < count) return
    this.#unfinished = undefined
    packet.data = putInBinary(packet.data, attachments)
    this.emit('decoded', packet)
  }
}

const zero = 48
const dash = 45
const slash = 47
/** As many digits every safe integer has room for. */
const longestNumber = 15

function afterDigits(text: string, from: number): number {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (!(code >= zero && code <= zero + 9)) return at
    at++
  }
}

function withoutAttachments(type: PacketType): PacketType {
  if (type === PacketType.BINARY_EVENT) return PacketType.EVENT
  return type === PacketType.BINARY_ACK ? PacketType.ACK : type
}

/** Text that is no JSON is no payload of any type either. */
function parse(text: string, reviver: Reviver | undefined): unknown {
  try {
    return JSON.parse(text, reviver)
  } catch {
    return invalid
  }
}

const invalid = Symbol('invalid')
