interface SentPing {
  readonly payload: Uint8Array
  readonly sentAtMs: number
  /** Undefined for a ping of the keepalive, which nobody awaits. */
  readonly resolve: ((roundTripMs: number | undefined) => void) | undefined
}

/** The pings that have not been answered, oldest first (RFC 6455 §5.5.2, §5.5.3). */
export class Pings {
  #sent: SentPing[] = []
  /** How long the answer to the oldest could not have been heard. */
  #lostMs = 0

  /** When the oldest unanswered ping went out, in ms; later by as much as was lost since. */
  get oldestSentAtMs(): number | undefined {
    const [oldest] = this.#sent
    return oldest && oldest.sentAtMs + this.#lostMs
  }

  /** For so long, up to `nowMs`, no answer could have been heard. */
  lose(lostMs: number, nowMs: number): void {
    const { oldestSentAtMs = nowMs } = this
    this.#lostMs += Math.max(0, Math.min(lostMs, nowMs - oldestSentAtMs))
  }

  get areAnswered(): boolean {
    return this.#sent.length === 0
  }

  add(payload: Uint8Array, sentAtMs: number): void {
    this.#sent.push({ payload, sentAtMs, resolve: undefined })
  }

  /** As {@link add}, and promises the round-trip time in ms, or undefined if the connection ends first. */
  track(payload: Uint8Array, sentAtMs: number): Promise<number | undefined> {
    return new Promise(resolve => this.#sent.push({ payload, sentAtMs, resolve }))
  }

  /**
   * The round-trip time of the ping that this pong answers, in ms; undefined for a pong nobody asked for.
   * Earlier pings are answered with it: a peer may answer only the latest (RFC 6455 §5.5.3).
   */
  answer(payload: Uint8Array, nowMs: number): number | undefined {
    const at = this.#sent.findIndex(ping => Buffer.compare(ping.payload, payload) === 0)
    if (at < 0) return undefined
    const answered = this.#sent.splice(0, at + 1)
    this.#lostMs = 0
    for (const ping of answered) ping.resolve?.(nowMs - ping.sentAtMs)
    return nowMs - (answered.at(-1)?.sentAtMs ?? nowMs)
  }

  /** The connection is over. */
  abandon(): void {
    for (const ping of this.#sent) ping.resolve?.(undefined)
    this.#sent = []
  }
}
