import type { ClusterBus, ClusterMember, ClusterMembership, ClusterMessage } from './cluster-bus.ts'

/** Joins servers of one process: for tests, and to see how servers behave together. */
export class MemoryBus implements ClusterBus {
  readonly #channels = new Map<string, Map<string, ClusterMember>>()

  join(channel: string, member: ClusterMember): ClusterMembership {
    let members = this.#channels.get(channel)
    if (members === undefined) {
      members = new Map()
      this.#channels.set(channel, members)
    }
    const all = members
    all.set(member.id, member)
    return {
      publish: (message, to) => {
        // Later, as from a network.
        queueMicrotask(() => send(all, message, member.id, to))
      },
      memberCount: () => Promise.resolve(all.size),
      members: () => Promise.resolve([...all.keys()]),
      leave: () => {
        all.delete(member.id)
        if (all.size === 0) this.#channels.delete(channel)
      },
    }
  }
}

function send(
  members: ReadonlyMap<string, ClusterMember>,
  message: ClusterMessage,
  from: string,
  to: string | undefined,
): void {
  if (to !== undefined) {
    members.get(to)?.onMessage(message)
    return
  }
  for (const [id, member] of members) {
    if (id === from) member.onOwn?.(message)
    else member.onMessage(message)
  }
}
