import { LimitError } from '@bothways/protocol'
import { TokenBuckets } from '../connection/token-bucket.ts'
import { admissionLimits } from './error-codes.ts'
import { networkOf } from './network-address.ts'

export interface AdmissionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
}

/** Counts connections and handshakes, in all and per address: of IPv6 per /64, as {@link networkOf} says. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #byNetwork = new Map<string, number>()
  #count = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** Takes a place; {@link leave} gives it back. Returns the error instead when there is none. */
  enter(address: string): LimitError | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    const network = networkOf(address)
    const fromAddress = this.#byNetwork.get(network) ?? 0
    if (this.#count >= maxConnections) {
      return tooMany('maxConnections', maxConnections)
    }
    if (fromAddress >= maxConnectionsPerAddress) {
      return tooMany('maxConnectionsPerAddress', maxConnectionsPerAddress)
    }
    this.#count++
    this.#byNetwork.set(network, fromAddress + 1)
    return undefined
  }

  leave(address: string): void {
    const network = networkOf(address)
    const fromAddress = this.#byNetwork.get(network) ?? 0
    if (fromAddress === 0) return
    this.#count--
    if (fromAddress === 1) this.#byNetwork.delete(network)
    else this.#byNetwork.set(network, fromAddress - 1)
  }
}

function tooMany(option: keyof typeof admissionLimits, limit: number): LimitError {
  return new LimitError(
    admissionLimits[option],
    limit,
    limit + 1,
    `All ${limit} connections are taken (option ${option}): come back later.`,
  )
}

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
