import { readCommandLine, readWhole } from '../command-line.ts'
import { WrongUse } from '../wrong-use.ts'
import { type DiagnoseOptions, diagnose } from './diagnose.ts'
import { wordFinding } from './findings/draft.ts'
import type { Language } from './findings/finding.ts'
import { makeReport, renderReport, stepWords } from './report.ts'
import { recognise } from './rules/products.ts'

const options = {
  json: { type: 'boolean' },
  origin: { type: 'string' },
  protocol: { type: 'string', multiple: true },
  header: { type: 'string', multiple: true },
  insecure: { type: 'boolean' },
  idle: { type: 'string' },
  size: { type: 'string' },
  security: { type: 'boolean' },
  lang: { type: 'string' },
} as const

/** @returns 0 healthy, 1 a problem was found */
export async function runDoctor(args: readonly string[]): Promise<number> {
  const { values, positionals } = readCommandLine(args, options)
  const [url, ...rest] = positionals
  if (url === undefined) throw new WrongUse('doctor takes a URL, such as ws://localhost:8080')
  if (rest.length > 0) throw new WrongUse(`doctor takes one URL, got also '${rest[0]}'.`)
  const language = readLanguage(values.lang)
  const showsProgress = values.json !== true && process.stderr.isTTY
  const diagnoseOptions: DiagnoseOptions = {
    origin: values.origin,
    protocols: values.protocol ?? [],
    headers: (values.header ?? []).map(readHeader),
    isInsecure: values.insecure ?? false,
    idleSeconds: values.idle === undefined ? undefined : readWhole('--idle', values.idle, 1, 3600),
    sizeBytes: values.size === undefined ? undefined : readWhole('--size', values.size, 1, 2 ** 30),
    checksSecurity: values.security ?? false,
    onStep: step => {
      if (showsProgress) process.stderr.write(`\r\x1b[K${stepWords(step, language)} …`)
    },
  }
  const { drafts, evidence, connections } = await diagnose(url, diagnoseOptions)
  if (showsProgress) process.stderr.write('\r\x1b[K')
  const products = evidence === undefined ? [] : recognise(evidence).products
  const report = makeReport(
    url,
    drafts.map(draft => wordFinding(draft, language, products)),
  )
  process.stdout.write(
    values.json ? `${JSON.stringify(report)}\n` : renderReport(report, language, connections),
  )
  return report.ok ? 0 : 1
}

function readHeader(text: string): readonly [string, string] {
  const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(text) ?? []
  if (name === '') throw new WrongUse(`--header takes 'Name: value', got '${text}'.`)
  return [name, value]
}

function readLanguage(given: string | undefined): Language {
  const { LC_ALL, LC_MESSAGES, LANG } = process.env
  return /^zh/i.test(given ?? (LC_ALL || LC_MESSAGES || LANG || '')) ? 'zh' : 'en'
}
