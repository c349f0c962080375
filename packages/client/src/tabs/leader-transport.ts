import type { Ending, Environment, Transport, TransportHandler } from '../core/transport-kit.ts'
import type { Channel, FromLeader, Origin } from './channel.ts'

/** A leader answers at once; one that has said nothing for so long is frozen. In ms, up to twice that. */
const silentMs = 2_000

export interface LeaderTransportHandler {
  /** Nobody leads, or the leader is frozen. */
  onSilence(): void
  /** There are no locks or no channel here. */
  onRefused(): void
}

/** From the client of a tab to the leader. */
export class LeaderTransport implements Transport {
  readonly #tab: string = crypto.randomUUID()
  readonly #name: string
  readonly #origin: Origin
  readonly #environment: Environment
  readonly #client: TransportHandler
  readonly #handler: LeaderTransportHandler
  #channel: Channel | undefined
  #leader: string | undefined
  #isWelcome = false
  #isOver = false
  #cancel: (() => void) | undefined
  #letGo: (() => void) | undefined

  constructor(
    name: string,
    origin: Origin,
    environment: Environment,
    client: TransportHandler,
    handler: LeaderTransportHandler,
  ) {
    this.#name = name
    this.#origin = origin
    this.#environment = environment
    this.#client = client
    this.#handler = handler
  }

  async begin(): Promise<void> {
    // The caller of `open` has to have it first.
    await undefined
    if (this.#isOver) return
    try {
      this.#channel = new this.#origin.BroadcastChannel(this.#name)
      this.#channel.onmessage = ({ data }) => {
        if ('to' in data) this.#hear(data)
        else if ('leader' in data) this.#follow(data.leader)
      }
      // Held as long as this lasts: the leader sees by it when this tab is no more.
      await this.#origin.locks.request(`${this.#name} ${this.#tab}`, {}, () => this.#hold())
    } catch {
      this.#handler.onRefused()
    }
  }

  send: Transport['send'] = (message, data) => {
    // As JSON has it: what a program gave may have more.
    this.#channel?.postMessage({ from: this.#tab, message: JSON.parse(JSON.stringify(message)), data })
  }

  close(): void {
    this.#isOver = true
    this.#cancel?.()
    this.send({ type: 'bye' })
    this.#channel?.close()
    this.#channel = undefined
    this.#letGo?.()
  }

  end(ending: Ending): void {
    if (this.#isOver) return
    this.close()
    this.#client.onEnd(ending)
  }

  #hold(): Promise<void> {
    return new Promise(resolve => {
      this.#letGo = resolve
      if (this.#isOver) resolve()
      else this.#sayHello()
    })
  }

  #sayHello(): void {
    this.send({ type: 'hello' })
    this.#cancel?.()
    const ms = silentMs * (1 + this.#environment.random())
    this.#cancel = this.#environment.setTimer(() => this.#handler.onSilence(), ms)
  }

  #follow(leader: string): void {
    if (this.#isWelcome) {
      this.end({ code: 'lost', isOtherNext: true })
      return
    }
    this.#leader = leader
    if (this.#letGo !== undefined) this.#sayHello()
  }

  #hear({ by, to, message, ending }: FromLeader): void {
    this.#leader ??= by
    // One that was frozen and does not know yet that another one leads is not heard.
    if (this.#leader !== by || !to.includes(this.#tab)) return
    this.#cancel?.()
    if (ending !== undefined) this.end(ending)
    if (message === undefined) return
    this.#isWelcome ||= message.type === 'welcome'
    this.#client.onMessage(message)
  }
}
