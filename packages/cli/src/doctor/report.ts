import type { Language } from '../language.ts'
import type { Finding } from './catalogue/draft.ts'
import type { Step } from './diagnose.ts'

/** The object that `--json` prints. */
export interface Report {
  readonly url: string
  /** False when a finding is an error or a warning. */
  readonly ok: boolean
  readonly findings: readonly Finding[]
}

export function makeReport(url: string, findings: readonly Finding[]): Report {
  return { url, ok: findings.every(({ severity }) => severity === 'info'), findings }
}

const words = {
  en: {
    error: 'ERROR',
    warning: 'WARNING',
    info: 'NOTE',
    evidence: 'Seen:',
    advice: 'Do:',
    question: 'Find out:',
    healthy: {
      server: (url: string) => `${url} is healthy: it opens, answers a ping and closes as it should.`,
      proxy: (url: string) => `${url} is healthy: what goes in on one side comes out on the other.`,
    },
    did: (count: number) => `Made ${count} ${count === 1 ? 'connection' : 'connections'}`,
    sent: ([first, ...more]: readonly number[]) =>
      first === undefined
        ? ', sent no message.'
        : more.length === 0
          ? `, sent one message of ${first} bytes.`
          : `, sent ${more.length + 1} messages, of ${[first, ...more].join(' and ')} bytes.`,
  },
  zh: {
    error: '错误',
    warning: '警告',
    info: '说明',
    evidence: '证据：',
    advice: '解决办法：',
    question: '请确认：',
    healthy: {
      server: (url: string) => `${url} 正常：可以打开，会回应 ping，也能正确关闭。`,
      proxy: (url: string) => `${url} 正常：一侧发出的内容，另一侧原样收到。`,
    },
    did: (count: number) => `共建立了 ${count} 个连接`,
    sent: (sizes: readonly number[]) =>
      sizes.length === 0
        ? '，没有发送消息。'
        : `，发送了 ${sizes.length} 条消息（${sizes.join('、')} 字节）。`,
  },
} as const

const steps: Readonly<Record<Language, Readonly<Record<Step, string>>>> = {
  en: {
    url: 'reading the URL',
    names: 'resolving the name',
    proxy: 'asking the proxy',
    addresses: 'connecting to each address',
    tls: 'TLS',
    handshake: 'opening handshake',
    compare: 'comparing requests',
    open: 'listening, ping, close',
    idle: 'staying silent',
    size: 'sending a large message',
    echo: 'sending a message',
    security: 'looking for weaknesses',
  },
  zh: {
    url: '解析 URL',
    names: '解析主机名',
    proxy: '询问代理',
    addresses: '连接每个地址',
    tls: 'TLS',
    handshake: '握手',
    compare: '对比不同的请求',
    open: '监听、ping、关闭',
    idle: '保持静默',
    size: '发送大消息',
    echo: '发送消息',
    security: '检查安全',
  },
}

export function stepWords(step: Step, language: Language): string {
  return steps[language][step]
}

/** The work done for a report. */
export interface Work {
  /** The peer that was looked at. */
  readonly at: 'server' | 'proxy'
  readonly connections: number
  /** The sizes of the messages that were sent, in bytes. */
  readonly messages: readonly number[]
}

/** The report as text for people. `work` undefined: nothing was connected to. */
export function renderReport(
  { url, ok, findings }: Report,
  language: Language,
  work: Work | undefined,
): string {
  const say = words[language]
  const parts = findings.map(finding => renderFinding(finding, language))
  const opened = findings.every(({ code }) => code !== 'BW_DOCTOR_SOCKET_IO')
  if (ok && work !== undefined && opened) parts.unshift(say.healthy[work.at](url))
  if (work !== undefined && work.connections > 0)
    parts.push(`${say.did(work.connections)}${say.sent(work.messages)}`)
  return `${parts.join('\n\n')}\n`
}

function renderFinding(
  { code, severity, title, evidence, advice, question }: Finding,
  language: Language,
): string {
  const say = words[language]
  const seen = evidence.length === 0 ? '' : `\n  ${say.evidence}\n${indent(evidence.join('\n'), 4)}`
  const asked = question === undefined ? '' : `\n  ${say.question}\n${indent(question, 4)}`
  return `${say[severity]}  ${title}\n  ${code}${seen}\n  ${say.advice}\n${indent(advice, 4)}${asked}`
}

function indent(text: string, by: number): string {
  return text.replace(/^/gm, ' '.repeat(by))
}
