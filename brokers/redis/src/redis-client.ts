/** What is used of a client of node-redis (npm's `redis`, 4 to 6). */
export interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>
  duplicate(): NodeRedisSubscriber
}

interface NodeRedisSubscriber {
  connect(): Promise<unknown>
  sSubscribe(channel: string, listener: (message: string, channel: string) => unknown): Promise<unknown>
  sUnsubscribe(channel: string): Promise<unknown>
  on(event: 'error' | 'ready', listener: (error: unknown) => void): unknown
  destroy?(): unknown
  disconnect?(): unknown
}

/** What is used of a client of ioredis (5 and 6). */
export interface IoRedisClient {
  call(command: string, ...args: string[]): Promise<unknown>
  duplicate(): IoRedisSubscriber
}

interface IoRedisSubscriber {
  ssubscribe(channel: string): Promise<unknown>
  sunsubscribe(channel: string): Promise<unknown>
  on(event: string, listener: (...args: string[]) => void): unknown
  disconnect(): unknown
}

export type RedisClient = NodeRedisClient | IoRedisClient

/** What the broker needs of either. */
export interface RedisPort {
  /** Commands are sent in their order. */
  command(...args: string[]): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  /** Gives the connection for subscriptions back; the client is its owner's. */
  close(): void
}

interface PortEvents {
  onMessage(channel: string, message: string): void
  /** The connection for subscriptions stands, for the first time or again: something may have been missed. */
  onReady(): void
}

/** Opens a second connection, for what is carried; the client given is for commands. */
export async function openPort(client: RedisClient, events: PortEvents): Promise<RedisPort> {
  return 'call' in client ? ioRedisPort(client, events) : await nodeRedisPort(client, events)
}

async function nodeRedisPort(
  client: NodeRedisClient,
  { onMessage, onReady }: PortEvents,
): Promise<RedisPort> {
  const subscriber = client.duplicate()
  // Commands say so; this connection comes back by itself.
  subscriber.on('error', ignore)
  subscriber.on('ready', onReady)
  await subscriber.connect()
  const listener = (message: string, channel: string): void => onMessage(channel, message)
  return {
    command: (...args) => client.sendCommand(args),
    subscribe: channel => subscriber.sSubscribe(channel, listener),
    unsubscribe: channel => subscriber.sUnsubscribe(channel),
    close: () => void (subscriber.destroy === undefined ? subscriber.disconnect?.() : subscriber.destroy()),
  }
}

function ioRedisPort(client: IoRedisClient, { onMessage, onReady }: PortEvents): RedisPort {
  const subscriber = client.duplicate()
  subscriber.on('error', ignore)
  subscriber.on('ready', onReady)
  subscriber.on('smessage', (channel = '', message = '') => onMessage(channel, message))
  return {
    command: (command = '', ...args) => client.call(command, ...args),
    subscribe: channel => subscriber.ssubscribe(channel),
    unsubscribe: channel => subscriber.sunsubscribe(channel),
    close: () => void subscriber.disconnect(),
  }
}

function ignore(): void {}
