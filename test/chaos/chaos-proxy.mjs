import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Stands between the clients and the servers, and does to connections what bad networks do: cuts them after so many bytes,
 * mostly in the middle of a frame, or lets them stand still for a while. With several servers each connection goes to
 * whichever chance picks.
 */
export class ChaosProxy {
  /** Ports of the servers that run. */
  ports = []
  /** Nothing happens to connections that come from now on. */
  isCalm = false
  cutCount = 0
  stallCount = 0
  #chance
  #sockets = new Set()
  #server = createServer(socket => this.#take(socket))

  constructor(chance) {
    this.#chance = chance
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this.#server.address().port
  }

  close() {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #take(client) {
    this.#keep(client)
    if (this.ports.length === 0) {
      client.destroy()
      return
    }
    const server = this.#keep(connect(this.#chance.pick(this.ports), '127.0.0.1'))
    const end = () => {
      client.destroy()
      server.destroy()
    }
    client.once('close', end)
    server.once('close', end)
    const [down, up] = this.#fates()
    void this.#pump(server, client, down, end)
    void this.#pump(client, server, up, end)
  }

  /** What happens to the bytes from the server, and to those to it. */
  #fates() {
    const chance = this.#chance
    if (this.isCalm || chance.is(0.4)) return [undefined, undefined]
    const fate = {
      after: chance.between(150, chance.pick([1_000, 8_000, 60_000])),
      stallMs: chance.is(0.3) ? chance.between(20, 400) : undefined,
    }
    return chance.is(0.7) ? [fate, undefined] : [undefined, fate]
  }

  async #pump(from, to, fate, end) {
    let left = fate?.after ?? Number.POSITIVE_INFINITY
    try {
      for await (const chunk of from) {
        if (chunk.length > left) {
          to.write(chunk.subarray(0, left))
          if (fate.stallMs === undefined) {
            this.cutCount++
            // What was written before the cut arrives.
            to.end()
            from.destroy()
            return
          }
          this.stallCount++
          await sleep(fate.stallMs)
          to.write(chunk.subarray(left))
          left = Number.POSITIVE_INFINITY
        } else {
          left -= chunk.length
          if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')])
        }
      }
      to.end()
    } catch {
      end()
    }
  }

  #keep(socket) {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
    return socket
  }
}
