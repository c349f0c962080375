import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/**
 * A port of this machine that leads where only `dial` reaches, such as through a proxy: so every probe, which takes an
 * address and a port, goes there as well. The bytes and the end are passed on, a reset as a reset.
 */
export class Relay {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(dial: () => Promise<Socket>) {
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, socket => {
      this.#hold(socket)
      dial().then(
        other => this.#join(socket, other),
        () => socket.resetAndDestroy(),
      )
    })
  }

  static async open(dial: () => Promise<Socket>): Promise<Relay> {
    const relay = new Relay(dial)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  readonly address = '127.0.0.1'

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends every connection that is left. */
  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #join(one: Socket, other: Socket): void {
    this.#hold(other)
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      from.on('error', () => to.resetAndDestroy())
      from.pipe(to)
    }
    if (one.destroyed) other.destroy()
  }
}
