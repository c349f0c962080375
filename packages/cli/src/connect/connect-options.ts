import type { ClientOptions } from 'bothways'
import type { Language, Words } from '../language.ts'
import { highestPayloadBytes } from '../payload-limits.ts'
import { type Connection, readConnection } from '../reach/connection.ts'
import { connectionOptions } from '../reach/connection-options.ts'
import { ProxyAgent } from '../reach/proxy-agent.ts'
import { readArguments, readSeconds, readWhole } from '../usage/arguments.ts'
import { type Command, everywhere } from '../usage/command.ts'
import { maxPayloadOption } from '../usage/listening.ts'
import { WrongUse } from '../wrong-use.ts'
import { readAddress } from './address.ts'

const options = {
  ...connectionOptions,
  'no-compression': {
    type: 'boolean',
    says: { en: 'do not offer permessage-deflate', zh: '不提供 permessage-deflate 压缩' },
  },
  'max-payload': maxPayloadOption,
  ping: {
    type: 'string',
    value: 'SECONDS',
    says: {
      en: 'send a ping whenever nothing has come for so long, 1 to 86400',
      zh: '这么久没有收到任何数据就发送 ping，1 到 86400',
    },
    without: { en: '25', zh: '25' },
  },
  execute: {
    type: 'string',
    short: 'x',
    multiple: true,
    value: 'MESSAGE',
    says: {
      en: 'send this instead of reading input, then end as a pipe does; may be repeated',
      zh: '发送这条消息而不读取输入，然后像管道那样结束；可重复',
    },
  },
  binary: {
    type: 'boolean',
    says: { en: 'send every line as bytes instead of text', zh: '把每一行作为二进制而不是文本发送' },
  },
  json: {
    type: 'boolean',
    says: {
      en: 'print one JSON object for each event; bytes are base64',
      zh: '每个事件打印一个 JSON 对象；二进制用 base64 表示',
    },
  },
  wait: {
    type: 'string',
    short: 'w',
    value: 'SECONDS',
    default: '2',
    says: {
      en: 'from a pipe, or with `-x`: how long to wait for replies after the last line',
      zh: '从管道读取或使用 `-x` 时：最后一行之后等待回复多久',
    },
  },
  verbose: {
    type: 'boolean',
    short: 'v',
    says: { en: 'show the handshake, pings and pongs', zh: '显示握手、ping 和 pong' },
  },
  ...everywhere,
} as const

export const connect: Command = {
  name: 'connect',
  words: 'URL',
  says: { en: 'talk to any WebSocket server', zh: '与任意 WebSocket 服务器对话' },
  options,
  notes: {
    en: [
      'On a terminal every line is sent as a message; a line that begins with a slash is a command (/help lists them). The lines are kept in ~/.bothways_history, or where BOTHWAYS_HISTORY says; empty, nowhere.',
      'From or into a pipe every line is sent, and every message that comes is printed on a line of its own, bytes in hex; all else goes to standard error. It ends when there have been as many messages as lines, or none for the time of `--wait`. Exit code: 0 all sent and ended in order, 1 no connection or one that failed, 2 wrong use.',
    ],
    zh: [
      '在终端上，每一行作为一条消息发送；以斜杠开头的行是命令（/help 列出全部）。输入过的行保存在 ~/.bothways_history，或 BOTHWAYS_HISTORY 指定的文件；该变量为空则不保存。',
      '从管道读取或输出到管道时，每一行都会发送，收到的每条消息各占一行，二进制用十六进制表示；其余内容写到标准错误。收到的消息与发送的行数相同，或在 `--wait` 的时间内没有消息时结束。退出码：0 全部发送并有序结束，1 没有连上或连接失败，2 用法错误。',
    ],
  },
  examples: [
    'bothways connect ws://127.0.0.1:8080/echo',
    "bothways connect wss://example.com/chat --protocol chat.v2 --header 'Authorization: Bearer …'",
    "printf 'one\\ntwo\\n' | bothways connect ws://127.0.0.1:8080/echo",
    'bothways connect wss://example.com/chat --auth me:secret -x \'{"type":"hello"}\'',
    'bothways connect wss://example.com/feed --json --wait 60 < /dev/null',
  ],
}

export interface ConnectOptions {
  readonly url: string
  readonly protocols: readonly string[]
  readonly client: ClientOptions
  /** Messages to send instead of what is typed; none: standard input. */
  readonly execute: readonly string[]
  readonly isBinary: boolean
  readonly isJson: boolean
  readonly isVerbose: boolean
  readonly waitMs: number
  /** What was assumed for the user, to be told. */
  readonly notice: Words | undefined
  readonly language: Language
}

const longestPingSeconds = 86_400

/** @throws WrongUse */
export function readConnectOptions(args: readonly string[], language: Language): ConnectOptions {
  const { values, positionals } = readArguments(args, options)
  const [address, ...rest] = positionals
  if (address === undefined) {
    throw new WrongUse({
      en: 'Which URL? For example ws://127.0.0.1:8080/echo',
      zh: '要连接哪个 URL？例如 ws://127.0.0.1:8080/echo',
    })
  }
  if (rest.length > 0) {
    throw new WrongUse({
      en: `One URL at a time, got '${rest[0]}' as well.`,
      zh: `一次只能连接一个 URL，还收到“${rest[0]}”。`,
    })
  }
  const { url, notice } = readAddress(address)
  const connection = readConnection(values)
  return {
    url,
    protocols: connection.protocols,
    client: {
      ...clientOptions(connection, url),
      ...(values.ping !== undefined && { keepalive: { intervalMs: readPingMs(values.ping) } }),
      compression: !values['no-compression'],
      maxMessageBytes: readWhole('--max-payload', values['max-payload'], 0, highestPayloadBytes),
    },
    execute: values.execute ?? [],
    isBinary: values.binary ?? false,
    isJson: values.json ?? false,
    isVerbose: values.verbose ?? false,
    waitMs: readSeconds('--wait', values.wait) * 1_000,
    notice,
    language,
  }
}

/** A URL that is none is left to the client, which says why. */
function clientOptions(connection: Connection, url: string): ClientOptions {
  const { headers, origin, isInsecure, tlsFiles, proxyFor } = connection
  const target = URL.canParse(url) ? new URL(url) : undefined
  const proxy = target && proxyFor(target)
  return {
    headers: grouped(headers),
    ...(origin !== undefined && { origin }),
    ...(proxy && { agent: new ProxyAgent(proxy, /^(wss|https):$/.test(target?.protocol ?? '')) }),
    tls: { rejectUnauthorized: !isInsecure, ...tlsFiles },
  }
}

function grouped(headers: Connection['headers']): Record<string, string[]> {
  const all: Record<string, string[]> = {}
  for (const [name, value] of headers) {
    all[name] ??= []
    all[name].push(value)
  }
  return all
}

function readPingMs(text: string): number {
  const seconds = readSeconds('--ping', text)
  if (seconds >= 1 && seconds <= longestPingSeconds) return Math.round(seconds * 1_000)
  throw new WrongUse({
    en: `--ping takes 1 to ${longestPingSeconds} seconds, got '${text}'.`,
    zh: `--ping 的值是 1 到 ${longestPingSeconds} 秒，收到“${text}”。`,
  })
}
