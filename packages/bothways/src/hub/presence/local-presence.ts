import type { Audience } from '../broker/audience.ts'
import type { Member } from '../broker/broker.ts'

/** The members, for a broker that one process alone uses: they are its connections, and go with it. */
export class LocalPresence {
  readonly #audience: Audience
  readonly #members = new Map<string, Map<string, Member>>()

  constructor(audience: Audience) {
    this.#audience = audience
  }

  join(topic: string, member: Member): void {
    const members = this.#members.get(topic) ?? new Map<string, Member>()
    this.#members.set(topic, members)
    members.set(member.client, member)
    this.#audience.joined(topic, member)
  }

  leave(topic: string, client: string): void {
    const members = this.#members.get(topic)
    if (members?.delete(client) !== true) return
    if (members.size === 0) this.#members.delete(topic)
    this.#audience.left(topic, client)
  }

  members(topic: string): readonly Member[] {
    return [...(this.#members.get(topic)?.values() ?? [])]
  }

  clear(): void {
    this.#members.clear()
  }
}
