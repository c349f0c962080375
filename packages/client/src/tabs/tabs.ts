import {
  type Line,
  type OpenLine,
  openSession,
  type TransportContext,
  type TransportHandler,
} from '../core/transport-kit.ts'
import type { Origin } from './channel.ts'
import { Election } from './election.ts'
import { LeaderTransport } from './leader-transport.ts'
import { Relay } from './relay.ts'

/**
 * One connection for all tabs that name the same URL. The tab that holds a lock leads: it has the connection, and is the server for
 * the clients of all tabs, its own among them. When it closes, crashes or freezes another one has the lock, and each client resumes
 * there as after any break.
 */
export class Tabs {
  readonly #name: string
  readonly #openLine: OpenLine
  readonly #origin: Origin
  readonly #election: Election
  #context!: TransportContext
  #transport: LeaderTransport | undefined
  #relay: Relay | undefined
  #stopRelay: (() => void) | undefined
  #isAsleep = false
  #isRefused = false
  #stopListening: (() => void) | undefined

  constructor(openLine: OpenLine, url: string, origin: Origin) {
    this.#openLine = openLine
    this.#name = `bothways ${url}`
    this.#origin = origin
    this.#election = new Election(origin.locks, this.#name, {
      lead: () => this.#lead(),
      resign: () => this.#stopRelay?.(),
      refused: () => this.#refuse(),
    })
  }

  readonly open: OpenLine = (context, handler) => {
    if (this.#isRefused) return this.#openLine(context, handler)
    this.#context = context
    const opener = {
      kind: 'websocket',
      open: (_: unknown, client: TransportHandler) => this.#join(client),
    } as const
    // Who this is, the leader says.
    const session: Line = openSession(opener, { ...context, token: undefined }, handler)
    this.#stopListening ??= this.#listen()
    this.#relay?.connect()
    return {
      send: (message, data) => session.send(message, data),
      probe: () => {
        session.probe()
        this.#relay?.probe()
      },
      end: () => {
        session.end()
        this.#election.leave()
        this.#stopListening?.()
        this.#stopListening = undefined
      },
    }
  }

  #join(client: TransportHandler): LeaderTransport {
    const transport = new LeaderTransport(this.#name, this.#origin, this.#context.environment, client, {
      onSilence: () => this.#election.seize(),
      onRefused: () => this.#refuse(),
    })
    this.#transport = transport
    if (!this.#isAsleep) this.#begin()
    return transport
  }

  #begin(): void {
    this.#election.stand()
    void this.#transport?.begin()
  }

  #lead(): void {
    const { locks, BroadcastChannel } = this.#origin
    const by = crypto.randomUUID()
    const channel = new BroadcastChannel(this.#name)
    const over = new AbortController()
    const relay = new Relay(this.#context.environment, {
      open: handler => this.#openLine(this.#context, handler),
      tell: (to, said) => {
        if (to.length > 0) channel.postMessage({ by, to, ...said })
      },
      watch: (tab, onGone) => {
        locks.request(`${this.#name} ${tab}`, { signal: over.signal }, async () => onGone()).catch(() => {})
      },
    })
    this.#relay = relay
    this.#stopRelay = () => {
      this.#stopRelay = undefined
      this.#relay = undefined
      over.abort()
      channel.onmessage = null
      channel.close()
      relay.end()
    }
    channel.onmessage = ({ data }) => {
      if ('from' in data) relay.hear(data)
      // Another one found this one silent.
      else if ('leader' in data) this.#stopRelay?.()
    }
    channel.postMessage({ leader: by })
    relay.connect()
  }

  /** Each tab for itself. */
  #refuse(): void {
    this.#isRefused = true
    this.#election.leave()
    this.#transport?.end({ code: 'lost', isOtherNext: true })
  }

  #sleep(): void {
    this.#isAsleep = true
    this.#election.leave()
    this.#transport?.end({ code: 'lost', isOtherNext: true })
  }

  #wake(): void {
    if (!this.#isAsleep) return
    this.#isAsleep = false
    this.#begin()
  }

  /** A page that is frozen, or kept for the way back, must not lead. */
  #listen(): () => void {
    const { page, document } = this.#origin
    const sleep = () => this.#sleep()
    const wake = () => this.#wake()
    const events = [
      [page, 'pagehide', sleep],
      [page, 'pageshow', wake],
      [document, 'freeze', sleep],
      [document, 'resume', wake],
    ] as const
    for (const [target, type, listener] of events) target?.addEventListener?.(type, listener)
    return () => {
      for (const [target, type, listener] of events) target?.removeEventListener?.(type, listener)
    }
  }
}
