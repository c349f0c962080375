import {
  createTimer,
  type Ending,
  type Line,
  type OpenLine,
  openSession,
  type TransportOpener,
} from '../core/transport-kit.ts'

/** A connection that lasted so long was not cut by a proxy that dislikes it, in ms. */
const stableMs = 60_000
/** After so many tries in a row that did not open, or connections that were cut early, the next transport is tried. */
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
export interface Fallbacks {
  /** A line by the transport that works; while that is a fallback, the first is tried beside it, and takes over. */
  readonly open: OpenLine
  next(): TransportOpener
  /** How many ms later the first is to be tried besides the one that is open; undefined where that is the first. */
  betterInMs(): number | undefined
  opened(opener: TransportOpener): void
  /**
   * @param lastedMs how long it was open, 0 if it never was
   * @returns whether another transport may do where this one would fail again
   */
  ended(opener: TransportOpener, ending: Ending, lastedMs: number): boolean
}

export function createFallbacks(
  openers: readonly TransportOpener[],
  url: string,
  memory: Memory | undefined,
): Fallbacks {
  const key = `bothways ${url}`
  const last = openers.length - 1
  let at = 0
  let failedCount = 0
  let cutCount = 0
  let waitMs = betterMs
  /** Whether the page forbids WebSockets (`true`) and requests (`false`). */
  const blocked = new Set<boolean>()
  try {
    const [kind, until] = JSON.parse(memory?.getItem(key) ?? '[]')
    const found = openers.findIndex(opener => opener.kind === kind)
    if (until > Date.now()) at = Math.max(0, found)
  } catch {}

  const fall = (to: number) => {
    at = to
    failedCount = 0
    cutCount = 0
  }
  const waitLonger = (leastMs = 0) => {
    waitMs = Math.min(highestBetterMs, Math.max(leastMs, waitMs * 2))
  }
  const next = () => openers[at] as TransportOpener
  const betterInMs = () => (at === 0 ? undefined : waitMs)

  const opened = (opener: TransportOpener) => {
    at = openers.indexOf(opener)
    failedCount = 0
    try {
      if (at === 0) memory?.removeItem(key)
      else memory?.setItem(key, JSON.stringify([opener.kind, Date.now() + rememberMs]))
    } catch {}
  }

  const ended: Fallbacks['ended'] = (opener, { code }, lastedMs) => {
    if (opener !== next()) waitLonger()
    else if (lastedMs >= stableMs) {
      cutCount = 0
      waitMs = betterMs
    } else if (code === 'buffered' && at < last) fall(at + 1)
    else if (code === 'blocked') {
      blocked.add(at === 0)
      fall(at === 0 ? 1 : 0)
      return blocked.size === 1
    } else if (code === 'forbidden' && at === 0 && last > 0) {
      // A proxy may have refused the upgrade; if it was the server, it refuses requests as well.
      fall(1)
      return true
    } else if (passing.has(code)) {
      // It says nothing.
    } else if (lastedMs > 0) {
      if (++cutCount < cutsBeforeFallback || at === last) return false
      waitLonger(betterAfterCutsMs)
      fall(at + 1)
    } else if (at > 0) {
      // Nothing works, so it is not the transport: from the first one on, and back here after one try.
      fall(0)
      failedCount = triesBeforeFallback - 1
    } else if (++failedCount >= triesBeforeFallback && last > 0) fall(1)
    return false
  }

  const open: OpenLine = (context, handler) => {
    const timer = createTimer(context.environment)
    let candidate: Line | undefined
    const lookForBetter = () => {
      const inMs = betterInMs()
      timer()
      if (candidate !== undefined || inMs === undefined) return
      timer(() => {
        candidate = begin(openers[0] as TransportOpener)
      }, inMs)
    }
    const begin = (opener: TransportOpener): Line => {
      const session: Line = openSession(opener, context, {
        onWelcome(welcome) {
          if (session === candidate) {
            candidate = undefined
            current.end()
            current = session
          }
          opened(opener)
          // The handler may end the line.
          lookForBetter()
          handler.onWelcome(welcome)
        },
        onMessage: message => handler.onMessage(message),
        onEnd(ending, lastedMs) {
          const isOtherNext = ended(opener, ending, lastedMs)
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
    const stop = () => {
      timer()
      candidate?.end()
    }
    let current = begin(next())
    lookForBetter()
    return {
      send: (message, data) => current.send(message, data),
      probe: () => current.probe(),
      end() {
        stop()
        current.end()
      },
    }
  }

  return { open, next, betterInMs, opened, ended }
}
