import { copyBytes } from '#memory'
import { decodeUtf8 } from '#utf8'
import type { ReadMemory } from './read-memory.ts'

/**
 * A whole message, as long as the call lasts that hands it over. Text has been checked to be UTF-8, unless it is
 * compressed: then it is the handler's to inflate and to check.
 */
export interface ReceivedMessage {
  readonly isText: boolean
  /** RSV1 was set: the payload is what RFC 7692 §7.2.1 makes of a message. */
  readonly isCompressed: boolean
  /** Bytes of the payload. */
  readonly byteLength: number
  /** The payload as a string, read as UTF-8. */
  text(): string
  /** The payload as bytes, the caller's to keep: nothing else lies in their memory, and nobody else has it. */
  bytes(): Uint8Array
}

const nothing: Uint8Array = new Uint8Array(0)

/** One object for all messages, not one for each. */
class Delivery implements ReceivedMessage {
  isText = false
  isCompressed = false
  source = nothing
  start = 0
  end = 0
  isAscii = false
  /** The source is the message and nothing else, and nobody's besides. */
  isOwn = false
  /** The source's, when it is borrowed. */
  memory: ReadMemory | undefined

  get byteLength(): number {
    return this.end - this.start
  }

  text(): string {
    const { memory, start, end } = this
    return memory === undefined ? decodeUtf8(this.source, start, end) : memory.text(start, end, this.isAscii)
  }

  bytes(): Uint8Array {
    const { memory, start, end } = this
    if (memory !== undefined) return memory.copy(start, end)
    return this.isOwn ? this.source : copyBytes(this.source, start, end)
  }
}

/** A handler may make another receiver deliver: one for each level of such calls. */
const deliveries: Delivery[] = []
let depth = 0

interface MessageHandler {
  onMessage(message: ReceivedMessage): void
}

/**
 * Hands a message over. Its payload lies in `source` from `start` to `end`, among other things.
 *
 * @param memory which `source` is the bytes of, when that is used again after the call
 * @param isAscii true when that is known
 */
export function deliver(
  handler: MessageHandler,
  isText: boolean,
  isCompressed: boolean,
  source: Uint8Array,
  start: number,
  end: number,
  memory: ReadMemory | undefined,
  isAscii: boolean,
): void {
  deliveries[depth] ??= new Delivery()
  const delivery = deliveries[depth]!
  delivery.isText = isText
  delivery.isCompressed = isCompressed
  delivery.source = source
  delivery.start = start
  delivery.end = end
  delivery.memory = memory
  delivery.isAscii = isAscii
  delivery.isOwn = false
  handOver(delivery, handler)
}

/** As {@link deliver}, for a payload that has memory of its own. */
export function deliverOwn(
  handler: MessageHandler,
  isText: boolean,
  isCompressed: boolean,
  payload: Uint8Array,
): void {
  deliveries[depth] ??= new Delivery()
  const delivery = deliveries[depth]!
  delivery.isText = isText
  delivery.isCompressed = isCompressed
  delivery.source = payload
  delivery.start = 0
  delivery.end = payload.length
  delivery.memory = undefined
  delivery.isAscii = false
  delivery.isOwn = true
  handOver(delivery, handler)
}

function handOver(delivery: Delivery, handler: MessageHandler): void {
  depth++
  try {
    handler.onMessage(delivery)
  } finally {
    depth--
    delivery.source = nothing
  }
}
