import { createClient } from 'redis'
import { RedisServer } from './redis.ts'

const slots = 16_384

/** A cluster of three masters, the first of which has a replica. Only on request takes one the place of another. */
export class RedisCluster {
  readonly masters: readonly RedisServer[]
  readonly replica: RedisServer

  private constructor(masters: readonly RedisServer[], replica: RedisServer) {
    this.masters = masters
    this.replica = replica
  }

  static async start(...settings: string[]): Promise<RedisCluster> {
    const node = (): Promise<RedisServer> => RedisServer.start('--cluster-enabled', 'yes', ...settings)
    const [first, second, third, replica] = await Promise.all([node(), node(), node(), node()])
    const cluster = new RedisCluster([first, second, third], replica)
    for (const [at, server] of cluster.masters.entries()) {
      const [from, to] = [Math.ceil((slots / 3) * at), Math.ceil((slots / 3) * (at + 1)) - 1]
      await commandOf(server, 'CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
      // Otherwise the epochs collide, which takes seconds to be solved.
      await commandOf(server, 'CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1))
    }
    // Each learns of each at once, instead of by and by from the others.
    for (const server of cluster.#all) {
      for (const { port, busPort } of cluster.#all) {
        if (port === server.port) continue
        await commandOf(server, 'CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPort))
      }
    }
    for (const server of cluster.#all) await cluster.#until(server, /cluster_size:3\s/)
    const master = await commandOf(first, 'CLUSTER', 'MYID')
    await commandOf(replica, 'CLUSTER', 'REPLICATE', String(master))
    for (const server of cluster.#all) await cluster.#until(server, /cluster_state:ok/)
    return cluster
  }

  /** Waits until the replica has what its master has, and could take its place. */
  async replicated(): Promise<void> {
    await waitFor(async () =>
      /master_link_status:up/.test(String(await commandOf(this.replica, 'INFO', 'replication'))),
    )
  }

  get rootNodes(): { url: string }[] {
    return this.masters.map(({ url }) => ({ url }))
  }

  /** Waits until a server says so of the cluster. */
  async #until(server: RedisServer, what: RegExp): Promise<void> {
    await waitFor(async () => what.test(String(await commandOf(server, 'CLUSTER', 'INFO'))))
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map(server => server.end()))
  }

  get #all(): RedisServer[] {
    return [...this.masters, this.replica]
  }
}

/** One command, by a connection of its own. */
export async function commandOf(server: RedisServer, ...args: string[]): Promise<unknown> {
  const client = createClient({ url: server.url, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.sendCommand(args)
  } finally {
    client.destroy()
  }
}

export async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 20))
}
