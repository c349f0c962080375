import { checkOptionNames, longestTimerMs, type OptionTable, whole } from '../connection/option-checks.ts'

/** One client of the hub, as long as it holds a connection. */
export interface HubClient {
  readonly userId: string
  /** Ends it for good: its user is not wanted. */
  disconnect(): void
  /** Asks again, for each of its subscriptions, whether it may stay. */
  authorizeAgain(): void
  /** Says when to come back, since the server is leaving. */
  sayGoodbye(retryAfterMs: number): void
  /** Ends it: the server leaves. */
  leave(): void
  /** Ends it unread: the messages that it has sent may be too old to act on. */
  cut(): void
}

/** How many are told to go in one turn: the last of tens of thousands must not wait, unserved, for all of them. */
const goodbyesInOneTurn = 250

/** A client that comes while the server leaves stays away at least so long, in ms. */
const leastGoodbyeMs = 1_000

/** How a hub takes leave of its clients. */
export interface LeaveOptions {
  /** Over how long they are to come back, in ms. Default: 5 for each client, at most 5,000. */
  readonly spreadMs?: number
  /** Over how long they are closed, in ms. Default: as `spreadMs`. */
  readonly closeMs?: number
}

const leaveOptions: OptionTable<LeaveOptions> = { spreadMs: true, closeMs: true }

/** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` */
export function leaveSettings(options: LeaveOptions, clientCount: number): Required<LeaveOptions> {
  checkOptionNames('hub.close', options, leaveOptions)
  const spreadMs = whole(options, 'spreadMs', Math.min(5_000, 5 * clientCount), 0, longestTimerMs)
  return { spreadMs, closeMs: whole(options, 'closeMs', spreadMs, 0, longestTimerMs) }
}

/** The clients with a connection in this process, by user. */
export class HubClients {
  readonly #clients = new Map<string, Set<HubClient>>()
  #goodbyeMs: number | undefined
  #count = 0
  #whenEmpty: (() => void) | undefined

  /** @returns a function to call when it has gone */
  enter(client: HubClient): () => void {
    if (this.#goodbyeMs !== undefined) {
      client.sayGoodbye(this.#goodbyeMs)
      client.leave()
      return () => undefined
    }
    const { userId } = client
    const all = this.#clients.get(userId) ?? new Set()
    this.#clients.set(userId, all)
    all.add(client)
    this.#count++
    return () => {
      if (!all.delete(client)) return
      if (all.size === 0 && this.#clients.get(userId) === all) this.#clients.delete(userId)
      if (--this.#count === 0) this.#whenEmpty?.()
    }
  }

  get count(): number {
    return this.#count
  }

  of(user: string): readonly HubClient[] {
    return [...(this.#clients.get(user) ?? [])]
  }

  cutAll(): void {
    for (const all of [...this.#clients.values()]) for (const client of [...all]) client.cut()
  }

  /** How long a client that comes now is to stay away, in ms; undefined as long as the server stays. */
  get goodbyeMs(): number | undefined {
    return this.#goodbyeMs
  }

  /**
   * Tells everybody a time of its own to come back at, spread evenly, and ends everybody, spread as well.
   *
   * @param spreadMs over how long they come back
   * @param closeMs over how long they are ended
   */
  async leave(spreadMs: number, closeMs: number): Promise<void> {
    this.#goodbyeMs = Math.max(spreadMs, leastGoodbyeMs)
    const clients = [...this.#clients.values()].flatMap(all => [...all])
    const timers: NodeJS.Timeout[] = []
    const gone = new Promise<void>(resolve => {
      this.#whenEmpty = resolve
      if (this.#count === 0) resolve()
    })
    const begunAt = performance.now()
    let passedMs = 0
    for (const [at, client] of clients.entries()) {
      if (at > 0 && at % goodbyesInOneTurn === 0) {
        await new Promise(resolve => setImmediate(resolve))
        passedMs = performance.now() - begunAt
      }
      const share = (at + 1) / clients.length
      client.sayGoodbye(Math.max(0, Math.ceil(spreadMs * share - passedMs)))
      if (closeMs === 0) client.leave()
      else timers.push(setTimeout(() => client.leave(), Math.max(0, Math.ceil(closeMs * share - passedMs))))
    }
    if (closeMs === 0) return
    const restMs = Math.max(0, closeMs - passedMs)
    await Promise.race([gone, new Promise<void>(resolve => timers.push(setTimeout(resolve, restMs)))])
    for (const timer of timers) clearTimeout(timer)
  }
}
