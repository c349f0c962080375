import type { Socket } from 'node:net'

/** So much may wait in a direction before its source is not read, in bytes. */
const maxWaitingBytes = 256 * 1024
/** A slow lane passes on ten pieces a second. */
const pieceMs = 100

interface Piece {
  readonly at: number
  readonly bytes: Buffer | undefined
  readonly onPassed: (() => void) | undefined
}

/** One direction of a connection: what comes goes out later, slower, in the same order. */
export class Lane {
  readonly #source: Socket
  readonly #target: Socket
  readonly #latency: () => number
  readonly #bytesPerSecond: number
  readonly #waiting: Piece[] = []
  #waitingBytes = 0
  #lastAt = 0
  #timer: NodeJS.Timeout | undefined
  #isFrozen = false

  constructor(source: Socket, target: Socket, latency: () => number, bytesPerSecond: number) {
    this.#source = source
    this.#target = target
    this.#latency = latency
    this.#bytesPerSecond = bytesPerSecond
    source.on('close', () => clearTimeout(this.#timer))
  }

  /**
   * @param bytes undefined for the end of the stream
   * @param onPassed called when they have gone out, behind all that waited
   */
  push(bytes: Buffer | undefined, onPassed?: () => void): void {
    if (this.#isFrozen) return
    const now = performance.now()
    const due = Math.max(now + this.#latency(), this.#lastAt)
    this.#lastAt = due
    if (bytes === undefined || this.#bytesPerSecond === 0) this.#wait(due, bytes, onPassed)
    else this.#slowly(due, bytes, onPassed)
    if (this.#waitingBytes > maxWaitingBytes) this.#source.pause()
    this.#pass()
  }

  /** From now on nothing passes, and nobody is told. */
  freeze(): void {
    this.#isFrozen = true
    clearTimeout(this.#timer)
    this.#waiting.length = 0
    this.#source.resume()
  }

  #slowly(due: number, bytes: Buffer, onPassed?: () => void): void {
    const size = Math.max(1, Math.floor((this.#bytesPerSecond * pieceMs) / 1_000))
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size)
      this.#wait(Math.max(due, this.#lastAt), piece, at + size < bytes.length ? undefined : onPassed)
      this.#lastAt = Math.max(due, this.#lastAt) + (piece.length * 1_000) / this.#bytesPerSecond
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
    if (this.#waitingBytes <= maxWaitingBytes) this.#source.resume()
  }
}
