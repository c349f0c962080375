/** The part used of a client of node-redis (npm's `redis`, 4 to 6). */
export interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>
  duplicate(overrides?: object): NodeRedisClient
  readonly options?: { readonly socket?: object } | undefined
  connect(): Promise<unknown>
  sSubscribe(channel: string, listener: (message: string, channel: string) => unknown): Promise<unknown>
  sUnsubscribe(channel: string): Promise<unknown>
  on(event: string, listener: (error: unknown) => void): unknown
  destroy?(): unknown
  disconnect?(): unknown
}

/** The part used of a cluster client of node-redis. */
export interface NodeRedisCluster {
  readonly masters: readonly object[]
  nodeClient(node: object): NodeRedisClient | Promise<NodeRedisClient>
}

/** The part used of a client of ioredis (5 and 6). */
export interface IoRedisClient {
  call(command: string, ...args: string[]): Promise<unknown>
  duplicate(override?: object): IoRedisClient
  readonly options?: { readonly retryStrategy?: unknown } | undefined
  ssubscribe(channel: string): Promise<unknown>
  sunsubscribe(channel: string): Promise<unknown>
  on(event: string, listener: (...args: string[]) => void): unknown
  disconnect(): unknown
}

/** The part used of a cluster client of ioredis. */
export interface IoRedisCluster {
  nodes(role: 'master'): readonly IoRedisClient[]
  call(command: string, ...args: string[]): Promise<unknown>
}

/** A client of one server, which may be one of a cluster, or of a cluster. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoRedisClient | IoRedisCluster

export type ServerClient = NodeRedisClient | IoRedisClient

export interface PortEvents {
  onMessage(channel: string, message: string): void
  /** The connection for subscriptions stands, for the first time or again: something may have been missed. */
  onReady(): void
}

/** One server: a client for commands, and a connection for what is carried. */
export interface ServerPort {
  /** Commands are sent in their order. */
  command(args: string[]): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  /** Settles once the connection for what is carried stands, or cannot be made. */
  readonly connected: Promise<unknown>
  /** Gives that connection back; the client is its owner's. */
  close(): void
}

interface ServerEvents extends PortEvents {
  /** A slot of a cluster, and the subscriptions in it, have left this server. */
  onSlotMoved?(): void
}

export function openServerPort(client: ServerClient, events: ServerEvents): ServerPort {
  return 'call' in client ? ioRedisPort(client, events) : nodeRedisPort(client, events)
}

function nodeRedisPort(client: NodeRedisClient, events: ServerEvents): ServerPort {
  const subscriber = client.duplicate()
  // Commands say so; this connection comes back by itself.
  subscriber.on('error', ignore)
  subscriber.on('ready', () => events.onReady())
  subscriber.on('sharded-channel-moved', () => events.onSlotMoved?.())
  const listener = (message: string, channel: string): void => events.onMessage(channel, message)
  return {
    command: args => client.sendCommand(args),
    subscribe: channel => subscriber.sSubscribe(channel, listener),
    unsubscribe: channel => subscriber.sUnsubscribe(channel),
    connected: subscriber.connect(),
    close: () => end(subscriber),
  }
}

function ioRedisPort(client: IoRedisClient, events: ServerEvents): ServerPort {
  const subscriber = client.duplicate()
  subscriber.on('error', ignore)
  subscriber.on('ready', () => events.onReady())
  subscriber.on('moved', () => events.onSlotMoved?.())
  subscriber.on('smessage', (channel = '', message = '') => events.onMessage(channel, message))
  return {
    command: ([command = '', ...args]) => client.call(command, ...args),
    subscribe: channel => subscriber.ssubscribe(channel),
    unsubscribe: channel => subscriber.sunsubscribe(channel),
    connected: Promise.resolve(),
    close: () => end(subscriber),
  }
}

/** A client of one server: that itself, or one of the servers that a cluster client knows. */
export async function serverClientOf(client: RedisClient): Promise<ServerClient> {
  if ('nodeClient' in client) {
    const [master] = client.masters
    if (master === undefined) throw new Error('the cluster client is not connected')
    return await client.nodeClient(master)
  }
  if ('nodes' in client) {
    await client.call('PING')
    return client.nodes('master')[0] as IoRedisClient
  }
  return client
}

/** Another client with the same settings, for another server of the cluster. It connects by itself, again and again. */
export function clientFor(seed: ServerClient, host: string, port: number): ServerClient {
  if ('call' in seed) {
    // Those of a cluster client never come back, and connect when they are used.
    const retryStrategy = seed.options?.retryStrategy ?? ((times: number) => Math.min(times * 50, 1000))
    const client = seed.duplicate({ host, port, retryStrategy, lazyConnect: false, readOnly: false })
    client.on('error', ignore)
    return client
  }
  // An address in `url` would win over the one in `socket`.
  const client = seed.duplicate({ url: undefined, socket: { ...seed.options?.socket, host, port } })
  client.on('error', ignore)
  client.connect().catch(ignore)
  return client
}

export function end(client: ServerClient): void {
  if ('call' in client) client.disconnect()
  else if (client.destroy === undefined) void client.disconnect?.()
  else client.destroy()
}

function ignore(): void {}
