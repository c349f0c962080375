import { ClusterPort } from './cluster-port.ts'
import {
  openServerPort,
  type PortEvents,
  type RedisClient,
  type ServerPort,
  serverClientOf,
} from './redis-client.ts'
import type { RedisPort } from './redis-port.ts'

/** Opens the connections that the broker has besides the client: those to every server, where it is of a cluster. */
export async function openPort(client: RedisClient, events: PortEvents): Promise<RedisPort> {
  const seed = await serverClientOf(client)
  const info = await ('call' in seed ? seed.call('INFO', 'cluster') : seed.sendCommand(['INFO', 'cluster']))
  if (/^cluster_enabled:1/m.test(String(info))) return await ClusterPort.open(seed, events)
  const server = openServerPort(seed, events)
  await server.connected
  return new SingleServerPort(server)
}

class SingleServerPort implements RedisPort {
  readonly #server: ServerPort

  constructor(server: ServerPort) {
    this.#server = server
  }

  command(_key: string, args: string[]): Promise<unknown> {
    return this.#server.command(args)
  }

  unordered(_key: string, args: string[]): Promise<unknown> {
    return this.#server.command(args)
  }

  async everywhere(args: string[]): Promise<readonly unknown[]> {
    return [await this.#server.command(args)]
  }

  subscribe(channel: string): Promise<unknown> {
    return this.#server.subscribe(channel)
  }

  unsubscribe(channel: string): Promise<unknown> {
    return this.#server.unsubscribe(channel)
  }

  serverOf(): unknown {
    return undefined
  }

  lookAgain(): void {}

  close(): void {
    this.#server.close()
  }
}
