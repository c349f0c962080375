import { networkOf } from './network-address.ts'

/** What a network may still do: a token for each handshake. */
interface Bucket {
  tokens: number
  filledAtMs: number
}

/** Networks remembered. At the bound the one forgotten is the one heard of longest ago, which most likely is full again. */
const maxBuckets = 10_000

/**
 * How many handshakes each address may begin: as many as `perSecond` at once, and as many in each second after that
 * (a token bucket for each network, as {@link networkOf} says).
 */
export class HandshakeRates {
  readonly #perSecond: number
  /** The one heard of longest ago first. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /**
   * Takes a token, if there is one.
   *
   * @param nowMs any clock that never goes back
   */
  take(address: string, nowMs: number): boolean {
    const perSecond = this.#perSecond
    if (perSecond === Number.MAX_SAFE_INTEGER) return true
    const network = networkOf(address)
    const bucket = this.#buckets.get(network) ?? { tokens: perSecond, filledAtMs: nowMs }
    const earned = ((nowMs - bucket.filledAtMs) * perSecond) / 1_000
    bucket.tokens = Math.min(perSecond, bucket.tokens + earned)
    bucket.filledAtMs = nowMs
    this.#buckets.delete(network)
    this.#buckets.set(network, bucket)
    this.#forgetOldest()
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }

  get size(): number {
    return this.#buckets.size
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= maxBuckets) return
    for (const network of this.#buckets.keys()) {
      this.#buckets.delete(network)
      return
    }
  }
}
