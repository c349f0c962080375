import type { Packet } from './packet.ts'
import type { Transport, TransportOwner } from './transport.ts'

/** The session that is to move, as an upgrade uses it. */
export interface UpgradingSession {
  readonly transport: Transport
  readonly upgradeTimeoutMs: number
  /** The client has found that the new transport works. */
  onProbed(transport: Transport): void
  /** From here on everything goes by the new transport. */
  onUpgraded(transport: Transport): void
  /** The session stays where it is. */
  onUpgradeOver(): void
}

/** How often a poll that has come after the probe is answered, in ms. */
const releaseIntervalMs = 100

/**
 * A session on its way from long polling to WebSocket (Engine.IO protocol v4 and v3, "Upgrade"): the client probes the
 * new transport, lets the old one run empty, and says that it has moved. Until then packets go by the old one.
 */
export class UpgradeAttempt implements TransportOwner {
  readonly #session: UpgradingSession
  readonly #transport: Transport
  readonly #timer: NodeJS.Timeout
  #releaseTimer: NodeJS.Timeout | undefined

  constructor(session: UpgradingSession, transport: Transport) {
    this.#session = session
    this.#transport = transport
    transport.owner = this
    this.#timer = setTimeout(() => this.abandon(), session.upgradeTimeoutMs)
  }

  /** Gives the new transport up. */
  abandon(): void {
    this.#end()
    this.#transport.release()
  }

  onTransportPacket({ type, data }: Packet): void {
    const transport = this.#transport
    if (type === 'ping' && data === 'probe') {
      transport.send([{ type: 'pong', data: 'probe' }])
      this.#session.onProbed(transport)
      if (transport.owner !== this) return
      clearInterval(this.#releaseTimer)
      // The client waits for its poll to come back, and may have sent another before it saw the pong.
      this.#releasePoll()
      this.#releaseTimer = setInterval(() => this.#releasePoll(), releaseIntervalMs)
    } else if (type === 'upgrade') {
      this.#end()
      this.#session.onUpgraded(transport)
    } else {
      this.abandon()
    }
  }

  onTransportReady(): void {}

  onTransportError(): void {
    this.abandon()
  }

  onTransportClose(): void {
    this.abandon()
  }

  #releasePoll(): void {
    const { transport } = this.#session
    if (transport.name === 'polling' && transport.writable) transport.send([{ type: 'noop' }])
  }

  #end(): void {
    this.#transport.owner = undefined
    clearTimeout(this.#timer)
    clearInterval(this.#releaseTimer)
    this.#session.onUpgradeOver()
  }
}
