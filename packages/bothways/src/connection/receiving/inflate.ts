import { Buffer } from 'node:buffer'
import { type DeflateDirection, LimitError, messageTooBig, ProtocolViolation } from '@bothways/protocol'
import { DeflateWindow } from '../deflate-window.ts'
import { ownBytes } from '../message-data.ts'
import { WorkGate, type WorkTicket } from '../work-gate.ts'
import { chunkBytes, type InflateReader, InflateStream } from './inflate-stream.ts'
import { storedBlockHeader } from './preset-window.ts'
import { inflateShort, longestShortBytes, messageEnd } from './short-inflation.ts'

/** Longer messages, and those that become longer, are inflated in zlib's thread pool, in their turn. */
const longestAtOnceBytes = 32 * 1024

/** The way through the thread pool takes more of the event loop's time than shorter messages do. */
const shortestInPoolBytes = 4 * 1024

/**
 * A message that inflates to more than 32 KiB and to more than this many times its own length, as text seldom does, has its
 * turn in the pool, too: otherwise a flood of few bytes could keep the event loop busy.
 */
const usualGrowth = 16

/** The memory that inflating holds when it begins: zlib's state, a chunk that is being filled and one that is being taken. */
const firstBytes = 48 * 1024 + 2 * chunkBytes

/** A stream of DEFLATE data may end and another begin, as often as that within a message. */
const maxStreamsPerMessage = 1_000

/**
 * All that inflates in this process may hold 32 MiB at once, or what one message needs; the others wait their turn. Short
 * messages that stay short are not counted: they are done within the call.
 */
const inflating = new WorkGate({ maxBytes: 32 * 1024 * 1024 })

export type InflateResult = Buffer | ProtocolViolation | LimitError

export function isInflateError(result: InflateResult): result is ProtocolViolation | LimitError {
  return result instanceof ProtocolViolation || result instanceof LimitError
}

/** Inflates the messages of one direction (RFC 7692 §7.2.2). Calls must not overlap. */
export class Inflater {
  readonly #maxMessageBytes: number
  readonly #window: DeflateWindow
  readonly #gate: WorkGate
  #inflation: Inflation | undefined
  /** The last message has become too long to be done at once, as the next one may, which is not to be inflated twice. */
  #hasOutgrown = false

  /** @param gate that long messages wait at; by default one for the whole process */
  constructor(direction: DeflateDirection, maxMessageBytes: number, gate: WorkGate = inflating) {
    this.#maxMessageBytes = maxMessageBytes
    this.#window = new DeflateWindow(direction)
    this.#gate = gate
  }

  /**
   * The message, which is the caller's, or what is wrong with it; at once when it is short and stays so. The payload
   * must not change meanwhile.
   *
   * @param isEarly the connection has used little of its turn. Otherwise one of more than 4 KiB goes through the thread
   *   pool, too, so that the event loop is free meanwhile, unless it would have to wait for others there.
   * @param isReadAtOnce a result that comes at once is needed until the next call of anybody's only, and need not be the caller's
   */
  inflate(payload: Uint8Array, isEarly = true, isReadAtOnce = false): InflateResult | Promise<InflateResult> {
    // zlib itself sends such a payload for an empty message that follows a flush.
    if (payload.length === 0) return this.#accept(Buffer.alloc(0))
    if (this.#isDoneAtOnce(payload.length, isEarly)) {
      const result = this.#inflateAtOnce(payload)
      if (result !== undefined) return isReadAtOnce || isInflateError(result) ? result : own(result)
    }
    return new Promise(resolve => {
      this.#inflation = new Inflation({
        payload,
        window: this.#window.bytes,
        maxBytes: this.#maxMessageBytes,
        gate: this.#gate,
        onEnd: result => {
          this.#inflation = undefined
          resolve(this.#ended(result, isReadAtOnce))
        },
      })
    })
  }

  /** Bytes of the message that waits for its turn, or is being inflated; as it came. */
  get heldBytes(): number {
    return this.#inflation?.payloadBytes ?? 0
  }

  /** Gives up the message that has not been inflated yet: its promise is never settled. */
  abandon(): void {
    this.#inflation?.abandon()
    this.#inflation = undefined
  }

  #isDoneAtOnce(length: number, isEarly: boolean): boolean {
    if (length > longestAtOnceBytes || this.#hasOutgrown) return false
    return isEarly || length <= shortestInPoolBytes || !this.#gate.isOpen(firstBytes + length)
  }

  /** Undefined: it takes longer. */
  #inflateAtOnce(payload: Uint8Array): InflateResult | undefined {
    const usualBytes = Math.max(longestAtOnceBytes, payload.length * usualGrowth)
    const limit = Math.min(this.#maxMessageBytes, longestShortBytes, usualBytes)
    try {
      const { bytes, readBytes } = inflateShort(payload, this.#window.bytes, limit)
      return isAllRead(payload, readBytes) ? this.#accept(bytes) : undefined
    } catch (error) {
      const isLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      if (!isLong || limit === this.#maxMessageBytes) return this.#refuse(error)
      this.#hasOutgrown = true
      return undefined
    }
  }

  #ended(result: Buffer[] | Error, isReadAtOnce: boolean): InflateResult {
    if (!Array.isArray(result)) return this.#refuse(result)
    const message = joined(result)
    this.#hasOutgrown &&= message.length > longestAtOnceBytes
    return this.#accept(isReadAtOnce ? message : own(message))
  }

  #accept(message: Buffer): InflateResult {
    if (message.length > this.#maxMessageBytes) return messageTooBig(message.length, this.#maxMessageBytes)
    this.#window.append(message, true)
    return message
  }

  #refuse(error: unknown): ProtocolViolation | LimitError {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE')
      return messageTooBig(this.#maxMessageBytes + 1, this.#maxMessageBytes)
    const text = `A compressed message did not inflate: ${message}.`
    return new ProtocolViolation('BW_INFLATE_FAILED', text, undefined, error)
  }
}

interface InflationInit {
  readonly payload: Uint8Array
  /** The bytes before the message, as far as it may refer to them. */
  readonly window: Buffer
  readonly maxBytes: number
  readonly gate: WorkGate
  /** The message in pieces, or why there is none. Called once, unless it is abandoned. */
  readonly onEnd: (result: Buffer[] | Error) => void
}

/**
 * One message on its way through the thread pool. It holds as much as the gate lets it, and waits there before it holds
 * more.
 */
class Inflation implements InflateReader {
  readonly #init: InflationInit
  readonly #ticket: WorkTicket
  #stream: InflateStream | undefined
  #input: Buffer | undefined
  #readBytes = 0
  /** Where in it the present stream of DEFLATE data begins. */
  #streamStart = -1
  /** So many of the first bytes that come out came before the message. */
  #repeatedBytes = 0
  #streamCount = 1
  readonly #chunks: Buffer[] = []
  #length = 0
  #isOver = false

  constructor(init: InflationInit) {
    this.#init = init
    this.#proceed = this.#begin
    this.#ticket = init.gate.enter(firstBytes + init.payload.length, () => this.#proceed())
  }

  get payloadBytes(): number {
    return this.#init.payload.length
  }

  /** The next step when the gate lets it in. */
  #proceed: () => void

  abandon(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stream?.destroy()
    this.#init.gate.leave(this.#ticket)
  }

  #begin(): void {
    const { payload, window } = this.#init
    this.#proceed = () => this.#stream?.resume()
    const before = storedBlock(window)
    // RFC 7692 §7.2.2: the tail that the sender has left out is put back.
    const whole = Buffer.concat([before, payload, messageEnd])
    this.#input = whole.subarray(before.length)
    this.#read([whole], before.length, window.length)
  }

  /** @param beforeBytes so much of `parts` is `windowBytes` that came before, and come out again */
  #read(parts: readonly Buffer[], beforeBytes: number, windowBytes: number): void {
    this.#readBytes -= beforeBytes
    this.#repeatedBytes = windowBytes
    this.#stream = InflateStream.read(parts, this)
  }

  onInflated(chunk: Buffer): void {
    const repeatedBytes = Math.min(this.#repeatedBytes, chunk.length)
    this.#repeatedBytes -= repeatedBytes
    const { maxBytes, gate } = this.#init
    this.#length += chunk.length - repeatedBytes
    if (this.#length > maxBytes) {
      this.#stream?.destroy()
      this.#end(Object.assign(new Error('too long'), { code: 'ERR_BUFFER_TOO_LARGE' }))
      return
    }
    this.#chunks.push(compact(chunk.subarray(repeatedBytes)))
    if (!gate.take(this.#ticket, chunk.length)) this.#stream?.pause()
  }

  /** Goes on where a stream of DEFLATE data has ended (RFC 7692 §7.2.1: a block may follow a final one). */
  onInflatedAll(readBytes: number): void {
    this.#readBytes += readBytes
    const { payload, window } = this.#init
    if (isAllRead(payload, this.#readBytes)) {
      this.#finish()
    } else if (this.#readBytes <= this.#streamStart) {
      this.#end(new Error('nothing of it could be read'))
    } else if (++this.#streamCount > maxStreamsPerMessage) {
      this.#end(new Error(`it has more than ${maxStreamsPerMessage} blocks that say they are the last`))
    } else {
      this.#streamStart = this.#readBytes
      const last = endOf([window, ...this.#chunks])
      const before = storedBlock(last)
      this.#read([before, this.#input!.subarray(this.#readBytes)], before.length, last.length)
    }
  }

  onInflateError(error: Error): void {
    this.#end(error)
  }

  /** Putting the pieces together takes the same memory once more. */
  #finish(): void {
    this.#input = undefined
    const deliver = (): void => this.#end(this.#chunks)
    this.#proceed = deliver
    if (this.#init.gate.take(this.#ticket, this.#length)) deliver()
  }

  #end(result: Buffer[] | Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#init.gate.leave(this.#ticket)
    this.#init.onEnd(result)
  }
}

/** Behind such a block, zlib has in its window the bytes before a message. */
function storedBlock(window: Buffer): Buffer {
  return window.length === 0 ? window : Buffer.concat([storedBlockHeader(window.length), window])
}

/**
 * A block that says it is the last may be followed by the beginning of the empty block that a flush would have made
 * (RFC 7692 §7.2.3.4), which says nothing.
 */
function isAllRead(payload: Uint8Array, readBytes: number): boolean {
  const restBytes = payload.length - readBytes
  return restBytes <= 0 || (restBytes === 1 && payload[readBytes] === 0)
}

/** In memory that holds nothing else. */
function own(bytes: Buffer): Buffer {
  return bytes.length === bytes.buffer.byteLength ? bytes : ownBytes(bytes)
}

/** A few bytes must not keep the chunk that they lie in. */
function compact(bytes: Buffer): Buffer {
  return bytes.length * 2 < bytes.buffer.byteLength ? ownBytes(bytes) : bytes
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0)] = chunks
  return chunks.length > 1 ? Buffer.concat(chunks) : first
}

/** The last bytes of the pieces together, as many as a back-reference may reach (RFC 1951 §2). */
function endOf(pieces: readonly Buffer[]): Buffer {
  const found: Buffer[] = []
  let missing = 32 * 1024
  for (let at = pieces.length - 1; at >= 0 && missing > 0; at--) {
    const piece = pieces[at]!
    found.unshift(piece.subarray(Math.max(0, piece.length - missing)))
    missing -= piece.length
  }
  return Buffer.concat(found)
}
