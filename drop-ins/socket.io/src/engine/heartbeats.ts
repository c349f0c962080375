import { DeadlineQueue } from './deadline-queue.ts'
import type { Protocol } from './packet.ts'

/** Whose heart beats. */
export interface HeartbeatMember {
  readonly protocol: Protocol
  /** Time for a ping of ours. */
  onPingDue(): void
  /** Nothing has come in time. */
  onSilence(): void
}

/**
 * The heartbeats of all sockets of a server, on three timers. In version 4 the server pings and awaits a pong (Engine.IO
 * protocol v4, "Heartbeat"); in version 3 it awaits the client's pings (v3, "Timeouts").
 */
export class Heartbeats {
  readonly #pingDue: DeadlineQueue<HeartbeatMember>
  readonly #awaited: DeadlineQueue<HeartbeatMember>
  readonly #awaitedV3: DeadlineQueue<HeartbeatMember>
  /** Members that have been given more time to answer a ping, because something else came. */
  readonly #prolonged = new WeakSet<HeartbeatMember>()

  constructor(pingIntervalMs: number, pingTimeoutMs: number) {
    const onSilence = (member: HeartbeatMember): void => member.onSilence()
    this.#pingDue = new DeadlineQueue(pingIntervalMs, member => {
      this.#awaited.add(member)
      this.#prolonged.delete(member)
      member.onPingDue()
    })
    this.#awaited = new DeadlineQueue(pingTimeoutMs, onSilence, true)
    this.#awaitedV3 = new DeadlineQueue(pingIntervalMs + pingTimeoutMs, onSilence, true)
  }

  add(member: HeartbeatMember): void {
    if (member.protocol === 3) this.#awaitedV3.add(member)
    else this.#pingDue.add(member)
  }

  delete(member: HeartbeatMember): void {
    if (member.protocol === 3) this.#awaitedV3.delete(member)
    else if (!this.#pingDue.delete(member)) this.#awaited.delete(member)
  }

  /** The answer to our ping in version 4, a ping in version 3. */
  onBeat(member: HeartbeatMember): void {
    if (member.protocol === 4) this.#awaited.delete(member)
    this.add(member)
  }

  /** Any other packet shows life as well: once for each ping, the answer gets its time anew. */
  onOther(member: HeartbeatMember): void {
    if (member.protocol === 3 || !this.#awaited.has(member) || this.#prolonged.has(member)) return
    this.#prolonged.add(member)
    this.#awaited.add(member)
  }
}
