import {
  type Ending,
  type Line,
  type OpenLine,
  openSession,
  type TransportOpener,
} from '../core/transport-kit.ts'

/** A connection that lasted so long was not cut by a proxy that dislikes it, in ms. */
const stableMs = 60_000
/** So many tries that did not open, or connections that were cut early, in a row: the next transport. */
const triesBeforeFallback = 2
const cutsBeforeFallback = 3
/** How long until the first is tried again beside a fallback, in ms, soon after an outage; doubled each time, up to the highest. */
const betterMs = 5_000
/** The same after it was cut again and again. */
const betterAfterCutsMs = 60_000
const highestBetterMs = 600_000
/** How long another visit begins with the fallback that worked, in ms. */
const rememberMs = 600_000

/** Ends that say nothing about the transport. */
const passing: ReadonlySet<string> = new Set(['leaving', 'token_failed', 'unauthenticated'])

/** Where what worked is kept for the next visit. */
export interface Memory {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** The first transport as long as it works; else the next one, and back as soon as the first works again. */
export class Fallbacks {
  readonly #openers: readonly TransportOpener[]
  readonly #memory: Memory | undefined
  readonly #key: string
  #at = 0
  #failedCount = 0
  #cutCount = 0
  #betterMs = betterMs

  constructor(openers: readonly TransportOpener[], url: string, memory: Memory | undefined) {
    this.#openers = openers
    this.#memory = memory
    this.#key = `bothways ${url}`
    try {
      const [kind, until] = JSON.parse(memory?.getItem(this.#key) ?? '[]')
      if (until > Date.now())
        this.#at = Math.max(
          0,
          openers.findIndex(opener => opener.kind === kind),
        )
    } catch {}
  }

  /** A line by the transport that works; while that is a fallback, the first is tried beside it, and takes over. */
  readonly open: OpenLine = (context, handler) => {
    let candidate: Line | undefined
    let cancel: (() => void) | undefined
    const stop = () => {
      cancel?.()
      candidate?.end()
    }
    const lookForBetter = () => {
      cancel?.()
      if (candidate !== undefined) return
      const better = this.better()
      if (better === undefined) return
      cancel = context.environment.setTimer(() => {
        candidate = begin(better.opener)
      }, better.inMs)
    }
    const begin = (opener: TransportOpener): Line => {
      const session: Line = openSession(opener, context, {
        onWelcome: welcome => {
          if (session === candidate) {
            candidate = undefined
            current.end()
            current = session
          }
          this.opened(opener)
          handler.onWelcome(welcome)
          lookForBetter()
        },
        onMessage: message => handler.onMessage(message),
        onEnd: (ending, lastedMs) => {
          const isOtherNext = this.ended(opener, ending, lastedMs)
          if (session === candidate) {
            candidate = undefined
            lookForBetter()
          } else {
            stop()
            handler.onEnd({ ...ending, isOtherNext }, lastedMs)
          }
        },
      })
      return session
    }
    let current = begin(this.next())
    lookForBetter()
    return {
      send: (message, data) => current.send(message, data),
      probe: () => current.probe(),
      end: () => {
        stop()
        current.end()
      },
    }
  }

  next(): TransportOpener {
    return this.#openers[this.#at] as TransportOpener
  }

  /** What to try besides the one that is open, and in how many ms; undefined when there is nothing better. */
  better(): { readonly opener: TransportOpener; readonly inMs: number } | undefined {
    if (this.#at === 0) return undefined
    return { opener: this.#openers[0] as TransportOpener, inMs: this.#betterMs }
  }

  opened(opener: TransportOpener): void {
    this.#at = this.#openers.indexOf(opener)
    this.#failedCount = 0
    try {
      if (this.#at === 0) this.#memory?.removeItem(this.#key)
      else this.#memory?.setItem(this.#key, JSON.stringify([opener.kind, Date.now() + rememberMs]))
    } catch {}
  }

  /**
   * @param lastedMs how long it was open, 0 if it never was
   * @returns whether another transport may do where this one would fail again
   */
  ended(opener: TransportOpener, { code }: Ending, lastedMs: number): boolean {
    const at = this.#openers.indexOf(opener)
    const isLast = at === this.#openers.length - 1
    if (at !== this.#at) {
      this.#betterMs = Math.min(highestBetterMs, this.#betterMs * 2)
    } else if (lastedMs >= stableMs) {
      this.#cutCount = 0
      this.#betterMs = betterMs
    } else if (code === 'buffered' && !isLast) {
      this.#fall(at + 1)
    } else if (code === 'forbidden' && at === 0 && !isLast) {
      // A proxy may have refused the upgrade; if it was the server, it refuses requests as well.
      this.#fall(1)
      return true
    } else if (!passing.has(code)) {
      this.#count(at, lastedMs > 0, isLast)
    }
    return false
  }

  #count(at: number, wasOpen: boolean, isLast: boolean): void {
    if (wasOpen) {
      if (++this.#cutCount < cutsBeforeFallback || isLast) return
      this.#betterMs = Math.min(highestBetterMs, Math.max(betterAfterCutsMs, this.#betterMs * 2))
      this.#fall(at + 1)
    } else if (at > 0) {
      // Nothing works, so it is not the transport: from the first one on, and back here after one try.
      this.#fall(0)
      this.#failedCount = triesBeforeFallback - 1
    } else if (++this.#failedCount >= triesBeforeFallback && !isLast) {
      this.#fall(1)
    }
  }

  #fall(at: number): void {
    this.#at = at
    this.#failedCount = 0
    this.#cutCount = 0
  }
}
