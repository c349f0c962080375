import { readFile } from 'node:fs/promises'
import { readCommandLine, readPort, readWhole } from '../command-line.ts'
import { Failure, WrongUse } from '../wrong-use.ts'
import { lookBehind } from './behind/behind.ts'
import { diagnose } from './diagnose.ts'
import { explain } from './explain/explain.ts'
import { explainHar } from './explain/har.ts'
import { type Draft, type Finding, wordFinding } from './findings/draft.ts'
import type { Language } from './findings/language.ts'
import { makeReport, renderReport, stepWords } from './report.ts'
import { recognise } from './rules/products.ts'

const common = { json: { type: 'boolean' }, lang: { type: 'string' } } as const

const diagnoseOptions = {
  ...common,
  origin: { type: 'string' },
  protocol: { type: 'string', multiple: true },
  header: { type: 'string', multiple: true },
  insecure: { type: 'boolean' },
  idle: { type: 'string' },
  size: { type: 'string' },
  security: { type: 'boolean' },
} as const

const behindOptions = {
  ...common,
  listen: { type: 'string' },
  wait: { type: 'string' },
  idle: { type: 'string' },
} as const

/** @returns 0 healthy, 1 a problem was found */
export async function runDoctor(args: readonly string[]): Promise<number> {
  if (args[0] === 'explain') return await runExplain(args.slice(1))
  if (args[0] === 'behind') return await runBehind(args.slice(1))
  const { values, positionals } = readCommandLine(args, diagnoseOptions)
  const url = onlyWord(positionals, 'a URL, such as ws://localhost:8080, or a .har file')
  const language = readLanguage(values.lang)
  if (/\.har$/i.test(url) && !url.includes('://')) return await runHar(url, language, values.json === true)
  const progress = startProgress(values.json === true)
  const { drafts, evidence, connections } = await diagnose(url, {
    origin: values.origin,
    protocols: values.protocol ?? [],
    headers: (values.header ?? []).map(readHeader),
    isInsecure: values.insecure ?? false,
    idleSeconds: values.idle === undefined ? undefined : readWhole('--idle', values.idle, 1, 3600),
    sizeBytes: values.size === undefined ? undefined : readWhole('--size', values.size, 1, 256 * 1024 * 1024),
    checksSecurity: values.security ?? false,
    onStep: step => progress.show(stepWords(step, language)),
  })
  progress.end()
  const products = evidence === undefined ? [] : recognise(evidence).products
  return print(url, word(drafts, language, products), language, values.json === true, connections)
}

async function runExplain(args: readonly string[]): Promise<number> {
  const { values, positionals } = readCommandLine(args, common)
  if (positionals.length === 0)
    throw new WrongUse("doctor explain takes a text in quotes, such as 'Unexpected response code: 404'.")
  const text = positionals.join(' ')
  const language = readLanguage(values.lang)
  const url = /\b(?:wss?|https?):\/\/[^\s'"”’)>]+/.exec(text)?.[0] ?? ''
  return print(url, explain(text, language), language, values.json === true, undefined)
}

async function runHar(file: string, language: Language, asJson: boolean): Promise<number> {
  const text = await readFile(file, 'utf8').catch(error => {
    throw new Failure(`${file} cannot be read: ${error.message}`, { cause: error })
  })
  let found: ReturnType<typeof explainHar>
  try {
    found = explainHar(text, language)
  } catch (error) {
    throw new Failure(`${file} is not a HAR file: ${(error as Error).message}`, { cause: error })
  }
  const url = found[0]?.url ?? file
  return print(
    url,
    found.flatMap(({ findings }) => findings),
    language,
    asJson,
    undefined,
  )
}

async function runBehind(args: readonly string[]): Promise<number> {
  const { values, positionals } = readCommandLine(args, behindOptions)
  const url = onlyWord(positionals, 'the URL of the proxy, such as wss://my.site/ws')
  if (values.listen === undefined)
    throw new WrongUse('doctor behind takes --listen PORT, where your proxy is to send requests.')
  const language = readLanguage(values.lang)
  const waitMs = readWhole('--wait', values.wait ?? '60', 1, 3600) * 1000
  const idleMs = values.idle === undefined ? 0 : readWhole('--idle', values.idle, 1, 3600) * 1000
  const drafts = await lookBehind(url, {
    port: readPort(values.listen),
    waitMs,
    idleMs,
    onListening(port) {
      const says = {
        en: `Listening on 127.0.0.1:${port}. Point your proxy's backend for this path there; trying for ${waitMs / 1000} s …`,
        zh: `正在监听 127.0.0.1:${port}。请把代理中该路径的后端指向这里；将尝试 ${waitMs / 1000} 秒…`,
      }
      if (values.json !== true) console.error(says[language])
    },
  })
  return print(url, word(drafts, language, []), language, values.json === true, 0)
}

function word(
  drafts: readonly Draft[],
  language: Language,
  products: Parameters<typeof wordFinding>[2],
): Finding[] {
  return drafts.map(draft => wordFinding(draft, language, products))
}

function print(
  url: string,
  findings: readonly Finding[],
  language: Language,
  asJson: boolean,
  connections: number | undefined,
): number {
  const report = makeReport(url, findings)
  process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : renderReport(report, language, connections))
  return report.ok ? 0 : 1
}

/** What is being tried, on a line of its own that goes again; nowhere but on a terminal. */
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

function onlyWord(words: readonly string[], wanted: string): string {
  const [word, ...rest] = words
  if (word === undefined) throw new WrongUse(`doctor takes ${wanted}.`)
  if (rest.length > 0) throw new WrongUse(`doctor takes ${wanted}, got also '${rest[0]}'.`)
  return word
}

function readHeader(text: string): readonly [string, string] {
  const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(text) ?? []
  if (name === '') throw new WrongUse(`--header takes 'Name: value', got '${text}'.`)
  return [name, value]
}

function readLanguage(given: string | undefined): Language {
  if (given !== undefined && given !== 'en' && given !== 'zh')
    throw new WrongUse(`--lang takes en or zh, got '${given}'.`)
  const { LC_ALL, LC_MESSAGES, LANG } = process.env
  return /^zh/i.test(given ?? (LC_ALL || LC_MESSAGES || LANG || '')) ? 'zh' : 'en'
}
