import type { Broker } from 'bothways'
import { Failure, WrongUse } from '../../wrong-use.ts'

/** Where the topics are kept: in memory, or in a file. */
export type BrokerOption = { readonly kind: 'memory' } | { readonly kind: 'sqlite'; readonly file: string }

/** @throws WrongUse for anything else than `memory` and `sqlite:FILE` */
export function readBroker(text: string): BrokerOption {
  if (text === 'memory') return { kind: 'memory' }
  const [, file] = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(text) ?? []
  if (file !== undefined) return { kind: 'sqlite', file }
  throw new WrongUse({
    en: `--broker takes memory, or sqlite: and the path of a file, such as sqlite:topics.db; got '${text}'.`,
    zh: `--broker 的值是 memory，或 sqlite: 加文件路径，例如 sqlite:topics.db；收到“${text}”。`,
  })
}

/**
 * Opens the broker.
 *
 * @returns undefined for that in memory, which the hub has by itself
 * @throws Failure when the file cannot be used: why, and what to do
 */
export async function openBroker(option: BrokerOption): Promise<Broker | undefined> {
  if (option.kind === 'memory') return undefined
  const { SqliteBroker } = await import('@bothways/sqlite')
  try {
    return await SqliteBroker.open({ file: option.file })
  } catch (error) {
    const { message } = error as Error
    throw new Failure({ en: message, zh: `无法打开保存主题的文件：${message}` }, { cause: error })
  }
}
