import { readFile } from 'node:fs/promises'
import type { Language } from '../language.ts'
import { readConnection } from '../reach/connection.ts'
import { connectionOptions } from '../reach/connection-options.ts'
import { readArguments, readWhole } from '../usage/arguments.ts'
import { type Command, everywhere } from '../usage/command.ts'
import { Failure } from '../wrong-use.ts'
import { runBehind } from './behind-command.ts'
import { diagnose } from './diagnose.ts'
import { explainHar } from './explain/har.ts'
import { runExplain } from './explain-command.ts'
import { jsonOption, onlyWord, print, word } from './outcome.ts'
import { stepWords } from './report.ts'
import { recognise } from './rules/products.ts'
import { readTarget } from './target.ts'

const options = {
  ...connectionOptions,
  origin: {
    ...connectionOptions.origin,
    says: { en: 'the origin of the page', zh: '页面的源' },
    without: { en: 'the server’s own', zh: '服务器自己的源' },
  },
  ...jsonOption,
  idle: {
    type: 'string',
    value: 'SECONDS',
    says: {
      en: 'look for an idle time-out of at most so long, with and without pings, 1 to 3600',
      zh: '查找不超过这个时长的空闲超时（分别在有、无 ping 时），1 到 3600',
    },
  },
  size: {
    type: 'string',
    value: 'BYTES',
    says: { en: 'send one message of that size, 1 to 268435456', zh: '发送一条这么大的消息，1 到 268435456' },
  },
  echo: {
    type: 'boolean',
    says: {
      en: 'send one short text message, and say whether it came back',
      zh: '发送一条短文本消息，并说明是否原样返回',
    },
  },
  security: {
    type: 'boolean',
    says: { en: 'look also at what an attacker could use', zh: '同时检查攻击者可能利用的问题' },
  },
  ...everywhere,
} as const

export const doctor: Command = {
  name: 'doctor',
  words: 'URL|FILE.har',
  completion: 'file',
  says: {
    en: 'why does it not connect? Tries step by step, compares, and names the cause with its cure; reads a browser’s recording as well',
    zh: '为什么连不上？逐步尝试、对比，指出原因和解决办法；也能读取浏览器的录制文件',
  },
  options,
  notes: {
    en: [
      'It opens and closes connections and sends no message, since a message may change something at the server; `--size` and `--echo` ask for one, and the report says what was sent. Exit code: 0 healthy, 1 a problem was found, 2 wrong use.',
    ],
    zh: [
      '它建立并关闭连接，不发送消息，因为消息可能改变服务器上的内容；用 `--size` 和 `--echo` 才会发送，报告会写明发送了什么。退出码：0 正常，1 发现问题，2 用法错误。',
    ],
  },
  examples: [
    'bothways doctor ws://localhost:8080/chat',
    'bothways doctor wss://example.com/ws --origin https://app.example.com --json',
    'bothways doctor wss://example.com/ws --auth me:secret --proxy http://proxy.example.com:3128',
    'bothways doctor page.har',
  ],
}

/** @returns 0 healthy, 1 a problem was found */
export async function runDoctor(args: readonly string[], language: Language): Promise<number> {
  if (args[0] === 'explain') return await runExplain(args.slice(1), language)
  if (args[0] === 'behind') return await runBehind(args.slice(1), language)
  const { values, positionals } = readArguments(args, options)
  const url = onlyWord(positionals, {
    en: 'a URL, such as ws://localhost:8080, or a .har file',
    zh: '一个 URL（例如 ws://localhost:8080）或一个 .har 文件',
  })
  if (/\.har$/i.test(url) && !url.includes('://')) return await runHar(url, language, values.json === true)
  const { protocols, headers, origin, isInsecure, tlsFiles, proxyFor } = readConnection(values)
  const { target } = readTarget(url, protocols)
  const progress = startProgress(values.json === true)
  const { drafts, evidence, connections, messages } = await diagnose(url, {
    origin,
    protocols,
    headers,
    isInsecure,
    tls: tlsFiles,
    proxy: target && proxyFor(target.url),
    idleSeconds: values.idle === undefined ? undefined : readWhole('--idle', values.idle, 1, 3600),
    sizeBytes: values.size === undefined ? undefined : readWhole('--size', values.size, 1, 256 * 1024 * 1024),
    echoes: values.echo ?? false,
    checksSecurity: values.security ?? false,
    onStep: step => progress.show(stepWords(step, language)),
  })
  progress.end()
  const products = evidence === undefined ? [] : recognise(evidence).products
  const work = { at: 'server', connections, messages } as const
  return print(url, word(drafts, language, products), language, values.json === true, work)
}

async function runHar(file: string, language: Language, asJson: boolean): Promise<number> {
  const text = await readFile(file, 'utf8').catch(error => {
    throw new Failure(
      { en: `${file} cannot be read: ${error.message}`, zh: `无法读取 ${file}：${error.message}` },
      { cause: error },
    )
  })
  let found: ReturnType<typeof explainHar>
  try {
    found = explainHar(text, language)
  } catch (error) {
    const { message } = error as Error
    throw new Failure(
      { en: `${file} is not a HAR file: ${message}`, zh: `${file} 不是 HAR 文件：${message}` },
      { cause: error },
    )
  }
  const url = found[0]?.url || file
  return print(
    url,
    found.flatMap(({ findings }) => findings),
    language,
    asJson,
    undefined,
  )
}

/** Shows the current step on a line of its own that goes again; nowhere but on a terminal. */
function startProgress(isQuiet: boolean): { show(text: string): void; end(): void } {
  const isShown = !isQuiet && process.stderr.isTTY === true
  return {
    show: text => {
      if (isShown) process.stderr.write(`\r\x1b[K${text} …`)
    },
    end: () => {
      if (isShown) process.stderr.write('\r\x1b[K')
    },
  }
}
