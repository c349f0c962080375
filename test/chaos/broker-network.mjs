import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { badNetwork } from './bad-network.mjs'

/** The bad network between servers and their broker: as that of the clients, for a protocol that it does not know. */
export class BrokerNetwork {
  /** How often a connection was cut, or stood still. */
  troubles = 0
  #sockets = new Set()
  #server

  constructor(chance, port) {
    this.#server = createServer(client => {
      const server = this.#keep(connect(port, '127.0.0.1'))
      this.#keep(client)
      client.once('close', () => server.destroy())
      server.once('close', () => client.destroy())
      const { breaks = {} } = badNetwork(chance)
      void this.#carry(client, server, breaks.there)
      void this.#carry(server, client, breaks.back)
    })
  }

  /** @returns the port */
  async listen() {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this.#server.address().port
  }

  close() {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  async #carry(from, to, fault) {
    let left = fault?.afterBytes ?? Number.POSITIVE_INFINITY
    try {
      for await (const bytes of from) {
        const passing = bytes.subarray(0, left)
        left -= passing.length
        if (!to.write(passing)) await Promise.race([once(to, 'drain'), once(to, 'close')])
        if (passing.length === bytes.length) continue
        this.troubles++
        if (fault.stallMs === undefined) return void from.destroy()
        await sleep(fault.stallMs)
        left = Number.POSITIVE_INFINITY
        to.write(bytes.subarray(passing.length))
      }
      to.end()
    } catch {
      from.destroy()
    }
  }

  #keep(socket) {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
    return socket
  }
}
