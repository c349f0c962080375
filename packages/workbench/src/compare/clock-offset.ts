interface Reading {
  readonly offsetMs: number
  readonly roundTripMs: number
}

/**
 * How far the server's clock is ahead of this one, from messages there and back. The fastest round trip of the
 * last ones tells it best: the answer's date lies somewhere within it.
 */
export class ClockOffset {
  readonly #readings: Reading[] = []
  readonly #limit: number

  constructor(limit = 20) {
    this.#limit = limit
  }

  /**
   * @param sent and
   * @param received by this clock
   * @param date by the server's
   */
  add(sent: number, date: number, received: number): void {
    this.#readings.push({ offsetMs: date - (sent + received) / 2, roundTripMs: received - sent })
    if (this.#readings.length > this.#limit) this.#readings.shift()
  }

  /** Of the readings that count. */
  get count(): number {
    return this.#readings.length
  }

  get isKnown(): boolean {
    return this.count > 0
  }

  get offsetMs(): number {
    return this.#best()?.offsetMs ?? 0
  }

  /** The offset is wrong by this much at most. */
  get uncertaintyMs(): number {
    return (this.#best()?.roundTripMs ?? 0) / 2
  }

  #best(): Reading | undefined {
    let best = this.#readings[0]
    for (const reading of this.#readings) {
      if (best !== undefined && reading.roundTripMs < best.roundTripMs) best = reading
    }
    return best
  }
}
