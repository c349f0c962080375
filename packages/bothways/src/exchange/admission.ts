import { LimitError } from '@bothways/protocol'
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
      return tooMany('BW_TOO_MANY_CONNECTIONS', 'maxConnections', maxConnections)
    }
    if (fromAddress >= maxConnectionsPerAddress) {
      return tooMany(
        'BW_TOO_MANY_CONNECTIONS_FROM_ADDRESS',
        'maxConnectionsPerAddress',
        maxConnectionsPerAddress,
      )
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

function tooMany(
  code: 'BW_TOO_MANY_CONNECTIONS' | 'BW_TOO_MANY_CONNECTIONS_FROM_ADDRESS',
  option: string,
  limit: number,
): LimitError {
  return new LimitError(
    code,
    limit,
    limit + 1,
    'connections',
    `All ${limit} connections are taken (option ${option}): come back later.`,
  )
}
