/** A request whose head takes memory for as long as it is kept. */
export interface KeptRequest {
  /** Its request line and headers, about. */
  readonly headByteLength: number
  /** Keeps the short parts only. */
  forgetLongHead(): void
}

/** Heads as short as a usual browser's, with its cookies, are not looked at. */
const shortHeadBytes = 4 * 1024

/** The memory that all longer heads of a server may take together. */
const maxLongHeadBytes = 8 * 1024 * 1024

/**
 * The requests behind open connections whose heads are long. Handlers may look at them at any time; so they are kept
 * whole as long as there is room, and at the bound those of the oldest connections go first.
 */
export class LongHeads {
  /** The oldest first. */
  readonly #kept = new Map<KeptRequest, number>()
  #byteLength = 0

  get byteLength(): number {
    return this.#byteLength
  }

  enter(request: KeptRequest): void {
    const { headByteLength } = request
    if (headByteLength <= shortHeadBytes) return
    this.#kept.set(request, headByteLength)
    this.#byteLength += headByteLength
    for (const oldest of this.#kept.keys()) {
      if (this.#byteLength <= maxLongHeadBytes) return
      this.leave(oldest)
      oldest.forgetLongHead()
    }
  }

  leave(request: KeptRequest): void {
    this.#byteLength -= this.#kept.get(request) ?? 0
    this.#kept.delete(request)
  }
}
