import type { Language } from '../language.ts'
import { listenFailure } from '../listen-failure.ts'
import { readArguments, readPort, readWhole } from '../usage/arguments.ts'
import { type Command, everywhere } from '../usage/command.ts'
import { WrongUse } from '../wrong-use.ts'
import { lookBehind } from './behind/behind.ts'
import { jsonOption, onlyWord, print, word } from './outcome.ts'

const options = {
  listen: {
    type: 'string',
    value: 'PORT',
    says: {
      en: 'the port of this machine where your proxy is to send requests; 0 takes any that is free',
      zh: '本机上供代理转发请求的端口；0 表示任取一个空闲端口',
    },
  },
  wait: {
    type: 'string',
    value: 'SECONDS',
    default: '60',
    says: {
      en: 'how long to try until the request arrives, 1 to 3600',
      zh: '等待请求到达的最长时间，1 到 3600',
    },
  },
  idle: {
    type: 'string',
    value: 'SECONDS',
    says: {
      en: 'leave connections open so long, silent and not, to find when the proxy cuts them, 1 to 3600',
      zh: '让连接（静默的和有数据的）保持这么久，以查找代理何时切断，1 到 3600',
    },
  },
  size: {
    type: 'string',
    value: 'BYTES',
    says: {
      en: 'send one message of that size each way, to find after how many bytes the proxy cuts, 1 to 268435456',
      zh: '双向各发送一条这么大的消息，以查找代理在多少字节后切断，1 到 268435456',
    },
  },
  ...jsonOption,
  ...everywhere,
} as const

export const behind: Command = {
  name: 'doctor behind',
  words: 'URL',
  says: {
    en: 'what a proxy changes between the URL and a port of this machine',
    zh: '代理在该 URL 与本机端口之间改动了什么',
  },
  options,
  notes: { en: [], zh: [] },
  examples: [
    'bothways doctor behind wss://my.site/ws --listen 9000 --wait 60 --idle 130',
    'bothways doctor behind wss://my.site/ws --listen 9000 --size 1000000',
  ],
}

export async function runBehind(args: readonly string[], language: Language): Promise<number> {
  const { values, positionals } = readArguments(args, options)
  const url = onlyWord(positionals, {
    en: 'the URL of the proxy, such as wss://my.site/ws',
    zh: '代理的 URL，例如 wss://my.site/ws',
  })
  if (values.listen === undefined)
    throw new WrongUse({
      en: 'doctor behind takes --listen PORT, where your proxy is to send requests.',
      zh: 'doctor behind 需要 --listen PORT，即代理转发请求的端口。',
    })
  const waitMs = readWhole('--wait', values.wait, 1, 3600) * 1000
  const idleMs = values.idle === undefined ? undefined : readWhole('--idle', values.idle, 1, 3600) * 1000
  const sizeBytes =
    values.size === undefined ? undefined : readWhole('--size', values.size, 1, 256 * 1024 * 1024)
  const port = readPort(values.listen, '--listen')
  const { drafts, ...did } = await lookBehind(url, {
    port,
    waitMs,
    idleMs,
    sizeBytes,
    onListening(port) {
      const says = {
        en: `Listening on 127.0.0.1:${port}. Point your proxy's backend for this path there; trying for ${waitMs / 1000} s …`,
        zh: `正在监听 127.0.0.1:${port}。请把代理中该路径的后端指向这里；将尝试 ${waitMs / 1000} 秒…`,
      }
      if (values.json !== true) console.error(says[language])
    },
  }).catch(error => {
    throw listenFailure(error, '127.0.0.1', port, '--listen')
  })
  return print(url, word(drafts, language, []), language, values.json === true, {
    at: 'proxy',
    ...did,
  })
}
