import type { Broker } from 'bothways'
import { Failure, WrongUse } from '../../wrong-use.ts'

/** Where the topics are kept: in memory, in a file, or in a server of Redis. */
export type BrokerOption =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'redis'; readonly url: string }

/** A broker that was opened. */
export interface OpenedBroker {
  /** Undefined for that in memory, which the hub has by itself. */
  readonly broker: Broker | undefined
  /** Gives back what the broker itself does not, once it is closed. */
  end(): void
}

/** @throws WrongUse for anything else than `memory`, `sqlite:FILE` and `redis://HOST` */
export function readBroker(text: string): BrokerOption {
  if (text === 'memory') return { kind: 'memory' }
  if (/^rediss?:\/\/./.test(text) && URL.canParse(text)) return { kind: 'redis', url: text }
  const [, file] = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(text) ?? []
  if (file !== undefined) return { kind: 'sqlite', file }
  throw new WrongUse({
    en: `--broker takes memory, sqlite: and the path of a file, such as sqlite:topics.db, or the URL of a Redis, such as redis://127.0.0.1:6379; got '${text}'.`,
    zh: `--broker 的值是 memory、sqlite: 加文件路径（例如 sqlite:topics.db），或 Redis 的 URL（例如 redis://127.0.0.1:6379）；收到“${text}”。`,
  })
}

/** @throws Failure when it cannot be used: why, and what to do */
export async function openBroker(option: BrokerOption): Promise<OpenedBroker> {
  try {
    if (option.kind === 'memory') return { broker: undefined, end: nothing }
    if (option.kind === 'redis') return await openRedis(option.url)
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
