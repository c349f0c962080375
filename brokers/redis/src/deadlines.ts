interface Awaited {
  readonly endsMs: number
  readonly reject: (error: Error) => void
}

/** Time limits of many calls, all the same: one timer for all of them. */
export class Deadlines {
  readonly #timeoutMs: number
  /** In the order of their ends. */
  readonly #awaited = new Set<Awaited>()
  #timer: NodeJS.Timeout | undefined

  /** @param timeoutMs how long each may take, in ms; up to an eighth more passes before it is told */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Settles as the work does, or rejects when that takes too long; its result is ignored then. */
  within<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const awaited: Awaited = { endsMs: performance.now() + this.#timeoutMs, reject }
      this.#awaited.add(awaited)
      this.#timer ??= setInterval(() => this.#look(), Math.max(1, this.#timeoutMs / 8))
      work.then(
        result => {
          this.#awaited.delete(awaited)
          resolve(result)
        },
        error => {
          this.#awaited.delete(awaited)
          reject(error)
        },
      )
    })
  }

  /** Nobody waits any longer: results that have not come are not to come. */
  end(): void {
    this.#stop()
    for (const { reject } of this.#awaited) reject(new Error('the broker was closed'))
    this.#awaited.clear()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const now = performance.now()
    for (const awaited of this.#awaited) {
      if (awaited.endsMs > now) return
      this.#awaited.delete(awaited)
      awaited.reject(new Error(`no answer within ${this.#timeoutMs} ms`))
    }
    this.#stop()
  }
}
