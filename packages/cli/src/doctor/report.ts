import type { Language } from '../language.ts'
import type { Step } from './diagnose.ts'
import type { Finding } from './findings/draft.ts'

/** What `--json` prints. */
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
    evidence: 'Seen',
    advice: 'Do',
    question: 'Find out',
    healthy: (url: string) => `${url} is healthy: it opens, answers a ping and closes as it should.`,
    did: (count: number) => `Made ${count} connections, sent no message.`,
  },
  zh: {
    error: '错误',
    warning: '警告',
    info: '说明',
    evidence: '证据',
    advice: '解决办法',
    question: '请确认',
    healthy: (url: string) => `${url} 正常：可以打开，会回应 ping，也能正确关闭。`,
    did: (count: number) => `共建立了 ${count} 个连接，没有发送消息。`,
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
    security: '检查安全',
  },
}

export function stepWords(step: Step, language: Language): string {
  return steps[language][step]
}

/** The report as text for people. `connections` undefined: nothing was connected to. */
export function renderReport(
  { url, ok, findings }: Report,
  language: Language,
  connections: number | undefined,
): string {
  const say = words[language]
  const parts = findings.map(finding => renderFinding(finding, language))
  const opened = findings.every(({ code }) => code !== 'BW_DOCTOR_SOCKET_IO')
  if (ok && connections !== undefined && opened) parts.unshift(say.healthy(url))
  if (connections !== undefined && connections > 0) parts.push(say.did(connections))
  return `${parts.join('\n\n')}\n`
}

function renderFinding(
  { code, severity, title, evidence, advice, question }: Finding,
  language: Language,
): string {
  const say = words[language]
  const seen = evidence.length === 0 ? '' : `\n  ${say.evidence}:\n${indent(evidence.join('\n'), 4)}`
  const asked = question === undefined ? '' : `\n  ${say.question}:\n${indent(question, 4)}`
  return `${say[severity]}  ${title}\n  ${code}${seen}\n  ${say.advice}:\n${indent(advice, 4)}${asked}`
}

function indent(text: string, by: number): string {
  return text.replace(/^/gm, ' '.repeat(by))
}
