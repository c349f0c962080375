import { clientFor, end, openServerPort, type ServerClient } from './redis-client.ts'

interface ClusterNodeEvents {
  onMessage(channel: string, message: string): void
  /** Its connection for subscriptions stands again. */
  onReconnected(): void
  /** A slot and its subscriptions have left it. */
  onSlotMoved(): void
}

/** One server of a cluster, with connections of its own. */
export class ClusterNode {
  readonly address: string
  readonly host: string
  readonly #client: ServerClient
  readonly #port
  readonly #waiting = new Set<(error: Error) => void>()

  constructor(seed: ServerClient, address: string, events: ClusterNodeEvents) {
    this.address = address
    this.host = address.slice(0, address.lastIndexOf(':'))
    this.#client = clientFor(seed, this.host, Number(address.slice(address.lastIndexOf(':') + 1)))
    let readyCount = 0
    this.#port = openServerPort(this.#client, {
      ...events,
      onReady: () => {
        if (readyCount++ > 0) events.onReconnected()
      },
    })
    this.#port.connected.catch(ignore)
  }

  run(args: string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject)
      this.#port
        .command(args)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject))
    })
  }

  /** A command about a slot that is on its way to this server (Redis cluster specification, "ASK redirection"). */
  ask(args: string[]): Promise<unknown> {
    this.run(['ASKING']).catch(ignore)
    return this.run(args)
  }

  subscribe(channel: string): Promise<unknown> {
    return this.#port.subscribe(channel)
  }

  unsubscribe(channel: string): Promise<unknown> {
    return this.#port.unsubscribe(channel)
  }

  /** Commands that wait may have happened; the next ones are for another server and would overtake those that are made again. */
  giveUpWaiting(): void {
    for (const reject of this.#waiting) reject(new Error(`${this.address} has lost a slot`))
    this.#waiting.clear()
  }

  close(): void {
    this.giveUpWaiting()
    this.#port.close()
    end(this.#client)
  }
}

function ignore(): void {}
