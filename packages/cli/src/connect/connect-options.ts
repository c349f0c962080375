import { readFileSync } from 'node:fs'
import type { ClientOptions } from 'bothways'
import type { Language, Words } from '../language.ts'
import { highestPayloadBytes } from '../payload-limits.ts'
import { type Connection, readConnection } from '../reach/connection.ts'
import { connectionOptions } from '../reach/connection-options.ts'
import { readArguments, readSeconds, readWhole } from '../usage/arguments.ts'
import { type Command, everywhere } from '../usage/command.ts'
import { maxPayloadOption } from '../usage/listening.ts'
import { WrongUse } from '../wrong-use.ts'
import { readAddress } from './address.ts'
import { LineSplitter } from './line-splitter.ts'
import type { Payload } from './session-event.ts'

const options = {
  ...connectionOptions,
  'socket.io': {
    type: 'boolean',
    says: {
      en: 'speak Socket.IO: a line is EVENT ARGS…, arguments are JSON; EVENT? ARGS… asks for an acknowledgement, /ack N ARGS… gives one; the path of the URL is the namespace',
      zh: '使用 Socket.IO：一行是 EVENT ARGS…，参数为 JSON；EVENT? ARGS… 请求确认，/ack N ARGS… 给出确认；URL 的路径是命名空间',
    },
  },
  'socket.io-auth': {
    type: 'string',
    value: 'JSON',
    says: { en: 'what a client gives as `auth`: an object', zh: '客户端的 `auth`：一个对象' },
  },
  'socket.io-path': {
    type: 'string',
    value: 'PATH',
    default: '/socket.io/',
    says: { en: 'where the server has Engine.IO', zh: '服务器上 Engine.IO 的路径' },
  },
  location: {
    type: 'boolean',
    short: 'L',
    elsewhere: ['follow'],
    says: {
      en: 'follow redirects, at most 10, never from TLS to plain text; another origin gets no header, login or client certificate',
      zh: '跟随重定向，最多 10 次，绝不从 TLS 转到明文；不向其他源发送请求头、登录信息和客户端证书',
    },
  },
  reconnect: {
    type: 'boolean',
    says: {
      en: 'connect again when the connection fails or ends by itself, after 0.5 to 1 s, then ever longer up to 30 s; not after 401 or 403. Input waits meanwhile',
      zh: '连接失败或自行断开时重新连接：先等 0.5 到 1 秒，之后逐次加长，最多 30 秒；收到 401 或 403 后不再重连。期间输入会等待',
    },
  },
  hello: {
    type: 'string',
    value: 'FILE',
    completion: 'file',
    says: {
      en: 'send each line of this file as a message whenever it has connected, before anything else',
      zh: '每次连接成功后，先把这个文件的每一行作为消息发送',
    },
  },
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
    elsewhere: ['data', 'message'],
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
    elsewhere: ['show-ping-pong'],
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
      'A URL without a scheme gets one. ws+unix:/PATH/OF/SOCKET:/path is a socket in the file system.',
      'From or into a pipe every line is sent, and every message that comes is printed on a line of its own, bytes in hex; all else goes to standard error. It ends when there have been as many messages as lines, or none for the time of `--wait`. Exit code: 0 all sent and ended in order, 1 no connection or one that failed, 2 wrong use.',
    ],
    zh: [
      '在终端上，每一行作为一条消息发送；以斜杠开头的行是命令（/help 列出全部）。输入过的行保存在 ~/.bothways_history，或 BOTHWAYS_HISTORY 指定的文件；该变量为空则不保存。',
      'URL 没有写协议时会补上。ws+unix:/PATH/OF/SOCKET:/path 表示文件系统中的套接字。',
      '从管道读取或输出到管道时，每一行都会发送，收到的每条消息各占一行，二进制用十六进制表示；其余内容写到标准错误。收到的消息与发送的行数相同，或在 `--wait` 的时间内没有消息时结束。退出码：0 全部发送并有序结束，1 没有连上或连接失败，2 用法错误。',
    ],
  },
  examples: [
    'bothways connect ws://127.0.0.1:8080/echo',
    "bothways connect wss://example.com/chat --protocol chat.v2 --header 'Authorization: Bearer …'",
    "printf 'one\\ntwo\\n' | bothways connect ws://127.0.0.1:8080/echo",
    'bothways connect wss://example.com/chat --auth me:secret -x \'{"type":"hello"}\'',
    'bothways connect wss://example.com/feed --json --wait 60 < /dev/null',
    'tail -f log | bothways connect wss://example.com/log --reconnect --hello login.txt',
    'bothways connect ws://localhost:3000/admin --socket.io --socket.io-auth \'{"token":"x"}\' -x \'join? "room"\'',
    'bothways connect ws+unix:/run/app.sock:/chat',
  ],
}

export interface SocketIoOptions {
  readonly path: string
  readonly auth: object | undefined
}

export interface ConnectOptions {
  readonly url: string
  readonly protocols: readonly string[]
  readonly connection: Connection
  readonly client: Pick<ClientOptions, 'keepalive' | 'compression' | 'maxMessageBytes'>
  /** Undefined: plain messages. */
  readonly socketIo: SocketIoOptions | undefined
  readonly followsRedirects: boolean
  readonly reconnects: boolean
  /** Sent whenever it has connected, before anything else. */
  readonly hello: readonly Payload[]
  /** Messages to send instead of typed ones; none: standard input. */
  readonly execute: readonly string[]
  readonly isBinary: boolean
  readonly isJson: boolean
  readonly isVerbose: boolean
  readonly waitMs: number
  /** The assumption that was made for the user, to be told. */
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
  return {
    url,
    protocols: values.protocol ?? [],
    connection: readConnection(values),
    client: {
      ...(values.ping !== undefined && { keepalive: { intervalMs: readPingMs(values.ping) } }),
      compression: !values['no-compression'],
      maxMessageBytes: readWhole('--max-payload', values['max-payload'], 0, highestPayloadBytes),
    },
    socketIo: values['socket.io'] ? readSocketIo(values) : undefined,
    followsRedirects: values.location ?? false,
    reconnects: values.reconnect ?? false,
    hello: values.hello === undefined ? [] : readHello(values.hello, values.binary ?? false),
    execute: values.execute ?? [],
    isBinary: values.binary ?? false,
    isJson: values.json ?? false,
    isVerbose: values.verbose ?? false,
    waitMs: readSeconds('--wait', values.wait) * 1_000,
    notice,
    language,
  }
}

function readSocketIo(values: {
  readonly 'socket.io-path': string
  readonly 'socket.io-auth'?: string | undefined
}) {
  const { 'socket.io-path': path, 'socket.io-auth': text } = values
  return {
    path: path.startsWith('/') ? path : `/${path}`,
    auth: text === undefined ? undefined : readAuth(text),
  }
}

function readAuth(text: string): object {
  try {
    const auth: unknown = JSON.parse(text)
    if (typeof auth === 'object' && auth !== null && !Array.isArray(auth)) return auth
  } catch {
    // Said below.
  }
  throw new WrongUse({
    en: `--socket.io-auth takes an object of JSON, such as {"token":"…"}, got '${text}'.`,
    zh: `--socket.io-auth 的值是 JSON 对象，例如 {"token":"…"}，收到“${text}”。`,
  })
}

/** Each line of a file, as a message. */
function readHello(path: string, isBinary: boolean): Payload[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { message } = error as Error
    throw new WrongUse(
      { en: `--hello: ${message}.`, zh: `--hello 的文件无法读取：${message}。` },
      { cause: error },
    )
  }
  const splitter = new LineSplitter()
  const lines = splitter.push(bytes)
  const rest = splitter.end()
  if (rest !== undefined) lines.push(rest)
  return lines.map(line => (isBinary ? line : line.toString('utf8').replace(/\r$/, '')))
}

function readPingMs(text: string): number {
  const seconds = readSeconds('--ping', text)
  if (seconds >= 1 && seconds <= longestPingSeconds) return Math.round(seconds * 1_000)
  throw new WrongUse({
    en: `--ping takes 1 to ${longestPingSeconds} seconds, got '${text}'.`,
    zh: `--ping 的值是 1 到 ${longestPingSeconds} 秒，收到“${text}”。`,
  })
}
