import type { ClusterMembership } from '../cluster/cluster-bus.ts'

/** The servers are asked for at most so often, in ms: a client that invents their names makes nobody busy. */
const askMs = 1_000

/** Which servers are joined. A client says which of them has its session: that is looked up before anything is sent there. */
export class KnownServers {
  readonly #membership: ClusterMembership
  #known: ReadonlySet<string> = new Set()
  #asking: Promise<void> | undefined
  #askedMs = -askMs

  constructor(membership: ClusterMembership) {
    this.#membership = membership
  }

  /** Everybody is a member of a bus that does not tell its members; so it is while nobody can say. */
  async has(id: string): Promise<boolean> {
    if (this.#membership.members === undefined || this.#known.has(id)) return true
    this.#asking ??= this.#ask(this.#membership.members).finally(() => {
      this.#asking = undefined
    })
    try {
      await this.#asking
    } catch {
      return true
    }
    return this.#known.has(id)
  }

  async #ask(members: NonNullable<ClusterMembership['members']>): Promise<void> {
    const restMs = this.#askedMs + askMs - performance.now()
    if (restMs > 0) await new Promise(resolve => setTimeout(resolve, restMs).unref())
    this.#askedMs = performance.now()
    this.#known = new Set(await members())
  }
}
