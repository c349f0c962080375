import type { Broker } from 'bothways'
import { Failure, WrongUse } from '../../wrong-use.ts'

/** Where the topics are kept: in memory, in a file, or in a server of Redis or NATS. */
export type BrokerOption =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'nats'; readonly url: string }

/** Whether it is a server, which any number of processes can use. */
export function isServer({ kind }: BrokerOption): boolean {
  return kind === 'redis' || kind === 'nats'
}

/** A broker that was opened. */
export interface OpenedBroker {
  /** Undefined for that in memory, which the hub has by itself. */
  readonly broker: Broker | undefined
  /** Releases the resources that the broker itself does not, once it is closed. */
  end(): void
}

/** @throws WrongUse for anything else than `memory`, `sqlite:FILE`, `redis://HOST` and `nats://HOST` */
export function readBroker(text: string): BrokerOption {
  if (text === 'memory') return { kind: 'memory' }
  if (/^rediss?:\/\/./.test(text) && URL.canParse(text)) return { kind: 'redis', url: text }
  if (/^(nats|tls):\/\/./.test(text) && URL.canParse(text)) return { kind: 'nats', url: text }
  const [, file] = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(text) ?? []
  if (file !== undefined) return { kind: 'sqlite', file }
  throw new WrongUse({
    en: `--broker takes memory, sqlite: and the path of a file, such as sqlite:topics.db, or the URL of a Redis or a NATS, such as redis://127.0.0.1:6379 or nats://127.0.0.1:4222; got '${text}'.`,
    zh: `--broker 的值是 memory、sqlite: 加文件路径（例如 sqlite:topics.db），或 Redis 或 NATS 的 URL（例如 redis://127.0.0.1:6379、nats://127.0.0.1:4222）；收到“${text}”。`,
  })
}

/** @throws Failure when it cannot be used: why, and what to do */
export async function openBroker(option: BrokerOption): Promise<OpenedBroker> {
  try {
    if (option.kind === 'memory') return { broker: undefined, end: nothing }
    if (option.kind === 'redis') return await openRedis(option.url)
    if (option.kind === 'nats') return await openNats(option.url)
    const { SqliteBroker } = await import('@bothways/sqlite')
    return { broker: await SqliteBroker.open({ file: option.file }), end: nothing }
  } catch (error) {
    if (error instanceof Failure) throw error
    const { message } = error as Error
    throw new Failure({ en: message, zh: `无法打开保存主题的地方：${message}` }, { cause: error })
  }
}

async function openRedis(url: string): Promise<OpenedBroker> {
  const [{ RedisBroker }, { createClient }] = await Promise.all([import('@bothways/redis'), importRedis()])
  let isUp = false
  // At first it is to be there; afterwards it may go and come.
  const reconnectStrategy = (tries: number) => (isUp ? Math.min(tries * 50, 1000) : false)
  const client = createClient({ url, socket: { reconnectStrategy } })
  client.on('error', error => {
    if (isUp) console.error(`Redis: ${error.message}`)
  })
  try {
    await client.connect()
    isUp = true
    return { broker: await RedisBroker.open({ client }), end: () => client.destroy() }
  } catch (error) {
    if (client.isOpen) client.destroy()
    // A password is nobody's business.
    const { host } = new URL(url)
    throw new Error(`Redis at ${host} cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

async function openNats(url: string): Promise<OpenedBroker> {
  const [{ NatsBroker }, { connect, headers }] = await Promise.all([import('@bothways/nats'), importNats()])
  const { username, password, host, protocol } = new URL(url)
  try {
    const connection = await connect({
      servers: `${protocol}//${host}`,
      maxReconnectAttempts: -1,
      ...(username !== '' && password === '' && { token: decodeURIComponent(username) }),
      ...(password !== '' && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    })
    try {
      return { broker: await NatsBroker.open({ connection, headers }), end: () => void connection.close() }
    } catch (error) {
      await connection.close()
      throw error
    }
  } catch (error) {
    // A password is nobody's business.
    throw new Error(`NATS at ${host} cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

async function importNats(): Promise<typeof import('@nats-io/transport-node')> {
  try {
    return await import('@nats-io/transport-node')
  } catch (error) {
    throw new Failure(
      {
        en: 'For topics in NATS the package @nats-io/transport-node is needed: npm install @nats-io/transport-node',
        zh: '把主题保存在 NATS 里需要 @nats-io/transport-node 包：npm install @nats-io/transport-node',
      },
      { cause: error },
    )
  }
}

async function importRedis(): Promise<typeof import('redis')> {
  try {
    return await import('redis')
  } catch (error) {
    throw new Failure(
      {
        en: 'For topics in Redis the package redis is needed: npm install redis',
        zh: '把主题保存在 Redis 里需要 redis 包：npm install redis',
      },
      { cause: error },
    )
  }
}

function nothing(): void {}
