import type { Language, Words } from '../language.ts'
import { listenFailure } from '../listen-failure.ts'
import { untilSignal } from '../until-signal.ts'
import { readArguments, readHost, readPort, readWhole } from '../usage/arguments.ts'
import { type Command, everywhere } from '../usage/command.ts'
import { hostOption } from '../usage/listening.ts'
import { WrongUse } from '../wrong-use.ts'
import { ChaosProxy, type ConnectionEvent } from './chaos-proxy.ts'
import { fatesOf, readLatency, readRate, readShare, readTime } from './faults.ts'

const options = {
  listen: {
    type: 'string',
    value: 'PORT',
    default: '9002',
    elsewhere: ['port'],
    says: {
      en: 'the port; 0 takes any that is free, and the line it prints when ready tells which',
      zh: '端口；0 表示任取一个空闲端口，就绪时打印的那一行会给出',
    },
  },
  host: hostOption,
  latency: {
    type: 'string',
    value: 'MS±MS',
    says: {
      en: 'all that passes comes so much later, give or take, in ms: 200±80 or 200+-80',
      zh: '经过的一切都迟到这么久，可上下浮动，单位毫秒：200±80 或 200+-80',
    },
  },
  'kill-every': {
    type: 'string',
    value: 'TIME',
    says: {
      en: 'each connection is cut after about so long, in the middle of a frame: 500ms, 20s, 2m',
      zh: '每条连接大约过这么久就在帧的中间被切断：500ms、20s、2m',
    },
  },
  'half-open': {
    type: 'string',
    value: 'SHARE',
    says: {
      en: 'so many connections go silent within 10 s and stay open at both ends: 5%',
      zh: '这一比例的连接会在 10 秒内陷入沉默，两端却都还开着：5%',
    },
  },
  'strip-upgrade': {
    type: 'boolean',
    says: {
      en: 'no WebSocket comes through, as behind a proxy that does not know them',
      zh: '不让 WebSocket 通过，就像不认识它的代理',
    },
  },
  slow: {
    type: 'string',
    value: 'RATE',
    says: {
      en: 'so much passes in a second, in each direction of each connection: 10kB/s',
      zh: '每条连接每个方向每秒只通过这么多：10kB/s',
    },
  },
  seed: {
    type: 'string',
    value: 'N',
    default: '1',
    says: {
      en: 'the same number brings the same faults to the same connections',
      zh: '同一个数会给同样的连接带来同样的故障',
    },
  },
  verbose: {
    type: 'boolean',
    short: 'v',
    says: {
      en: 'show on standard error what is done to which connection',
      zh: '在标准错误上显示对哪条连接做了什么',
    },
  },
  ...everywhere,
} as const

export const chaos: Command = {
  name: 'chaos',
  words: 'URL',
  says: {
    en: 'a bad network before a server of yours: what your program does then',
    zh: '在你的服务器前放一个糟糕的网络：看你的程序如何应对',
  },
  options,
  notes: {
    en: [
      'It stands between clients and the server of URL; pages that come through it may connect through it as well.',
    ],
    zh: ['它位于客户端与 URL 的服务器之间；经由它打开的页面也可以经由它连接。'],
  },
  examples: [
    'bothways chaos ws://127.0.0.1:8080/ --latency 200±80 --kill-every 20s --half-open 5%',
    'bothways chaos http://127.0.0.1:8080/ --listen 9002 --strip-upgrade --slow 10kB/s',
  ],
}

const schemes = new Set(['ws:', 'wss:', 'http:', 'https:'])

/** `bothways chaos`: passes everything on, badly. */
export async function runChaos(args: readonly string[], language: Language): Promise<number> {
  const { values, positionals } = readArguments(args, options)
  const [given, ...more] = positionals
  if (
    given === undefined ||
    more.length > 0 ||
    !URL.canParse(given) ||
    !schemes.has(new URL(given).protocol)
  ) {
    const got = more.length > 0 ? positionals.join(' ') : (given ?? '')
    throw new WrongUse({
      en: `chaos takes the URL of a server, such as ws://127.0.0.1:8080/, got '${got}'.`,
      zh: `chaos 需要服务器的 URL，例如 ws://127.0.0.1:8080/，收到“${got}”。`,
    })
  }
  const port = readPort(values.listen, '--listen')
  const host = readHost(values.host)
  const faults = {
    ...read('--latency', values.latency, readLatency, { latencyMs: 0, jitterMs: 0 }, '200±80'),
    killEveryMs: read('--kill-every', values['kill-every'], readTime, 0, '20s'),
    halfOpenShare: read('--half-open', values['half-open'], readShare, 0, '5%'),
    stripsUpgrade: values['strip-upgrade'] === true,
    bytesPerSecond: read('--slow', values.slow, readRate, 0, '10kB/s'),
  }
  const proxy = new ChaosProxy({
    target: new URL(given),
    port,
    host,
    fateOf: fatesOf(faults, readWhole('--seed', values.seed, 0, 2 ** 32 - 1)),
    ...(values.verbose === true && {
      onFault: (connection, what) => console.error(`${connection} ${faultWords[what][language]}`),
    }),
  })
  const listening = await proxy.listen().catch((error: unknown) => {
    throw listenFailure(error, host, port, '--listen')
  })
  const ended = untilSignal(() => proxy.close())
  console.log(`Bothways chaos is listening on ws://${host.includes(':') ? `[${host}]` : host}:${listening}/`)
  return await ended
}

const faultWords: Readonly<Record<ConnectionEvent, Words>> = {
  opened: { en: 'opened', zh: '已打开' },
  stripped: { en: 'lost its upgrade', zh: '失去了升级请求' },
  cut: { en: 'cut', zh: '被切断' },
  stalled: { en: 'stands still for a while', zh: '暂时停住' },
  silent: { en: 'silent from now on', zh: '从此沉默' },
  unreachable: { en: 'does not reach the server', zh: '连不上服务器' },
}

/** @throws WrongUse for a text that the reader does not take */
function read<Value>(
  name: string,
  text: string | undefined,
  reader: (text: string) => Value | undefined,
  without: Value,
  example: string,
): Value {
  if (text === undefined) return without
  const value = reader(text)
  if (value !== undefined) return value
  throw new WrongUse({
    en: `${name} takes a value such as ${example}, got '${text}'.`,
    zh: `${name} 的值形如 ${example}，收到“${text}”。`,
  })
}
