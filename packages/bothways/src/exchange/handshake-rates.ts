import { TokenBuckets } from '../connection/token-bucket.ts'
import { networkOf } from './network-address.ts'

/**
 * How many handshakes each address may begin: as many as `perSecond` at once, and as many in each second after that, of
 * each network, as {@link networkOf} says.
 */
export class HandshakeRates {
  readonly #perSecond: number
  readonly #buckets: TokenBuckets

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#buckets = new TokenBuckets(perSecond)
  }

  /**
   * Takes a token, if there is one.
   *
   * @param nowMs any clock that never goes back
   */
  take(address: string, nowMs: number): boolean {
    if (this.#perSecond === Number.MAX_SAFE_INTEGER) return true
    return this.#buckets.of(networkOf(address), nowMs).tryTake(nowMs)
  }
}
