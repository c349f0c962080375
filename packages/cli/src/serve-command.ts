import { availableParallelism } from 'node:os'
import { workerBroker } from 'bothways'
import { listenFailure } from './listen-failure.ts'
import { startServe } from './serve/serve.ts'
import { isServer, openBroker, readBroker } from './serve/topics/broker-option.ts'
import { portOfWorker, serveWorkers } from './serve/workers/serve-workers.ts'
import { untilSignal } from './until-signal.ts'
import { expectNoWords, readArguments, readHost, readPort, readWhole } from './usage/arguments.ts'
import { type Command, everywhere } from './usage/command.ts'
import { hostOption, portOption } from './usage/listening.ts'
import { WrongUse } from './wrong-use.ts'

const options = {
  port: portOption(8080),
  host: hostOption,
  origin: {
    type: 'string',
    multiple: true,
    value: 'O',
    says: {
      en: 'let pages of another origin connect, such as https://example.com; may be repeated; null stands for pages opened from a file',
      zh: '允许其他源的页面连接，例如 https://example.com；可重复；null 表示从文件打开的页面',
    },
    without: { en: 'its own page alone', zh: '仅限它自己的页面' },
  },
  'allow-host': {
    type: 'string',
    multiple: true,
    value: 'H',
    says: {
      en: 'answer for this host as well, such as a proxy’s chat.example.com; may be repeated',
      zh: '也为这个主机名应答，例如代理所用的 chat.example.com；可重复',
    },
    without: {
      en: 'localhost, `--host`, and the address that was connected to',
      zh: 'localhost、`--host`，以及被连接的地址',
    },
  },
  broker: {
    type: 'string',
    value: 'BROKER',
    default: 'memory',
    says: {
      en: 'where topics are kept: `memory`; `sqlite:FILE`, which survives restarts and `kill -9`; or `redis://HOST:PORT` or `nats://HOST:PORT`, for any number of servers',
      zh: '主题保存在哪里：`memory`；`sqlite:FILE`，重启和 `kill -9` 之后依然保留；或 `redis://HOST:PORT`、`nats://HOST:PORT`，供任意多台服务器共用',
    },
  },
  workers: {
    type: 'string',
    value: 'N',
    says: {
      en: 'so many processes on the one port, with the same topics; one that dies is replaced, SIGHUP replaces all without a gap; 0 for one on each processor',
      zh: '在同一个端口上运行这么多进程，共用同一组主题；死掉的会被替换，SIGHUP 不间断地逐个替换；0 表示每个处理器一个',
    },
    without: { en: 'one process', zh: '一个进程' },
  },
  'allow-probe': {
    type: 'boolean',
    says: {
      en: 'the page’s “Find out why” may try any address, for readers anywhere',
      zh: '页面上的“查明原因”可以尝试任何地址，并对所有访问者开放',
    },
    without: {
      en: 'only addresses of this machine, for readers on it',
      zh: '只尝试本机地址，且只对本机访问者开放',
    },
  },
  'no-page': {
    type: 'boolean',
    says: { en: 'serve only what the page talks to', zh: '不提供页面，只提供页面所连接的服务' },
  },
  ...everywhere,
} as const

export const serve: Command = {
  name: 'serve',
  words: '',
  says: { en: 'the page and all protocols on one port', zh: '在一个端口上提供页面和所有协议' },
  options,
  notes: {
    en: [
      'It serves /echo over WebSocket, topics at /bothways and figures of itself at /figures over WebSocket and HTTP, the topics also to clients of Socket.IO (bothways.v1 in the event message), /healthz and /metrics over HTTP, and ends in order on Ctrl-C.',
    ],
    zh: [
      '它通过 WebSocket 提供 /echo，通过 WebSocket 和 HTTP 提供主题（/bothways）和自身的数据（/figures），主题也接受 Socket.IO 客户端（事件 message 里是 bothways.v1），通过 HTTP 提供 /healthz 和 /metrics；按 Ctrl-C 后有序结束。',
    ],
  },
  examples: [
    'bothways serve --port 0',
    'bothways serve --host 0.0.0.0 --origin https://example.com',
    'bothways serve --allow-host chat.example.com',
    'bothways serve --broker sqlite:topics.db',
    'bothways serve --workers 4',
  ],
}

/** `bothways serve`: the page and all protocols on one port. */
export async function runServe(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, options)
  expectNoWords(positionals)
  const port = readPort(values.port)
  const host = readHost(values.host)
  const origins = (values.origin ?? []).map(readOrigin)
  const allowedHosts = (values['allow-host'] ?? []).map(readAllowedHost)
  const option = readBroker(values.broker)
  const workerPort = portOfWorker()
  if (values.workers !== undefined && workerPort === undefined) {
    const count = readWhole('--workers', values.workers, 0, 256)
    // A server each worker reaches by itself; the rest one process alone can have, and the others reach it there.
    const { broker, end } = await openBroker(isServer(option) ? { kind: 'memory' } : option)
    const workers = { count: count === 0 ? availableParallelism() : count, port, host, broker }
    return await untilEnd(await started(serveWorkers(workers), end, host, port), end)
  }
  const { broker, end } =
    workerPort === undefined || isServer(option)
      ? await openBroker(option)
      : { broker: workerBroker(), end: () => {} }
  // A terminal that hangs up tells every process; the first one does what is to be done then.
  if (workerPort !== undefined) process.on('SIGHUP', () => {})
  const starting = startServe({
    port: workerPort ?? port,
    host,
    origins,
    allowedHosts,
    page: !values['no-page'],
    probesAnywhere: values['allow-probe'] ?? false,
    isWorker: workerPort !== undefined,
    isBrokerShared: workerPort !== undefined || isServer(option),
    ...(broker !== undefined && { broker }),
  })
  return await untilEnd(await started(starting, end, host, port), end, workerPort !== undefined)
}

/** @throws Failure when it cannot listen, in words */
async function started<Serving>(
  starting: Promise<Serving>,
  end: () => void,
  host: string,
  port: number,
): Promise<Serving> {
  return await starting.catch(error => {
    end()
    throw listenFailure(error, host, port)
  })
}

async function untilEnd(
  serving: { readonly url: string; close(): Promise<void> },
  end: () => void,
  isQuiet = false,
): Promise<number> {
  // The reader of that line may send a signal at once.
  const ended = untilSignal(() => serving.close())
  if (!isQuiet) console.log(`Bothways is listening on ${serving.url}`)
  const code = await ended
  end()
  return code
}

/** @throws WrongUse for anything that no browser sends as its Origin */
function readOrigin(text: string): string {
  if (text === 'null' || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) return text
  throw new WrongUse({
    en: `--origin takes the origin of a page, such as https://example.com, or null for pages opened from a file; got '${text}'.`,
    zh: `--origin 的值是页面的源，例如 https://example.com，或表示从文件打开的页面的 null；收到“${text}”。`,
  })
}

/** @throws WrongUse for anything but the name or the address of a host */
function readAllowedHost(text: string): string {
  const authority = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text
  const isHost = /^[^\s/?#@\\]+$/.test(text) && URL.canParse(`http://${authority}`)
  if (isHost && new URL(`http://${authority}`).port === '') return text
  throw new WrongUse({
    en: `--allow-host takes the name or the address of a host, without scheme and port, such as chat.example.com; got '${text}'.`,
    zh: `--allow-host 的值是主机的名称或地址，不带协议和端口，例如 chat.example.com；收到“${text}”。`,
  })
}
