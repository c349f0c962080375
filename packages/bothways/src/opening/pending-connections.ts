import { type Listed, Roster } from '../connection/roster.ts'
import { networkOf } from './network-address.ts'

export interface PendingLimits {
  readonly maxPendingHandshakes: number
}

/** A connection that has not said yet what it wants, or was refused and has not left. */
export abstract class Pending implements Listed<Pending> {
  readonly address: string
  #network: string | undefined
  before: Pending | undefined
  after: Pending | undefined
  /** The turn of the event loop in which it came; the {@link PendingConnections}' own. */
  turn = 0

  constructor(address: string) {
    this.address = address
  }

  get network(): string {
    this.#network ??= networkOf(this.address)
    return this.#network
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
 * were refused and have not left. An honest client says at once what it wants; so at the bound the one that has been
 * silent longest goes: first of an address that has more than half of all places, then of all.
 *
 * A connection that has just come is not cut before it could be heard: a herd that comes in one turn, with its requests right
 * behind, is let in whole.
 */
export class PendingConnections {
  readonly #limits: PendingLimits
  readonly #onCut: (address: string) => void
  /** The longest waiting first. */
  readonly #all = new Roster<Pending>()
  readonly #streams = new WeakMap<object, Pending>()
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
    // No address can have more than half of all places with fewer.
    if (this.#all.size > this.#shareOfOne) this.#sweepLater()
  }

  /** A second call does nothing. */
  leave(pending: Pending): void {
    this.#all.delete(pending)
  }

  /** The longest waiting first. */
  get all(): Pending[] {
    const all: Pending[] = []
    for (let it = this.#all.first; it !== undefined; it = it.after) all.push(it)
    return all
  }

  get #shareOfOne(): number {
    return Math.ceil(this.#limits.maxPendingHandshakes / 2)
  }

  /** Bytes that have come are read in the turn after this one: by the end of that every connection could be heard. */
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
    const counts = new Map<string, number>()
    for (const { network } of this.all) counts.set(network, (counts.get(network) ?? 0) + 1)
    const share = this.#shareOfOne
    this.#cutOldest(({ network }) => {
      const count = counts.get(network) ?? 0
      if (count <= share) return false
      counts.set(network, count - 1)
      return true
    })
    this.#cutOldest(() => this.#isOver)
    // Those who came while this sweep was due have stayed.
    if (this.#isOver || [...counts.values()].some(count => count > share)) this.#sweepLater()
  }

  get #isOver(): boolean {
    return this.#all.size > this.#limits.maxPendingHandshakes
  }

  /** Of those that could have been heard. */
  #cutOldest(isSurplus: (pending: Pending) => boolean): void {
    let next = this.#all.first
    while (next !== undefined && next.turn !== this.#turn) {
      const pending = next
      next = pending.after
      if (!isSurplus(pending)) continue
      this.leave(pending)
      pending.cut()
      this.#onCut(pending.address)
    }
  }
}
