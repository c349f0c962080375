import type { Transport } from './transport.ts'

interface Entry {
  /** Counted as buffered until it is written. */
  readonly bytes: number
  frame: Uint8Array | undefined
  isReady: boolean
}

/**
 * The frames on their way out, in order. Some are not ready yet (a `Blob` is being read, a large message
 * compressed): later ones wait behind them. Ready ones go out as one write for all that a turn has brought.
 */
export class Outbox {
  readonly #transport: Transport
  readonly #highWaterMarkBytes: number
  #ready: Uint8Array[] = []
  #readyBytes = 0
  #waiting: Entry[] = []
  #waitingBytes = 0
  #isNoticeOwed = false
  #isScheduled = false

  /** @param highWaterMarkBytes above it, the transport is asked to tell when it has caught up */
  constructor(transport: Transport, highWaterMarkBytes: number) {
    this.#transport = transport
    this.#highWaterMarkBytes = highWaterMarkBytes
  }

  /** Bytes handed over that the operating system has not taken. */
  get bufferedBytes(): number {
    return this.#waitingBytes + this.#readyBytes + this.#transport.queuedBytes
  }

  get hasRoom(): boolean {
    return this.bufferedBytes <= this.#highWaterMarkBytes
  }

  /** True while something is not ready. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  push(frame: Uint8Array): void {
    if (this.#waiting.length === 0) this.pushAhead(frame)
    else this.#wait({ bytes: frame.length, frame, isReady: true })
  }

  /** A ping or pong need not wait behind messages that are not ready (RFC 6455 §5.4 lets it pass). */
  pushAhead(frame: Uint8Array): void {
    this.#ready.push(frame)
    this.#readyBytes += frame.length
    this.#schedule()
  }

  /** Keeps a place for a frame that comes later; undefined gives the place up. `frame` must not reject. */
  pushLater(bytes: number, frame: Promise<Uint8Array | undefined>): void {
    const entry: Entry = { bytes, frame: undefined, isReady: false }
    this.#wait(entry)
    void frame.then(result => {
      entry.frame = result
      entry.isReady = true
      this.#advance()
    })
  }

  /**
   * The next write asks for notice, also if there is room again by then: what was in the way may have been taken
   * meanwhile, or become shorter when it was compressed.
   */
  oweNotice(): void {
    this.#isNoticeOwed = true
  }

  /** Writes what is ready. */
  flush(): void {
    if (this.#ready.length === 0) return
    const pieces = this.#ready
    const wantsNotice = this.#isNoticeOwed || !this.hasRoom
    this.#isNoticeOwed = false
    this.#ready = []
    this.#readyBytes = 0
    this.#transport.write(pieces, wantsNotice)
  }

  /** Forgets all that was not written. */
  clear(): void {
    this.#ready = []
    this.#readyBytes = 0
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #wait(entry: Entry): void {
    this.#waiting.push(entry)
    this.#waitingBytes += entry.bytes
  }

  #advance(): void {
    let first = this.#waiting[0]
    while (first?.isReady) {
      this.#waiting.shift()
      this.#waitingBytes -= first.bytes
      if (first.frame !== undefined) this.pushAhead(first.frame)
      first = this.#waiting[0]
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    unflushed.push(this)
    if (unflushed.length === 1) setImmediate(flushAll)
  }

  static flushScheduled(outbox: Outbox): void {
    outbox.#isScheduled = false
    outbox.flush()
  }
}

/** What this turn of the event loop has sent goes out at its end, one write for each connection. */
let unflushed: Outbox[] = []

function flushAll(): void {
  const outboxes = unflushed
  unflushed = []
  for (const outbox of outboxes) Outbox.flushScheduled(outbox)
}
