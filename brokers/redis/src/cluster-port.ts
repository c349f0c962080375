import { ClusterNode } from './cluster-node.ts'
import { type ClusterView, newestView, readClusterView } from './cluster-view.ts'
import { slotOf } from './key-slot.ts'
import type { PortEvents, ServerClient } from './redis-client.ts'
import type { RedisPort } from './redis-port.ts'

/** How long a server may take to say what it knows of the cluster, in ms. */
const answerMs = 2000
/** Between two looks at the cluster lies so much, in ms. */
const pauseMs = 200
/** How many addresses that are no longer in use are asked when nobody else answers. */
const mostRemembered = 100

/**
 * A cluster: commands go to the master of their key's slot, as do subscriptions. A redirection is not followed, as a later
 * publication could overtake it then: the call fails as one to be made again, and the cluster is looked at.
 */
export class ClusterPort implements RedisPort {
  readonly #seed: ServerClient
  readonly #events: PortEvents
  readonly #servers = new Map<string, ClusterNode>()
  /** Where each channel is subscribed to; undefined: nowhere for sure. */
  readonly #channels = new Map<string, ClusterNode | undefined>()
  #masters: readonly (string | undefined)[] = []
  /** All addresses that were ever of use. */
  #known: ReadonlySet<string> = new Set()
  #looking: Promise<void> | undefined
  #isClosed = false

  /** @param seed a client of any server of it, whose settings the clients of the others have, too */
  static async open(seed: ServerClient, events: PortEvents): Promise<ClusterPort> {
    const port = new ClusterPort(seed, events)
    const run = (args: string[]): Promise<unknown> =>
      'call' in seed ? seed.call(args[0] as string, ...args.slice(1)) : seed.sendCommand(args)
    const host = hostOf(seed)
    port.#adopt(readClusterView(await run(['CLUSTER', 'INFO']), await run(['CLUSTER', 'SLOTS']), host))
    return port
  }

  private constructor(seed: ServerClient, events: PortEvents) {
    this.#seed = seed
    this.#events = events
  }

  async command(key: string, args: string[]): Promise<unknown> {
    return await this.#masterOf(key).run(args)
  }

  async unordered(key: string, args: string[]): Promise<unknown> {
    try {
      return await this.#masterOf(key).run(args)
    } catch (error) {
      const [, target] = /^ASK \d+ (\S+)$/.exec((error as Error).message) ?? []
      const server = target === undefined ? undefined : this.#servers.get(target)
      if (server === undefined) throw error
      return await server.ask(args)
    }
  }

  async everywhere(args: string[]): Promise<readonly unknown[]> {
    const replies = await Promise.allSettled(
      [...this.#servers.values()].map(server => within(answerMs, server.run(args))),
    )
    const answers = replies.filter(reply => reply.status === 'fulfilled')
    if (answers.length === 0) throw (replies[0] as PromiseRejectedResult | undefined)?.reason ?? noServer()
    return answers.map(({ value }) => value)
  }

  async subscribe(channel: string): Promise<unknown> {
    const server = this.#masterOf(channel)
    this.#channels.set(channel, server)
    try {
      return await server.subscribe(channel)
    } catch (error) {
      if (this.#channels.get(channel) === server) this.#channels.delete(channel)
      throw error
    }
  }

  async unsubscribe(channel: string): Promise<unknown> {
    const server = this.#channels.get(channel)
    this.#channels.delete(channel)
    return await server?.unsubscribe(channel)
  }

  serverOf(key: string): unknown {
    return this.#masters[slotOf(key)]
  }

  lookAgain(): void {
    this.#looking ??= this.#look()
      .catch(ignore)
      .then(() => pause(pauseMs))
      .finally(() => {
        this.#looking = undefined
        const isMissing = [...this.#channels.values()].includes(undefined)
        if (isMissing && !this.#isClosed) this.lookAgain()
      })
  }

  close(): void {
    this.#isClosed = true
    for (const server of this.#servers.values()) server.close()
    this.#servers.clear()
    this.#channels.clear()
  }

  #masterOf(key: string): ClusterNode {
    const address = this.#masters[slotOf(key)]
    const server = address === undefined ? undefined : this.#servers.get(address)
    if (server === undefined) throw noServer()
    return server
  }

  async #look(): Promise<void> {
    const view = newestView(await Promise.all([...this.#servers.values()].map(viewOf)))
    const found = view ?? newestView(await this.#askOthers())
    if (this.#isClosed) return
    if (found !== undefined) this.#adopt(found)
    else this.#subscribeWhereNeeded()
  }

  /** No master says that all is well: replicas may know more, and those who have been masters before. */
  async #askOthers(): Promise<(ClusterView | undefined)[]> {
    const others = [...this.#known].filter(address => !this.#servers.has(address))
    return await Promise.all(
      others.map(async address => {
        const server = new ClusterNode(this.#seed, address, {
          onMessage: ignore,
          onReconnected: ignore,
          onSlotMoved: ignore,
        })
        const view = await viewOf(server)
        server.close()
        return view
      }),
    )
  }

  #adopt({ masters, servers }: ClusterView): void {
    const before = this.#masters
    this.#masters = masters
    this.#known = new Set([...servers, ...[...this.#known].slice(0, mostRemembered)])
    const losers = new Set(before.filter((address, slot) => address !== masters[slot]))
    const needed = new Set(masters)
    for (const [address, server] of this.#servers) {
      if (!needed.has(address)) {
        this.#servers.delete(address)
        server.close()
      } else if (losers.has(address)) server.giveUpWaiting()
    }
    for (const address of needed) {
      if (address !== undefined && !this.#servers.has(address)) this.#open(address)
    }
    this.#subscribeWhereNeeded()
  }

  #open(address: string): void {
    const server: ClusterNode = new ClusterNode(this.#seed, address, {
      onMessage: this.#events.onMessage,
      // Client libraries subscribe again by themselves, and are silent when the cluster refuses that as it comes back.
      onReconnected: () => {
        if (this.#servers.get(address) !== server) return
        server.close()
        this.#open(address)
        this.#subscribeWhereNeeded()
      },
      onSlotMoved: () => {
        for (const [channel, at] of this.#channels) if (at === server) this.#channels.set(channel, undefined)
        this.lookAgain()
      },
    })
    this.#servers.set(address, server)
  }

  #subscribeWhereNeeded(): void {
    const moving = new Map<ClusterNode, Promise<unknown>[]>()
    for (const [channel, at] of this.#channels) {
      const address = this.#masters[slotOf(channel)]
      const server = address === undefined ? undefined : this.#servers.get(address)
      if (server === undefined || server === at) continue
      this.#channels.set(channel, server)
      // A server that has become a replica of the slot would carry everything a second time.
      at?.unsubscribe(channel).catch(ignore)
      const subscribing = server.subscribe(channel).catch(() => {
        if (this.#channels.get(channel) !== server) return
        this.#channels.set(channel, undefined)
        this.lookAgain()
      })
      const those = moving.get(server)
      if (those === undefined) moving.set(server, [subscribing])
      else those.push(subscribing)
    }
    for (const subscribing of moving.values()) {
      void Promise.all(subscribing).then(() => this.#events.onReady())
    }
  }
}

async function viewOf(server: ClusterNode): Promise<ClusterView | undefined> {
  try {
    const both = Promise.all([server.run(['CLUSTER', 'INFO']), server.run(['CLUSTER', 'SLOTS'])])
    const [info, ranges] = await within(answerMs, both)
    return readClusterView(info, ranges, server.host)
  } catch {
    return undefined
  }
}

function hostOf(seed: ServerClient): string {
  const { host, socket } = (seed.options ?? {}) as { host?: string; socket?: { host?: string } }
  return host ?? socket?.host ?? '127.0.0.1'
}

function noServer(): Error {
  return new Error('CLUSTERDOWN no server has that slot')
}

function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref())
}

function ignore(): void {}
