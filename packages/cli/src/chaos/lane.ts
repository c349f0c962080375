import type { Socket } from 'node:net'
import type { Break, Fate } from './faults.ts'

/** So much may wait in a direction before its source is not read, in bytes. */
const maxWaitingBytes = 256 * 1024
/** A slow lane passes on ten pieces a second. */
const pieceMs = 100

interface Piece {
  readonly at: number
  readonly bytes: Buffer | undefined
  readonly onPassed: (() => void) | undefined
}

/** The faults of one direction of a connection. */
export interface LaneFate extends Pick<Fate, 'latency' | 'bytesPerSecond'> {
  readonly breaks: Break | undefined
}

export interface LaneEvents {
  /** It stands still from here on, for as long as its fate says. */
  onStall(): void
  /** It is broken: nothing more passes. */
  onCut(): void
  /** All data before the end has passed: the connection is to end. */
  onEnd(): void
}

/** One direction of a connection: data goes out later than it comes, slower, in the same order. */
export class Lane {
  readonly #source: Socket
  readonly #target: Socket
  readonly #fate: LaneFate
  readonly #events: LaneEvents
  readonly #waiting: Piece[] = []
  #waitingBytes = 0
  /** Until it breaks. */
  #bytesLeft: number
  #lastAt = 0
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(source: Socket, target: Socket, fate: LaneFate, events: LaneEvents) {
    this.#source = source
    this.#target = target
    this.#fate = fate
    this.#events = events
    this.#bytesLeft = fate.breaks?.afterBytes ?? Number.POSITIVE_INFINITY
    target.on('close', () => clearTimeout(this.#timer))
    source.on('close', () => {
      // Data that came before its end, and the end itself, still pass.
      if (!source.readableEnded) clearTimeout(this.#timer)
    })
    target.on('drain', () => this.#readOn())
  }

  /** @param bytes undefined for the end of the stream */
  push(bytes: Buffer | undefined): void {
    if (this.#isOver) return
    if (bytes !== undefined && bytes.length > this.#bytesLeft) this.#break(bytes)
    else this.#take(bytes)
  }

  /** The connection is to end behind `bytes` and all that waits. */
  cutBehind(bytes: Buffer): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#events.onCut()
    this.#take(bytes, () => this.#events.onEnd())
  }

  /** From now on nothing passes, and nobody is told. */
  freeze(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#source.resume()
  }

  #break(bytes: Buffer): void {
    const before = bytes.subarray(0, this.#bytesLeft)
    const stallMs = this.#fate.breaks?.stallMs
    if (stallMs === undefined) {
      this.cutBehind(before)
      return
    }
    this.#bytesLeft = Number.POSITIVE_INFINITY
    this.#events.onStall()
    this.#take(before)
    this.#lastAt = Math.max(performance.now(), this.#lastAt) + stallMs
    this.#take(bytes.subarray(before.length))
  }

  #take(bytes: Buffer | undefined, onPassed?: () => void): void {
    this.#bytesLeft -= bytes?.length ?? 0
    const due = Math.max(performance.now() + this.#fate.latency(), this.#lastAt)
    this.#lastAt = due
    if (bytes === undefined || this.#fate.bytesPerSecond === 0) this.#wait(due, bytes, onPassed)
    else this.#slowly(due, bytes, onPassed)
    if (this.#isFull) this.#source.pause()
    this.#pass()
  }

  get #isFull(): boolean {
    return this.#waitingBytes + this.#target.writableLength > maxWaitingBytes
  }

  #readOn(): void {
    if (!this.#isFull) this.#source.resume()
  }

  #slowly(due: number, bytes: Buffer, onPassed?: () => void): void {
    const { bytesPerSecond } = this.#fate
    const size = Math.max(1, Math.floor((bytesPerSecond * pieceMs) / 1_000))
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size)
      this.#wait(Math.max(due, this.#lastAt), piece, at + size < bytes.length ? undefined : onPassed)
      this.#lastAt = Math.max(due, this.#lastAt) + (piece.length * 1_000) / bytesPerSecond
    }
  }

  #wait(at: number, bytes: Buffer | undefined, onPassed: (() => void) | undefined): void {
    this.#waiting.push({ at, bytes, onPassed })
    this.#waitingBytes += bytes?.length ?? 0
  }

  #pass(): void {
    clearTimeout(this.#timer)
    const now = performance.now()
    for (;;) {
      const next = this.#waiting[0]
      if (next === undefined) break
      if (next.at > now) {
        this.#timer = setTimeout(() => this.#pass(), next.at - now)
        break
      }
      this.#waiting.shift()
      this.#waitingBytes -= next.bytes?.length ?? 0
      if (next.bytes === undefined) this.#target.end()
      else this.#target.write(next.bytes, next.onPassed)
    }
    this.#readOn()
  }
}
