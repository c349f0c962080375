import type {
  Transport,
  TransportHandler,
} from '../../packages/bothways/src/connection/transports/transport.ts'

/**
 * One end of a byte stream in memory. The bytes that one end writes wait until {@link MemoryLink.deliver} hands them over, so
 * a test decides when things happen; nothing here looks at a clock.
 */
class MemoryTransport implements Transport {
  bytesRead = 0
  bytesWritten = 0
  isPaused = false
  isEnded = false
  isDestroyed = false
  peer: MemoryTransport | undefined
  /** Whom it tells. */
  handler: TransportHandler | undefined
  #outgoing: Uint8Array[] = []
  /** It has room for everything, and takes nothing before it is delivered. */
  readonly queues = true
  readonly copiesBorrowed = true
  readonly tellsLater = false
  #isEndDelivered = false

  get queuedBytes(): number {
    return this.#outgoing.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  start(handler: TransportHandler): void {
    this.handler = handler
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  write(bytes: Uint8Array): boolean {
    if (this.isEnded || this.isDestroyed) return false
    this.#outgoing.push(Uint8Array.from(bytes))
    this.bytesWritten += bytes.length
    return false
  }

  end(): void {
    this.isEnded = true
  }

  destroy(error?: Error): void {
    if (this.isDestroyed) return
    this.isDestroyed = true
    this.#outgoing = []
    queueMicrotask(() => this.handler?.onDestroyed(error))
    queueMicrotask(() => this.peer?.destroy())
  }

  /** Hands what was written to the other end; false when there was nothing to do. */
  deliver(): boolean {
    const { peer } = this
    if (peer === undefined || peer.isDestroyed || peer.isPaused) return false
    const chunks = this.#outgoing
    this.#outgoing = []
    for (const chunk of chunks) {
      peer.bytesRead += chunk.length
      peer.handler?.onData(chunk)
    }
    if (chunks.length > 0) {
      this.handler?.onTaken(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
      return true
    }
    if (!this.isEnded || this.#isEndDelivered) return false
    this.#isEndDelivered = true
    peer.handler?.onEnd()
    if (peer.isEnded && peer.#isEndDelivered) {
      this.destroy()
      peer.destroy()
    }
    return true
  }
}

/** Two ends joined. */
export class MemoryLink {
  readonly client = new MemoryTransport()
  readonly server = new MemoryTransport()

  constructor() {
    this.client.peer = this.server
    this.server.peer = this.client
  }

  /** Carries everything both ways until nothing moves any more. */
  async settle(): Promise<void> {
    // Many turns of the event loop: messages sent in one are written at its end, and work that has used up its share of one
    // goes on in a later one, again and again on a machine under load.
    for (let quietTurns = 0; quietTurns < 20; quietTurns++) {
      await new Promise(resolve => setImmediate(resolve))
      const isMoving = [this.client.deliver(), this.server.deliver()].some(Boolean)
      if (isMoving) quietTurns = 0
    }
  }
}
