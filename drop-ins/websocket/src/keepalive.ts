import type { IKeepaliveConfig } from './types.ts'

/** The connection as a {@link Keepalive} uses it. */
export interface KeepaliveMember {
  /** How long nothing has come, in ms. */
  readonly idleMs: number
  readonly bytesReceived: number
  /** The connection does not read: silence says nothing about the peer. */
  readonly isPaused: boolean
  ping(): void
  drop(): void
}

/**
 * Pings a peer that has been silent for the interval, and drops one that stays silent for the grace period after it.
 * It looks at the clock when a time may have passed, not with every message.
 */
export class Keepalive {
  readonly #member: KeepaliveMember
  readonly #intervalMs: number
  /** Undefined: silent peers are pinged again, and never dropped. */
  readonly #graceMs: number | undefined
  #timer: NodeJS.Timeout | undefined
  /** When the last ping went out, and how much had come by then; undefined: something has come since. */
  #ping: { readonly atMs: number; readonly bytesReceived: number } | undefined
  /** When the timer ought to go off. */
  #dueAtMs = 0
  /** The peer has been given more time, since nothing was read while the event loop was blocked. */
  #hasWaitedLonger = false

  constructor(member: KeepaliveMember, intervalMs: number, graceMs: number | undefined) {
    this.#member = member
    this.#intervalMs = intervalMs
    this.#graceMs = graceMs
    this.#wait(intervalMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #wait(ms: number): void {
    const delayMs = Math.max(1, ms)
    this.#dueAtMs = performance.now() + delayMs
    this.#timer = setTimeout(() => this.#look(), delayMs)
  }

  #look(): void {
    const { isPaused, bytesReceived, idleMs } = this.#member
    if (this.#ping === undefined || isPaused || bytesReceived !== this.#ping.bytesReceived) {
      this.#ping = undefined
      const restMs = this.#intervalMs - (isPaused ? 0 : idleMs)
      if (restMs > 0) this.#wait(restMs)
      else this.#send()
    } else if (this.#graceMs === undefined) {
      this.#send()
    } else {
      const restMs = this.#graceMs - (performance.now() - this.#ping.atMs)
      const lateMs = performance.now() - this.#dueAtMs
      if (restMs > 0) this.#wait(Math.min(restMs, this.#intervalMs))
      else if (lateMs >= 1 && !this.#hasWaitedLonger) {
        // Bytes that came while the event loop was blocked are read after its timers.
        this.#hasWaitedLonger = true
        this.#wait(Math.min(lateMs, this.#graceMs))
      } else this.#member.drop()
    }
  }

  #send(): void {
    this.#hasWaitedLonger = false
    this.#ping = { atMs: performance.now(), bytesReceived: this.#member.bytesReceived }
    this.#wait(Math.min(this.#graceMs ?? this.#intervalMs, this.#intervalMs))
    this.#member.ping()
  }
}

/** The keepalive that the configuration asks for; undefined: none, or TCP's own. */
export function createKeepalive(config: IKeepaliveConfig, member: KeepaliveMember): Keepalive | undefined {
  if (!config.keepalive || config.useNativeKeepalive) return undefined
  const { keepaliveInterval, keepaliveGracePeriod, dropConnectionOnKeepaliveTimeout } = config
  if (typeof keepaliveInterval !== 'number') {
    throw new Error('keepaliveInterval must be specified and numeric if keepalive is true.')
  }
  if (!dropConnectionOnKeepaliveTimeout) return new Keepalive(member, keepaliveInterval, undefined)
  if (typeof keepaliveGracePeriod !== 'number') {
    throw new Error(
      'keepaliveGracePeriod  must be specified and numeric if dropConnectionOnKeepaliveTimeout is true.',
    )
  }
  return new Keepalive(member, keepaliveInterval, keepaliveGracePeriod)
}
