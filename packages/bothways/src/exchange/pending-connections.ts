import { networkOf } from './network-address.ts'

export interface PendingLimits {
  readonly maxPendingHandshakes: number
}

/** One that has not said yet what it wants, or was refused and has not left. */
export abstract class Pending {
  readonly address: string
  readonly network: string
  /** The turn of the event loop in which it came; the {@link PendingConnections}' own. */
  turn = 0

  constructor(address: string) {
    this.address = address
    this.network = networkOf(address)
  }

  /** Ends it; it is expected to be forgotten by then. */
  abstract cut(): void
}

class PendingStream extends Pending {
  readonly #stream: Destroyable

  constructor(stream: Destroyable, address: string) {
    super(address)
    this.#stream = stream
  }

  cut(): void {
    this.#stream.destroy()
  }
}

interface Destroyable {
  destroy(): unknown
}

/**
 * The TCP connections that are no WebSocket and have made no request: silent ones, halves of a request, and those that
 * were refused and have not left. Whoever means well says at once what it wants; so at the bound the one that has been
 * silent longest goes: first of an address that has more than half of all places, then of all.
 *
 * One that has just come is not cut before it could be heard: a herd that comes in one turn, with its requests right
 * behind, is let in whole.
 */
export class PendingConnections {
  readonly #limits: PendingLimits
  readonly #onCut: (address: string) => void
  /** The longest waiting first, in all and of each network. */
  readonly #all = new Set<Pending>()
  readonly #streams = new WeakMap<object, Pending>()
  readonly #networks = new Map<string, Set<Pending>>()
  #turn = 0
  #isSweepDue = false

  /** @param onCut told of each that went at the bound */
  constructor(limits: PendingLimits, onCut: (address: string) => void) {
    this.#limits = limits
    this.#onCut = onCut
  }

  get size(): number {
    return this.#all.size
  }

  /** A stream that is destroyed when it must go; a second time nothing happens. */
  enterStream(stream: Destroyable, address: string): void {
    const known = this.#streams.get(stream)
    if (known !== undefined && this.#all.has(known)) return
    const pending = new PendingStream(stream, address)
    this.#streams.set(stream, pending)
    this.enter(pending)
  }

  leaveStream(stream: object): void {
    const pending = this.#streams.get(stream)
    if (pending !== undefined) this.leave(pending)
  }

  enter(pending: Pending): void {
    pending.turn = this.#turn
    this.#all.add(pending)
    let network = this.#networks.get(pending.network)
    if (network === undefined) {
      network = new Set()
      this.#networks.set(pending.network, network)
    }
    network.add(pending)
    if (this.#isOver(network)) this.#sweepLater()
  }

  /** A second call does nothing. */
  leave(pending: Pending): void {
    if (!this.#all.delete(pending)) return
    const network = this.#networks.get(pending.network)
    if (network?.delete(pending) && network.size === 0) this.#networks.delete(pending.network)
  }

  #isOver(network: ReadonlySet<Pending>): boolean {
    const { maxPendingHandshakes } = this.#limits
    return this.#all.size > maxPendingHandshakes || network.size > this.#shareOfOne
  }

  get #shareOfOne(): number {
    return Math.ceil(this.#limits.maxPendingHandshakes / 2)
  }

  /** What has come is read in the turn after this one: by the end of that everybody could be heard. */
  #sweepLater(): void {
    if (this.#isSweepDue) return
    this.#isSweepDue = true
    setImmediate(() => {
      this.#turn++
      setImmediate(() => {
        this.#isSweepDue = false
        this.#sweep()
      })
    })
  }

  #sweep(): void {
    for (const network of this.#networks.values()) this.#cutDown(network, this.#shareOfOne)
    this.#cutDown(this.#all, this.#limits.maxPendingHandshakes)
    // Those who came while this sweep was due.
    const isOver = this.#all.size > this.#limits.maxPendingHandshakes
    if (isOver || [...this.#networks.values()].some(it => it.size > this.#shareOfOne)) this.#sweepLater()
  }

  #cutDown(oldestFirst: ReadonlySet<Pending>, limit: number): void {
    let surplus = oldestFirst.size - limit
    if (surplus <= 0) return
    for (const pending of oldestFirst) {
      if (surplus-- <= 0 || pending.turn === this.#turn) return
      this.leave(pending)
      pending.cut()
      this.#onCut(pending.address)
    }
  }
}
