import { networkOf, OpenPlaces } from 'bothways/exchange'

/** Requests that wait for their owners, in all. */
const maxForwarded = 10_000

/** Of one session: a poll and a POST, and as many that their client has just given up. */
const maxForwardedOfSession = 4

interface Place {
  readonly onLost: () => void
}

/**
 * Places for requests that wait for other servers: so many of one session, and so many in all. Of one address there may
 * be all of them, since behind a balancer all have that; but when none is left, a request of another address gets the
 * oldest place of the one that has most.
 */
export class ForwardedPlaces {
  readonly #ofSessions = new OpenPlaces(Number.POSITIVE_INFINITY, maxForwardedOfSession)
  readonly #ofNetworks = new Map<string, Set<Place>>()
  #count = 0

  /**
   * @param onLost the place goes to somebody else
   * @returns a function that gives the place back; undefined: there is none
   */
  take(session: string, address: string, onLost: () => void): (() => void) | undefined {
    const network = networkOf(address)
    const giveBack = this.#ofSessions.take(session)
    if (giveBack === undefined) return undefined
    if (this.#count >= maxForwarded && !this.#makePlaceFor(network)) {
      giveBack()
      return undefined
    }
    const places = this.#ofNetworks.get(network) ?? new Set()
    this.#ofNetworks.set(network, places)
    const leave = (): void => {
      if (!places.delete(place)) return
      if (places.size === 0) this.#ofNetworks.delete(network)
      this.#count--
      giveBack()
    }
    const place: Place = {
      onLost: () => {
        leave()
        onLost()
      },
    }
    places.add(place)
    this.#count++
    return leave
  }

  #makePlaceFor(network: string): boolean {
    let most: Set<Place> | undefined
    for (const places of this.#ofNetworks.values()) if (places.size > (most?.size ?? 0)) most = places
    const own = this.#ofNetworks.get(network)?.size ?? 0
    const [oldest] = most ?? []
    if (most === undefined || oldest === undefined || most.size <= own + 1) return false
    oldest.onLost()
    return true
  }
}
