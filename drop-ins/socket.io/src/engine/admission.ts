import { HandshakeRates, networkOf } from 'bothways/exchange'
import { DeadlineQueue } from './deadline-queue.ts'
import { type EngineRefusal, errors } from './server-errors.ts'

/** A session as far as it is counted. */
export interface AdmittedSession {
  readonly remoteAddress: string
  /** Its client has not come back; somebody else gets its place. */
  onAbandoned(): void
}

export interface AdmissionLimits {
  readonly maxSessions: number
  readonly maxSessionsPerAddress: number
  /** From one address. */
  readonly maxHandshakesPerSecond: number
  /** How long a client may take for the request behind its handshake, in ms. */
  readonly firstRequestTimeout: number
}

/** The sessions from one address. */
interface Holder {
  count: number
  /** Those whose client has not come back yet, the oldest first. */
  readonly newcomers: Set<AdmittedSession>
}

/**
 * Admits new sessions: a bound in all, one for each address, and one for how fast. A session by long polling is
 * nothing but memory until its client sends a second request; if it does not, its place goes to the next client, so that
 * handshakes alone keep nobody out.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #holders = new Map<string, Holder>()
  readonly #newcomers: DeadlineQueue<AdmittedSession>
  #count = 0
  readonly #rates: HandshakeRates

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
    this.#rates = new HandshakeRates(Math.min(limits.maxHandshakesPerSecond, Number.MAX_SAFE_INTEGER))
    this.#newcomers = new DeadlineQueue(limits.firstRequestTimeout, session => session.onAbandoned())
  }

  /** Counts a handshake; says what is wrong when there are too many. */
  onHandshake(address: string): EngineRefusal | undefined {
    if (this.#rates.take(address, performance.now())) return undefined
    return refusal(429, 'TOO_MANY_HANDSHAKES', 'Too many handshakes from this address: come back later.')
  }

  /** Whether one more may be opened: says what is wrong when there is no place. */
  problemOf(address: string): EngineRefusal | undefined {
    const { maxSessions, maxSessionsPerAddress } = this.#limits
    const holder = this.#holders.get(networkOf(address))
    if (holder !== undefined && holder.count >= maxSessionsPerAddress && !abandonOldest(holder.newcomers)) {
      return refusal(
        429,
        'TOO_MANY_SESSIONS_FROM_ADDRESS',
        'Too many sessions from this address: come back later.',
      )
    }
    if (this.#count >= maxSessions && !abandonOldest(this.#newcomers)) {
      return refusal(503, 'TOO_MANY_SESSIONS', 'The server is full: come back later.')
    }
    return undefined
  }

  /** @param comesBack whether it is to send another request before it counts for real */
  enter(session: AdmittedSession, comesBack: boolean): void {
    const key = networkOf(session.remoteAddress)
    let holder = this.#holders.get(key)
    if (holder === undefined) {
      holder = { count: 0, newcomers: new Set() }
      this.#holders.set(key, holder)
    }
    holder.count++
    this.#count++
    if (!comesBack) return
    holder.newcomers.add(session)
    this.#newcomers.add(session)
  }

  /** It has sent another request. */
  onComeBack(session: AdmittedSession): void {
    if (this.#newcomers.delete(session)) {
      this.#holders.get(networkOf(session.remoteAddress))?.newcomers.delete(session)
    }
  }

  leave(session: AdmittedSession): void {
    const key = networkOf(session.remoteAddress)
    const holder = this.#holders.get(key)
    if (holder === undefined) return
    this.#newcomers.delete(session)
    holder.newcomers.delete(session)
    this.#count--
    if (--holder.count === 0) this.#holders.delete(key)
  }
}

/** Ends the session that has waited longest; false when there is none. */
function abandonOldest(newcomers: Iterable<AdmittedSession>): boolean {
  for (const session of newcomers) {
    session.onAbandoned()
    return true
  }
  return false
}

function refusal(status: number, name: string, message: string): EngineRefusal {
  return { code: errors.FORBIDDEN, status, context: { name, message } }
}
