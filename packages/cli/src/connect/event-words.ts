import type { Disconnect } from 'bothways'
import type { Language } from '../language.ts'

/** The words in which events are shown. */
export interface EventWords {
  readonly connecting: (url: string, protocols: string, headers: string) => string
  readonly open: (url: string) => string
  readonly subprotocol: (name: string) => string
  readonly negotiated: (parts: readonly string[]) => string
  readonly text: string
  readonly binary: string
  readonly status: (status: number) => string
  readonly moreLines: (count: number) => string
  readonly more: (count: number) => string
  readonly pongAfter: (milliseconds: string) => string
  readonly lookCloser: (url: string) => string
  readonly noPong: string
  readonly redirected: (status: number, url: string) => string
  readonly withoutCredentials: string
  readonly waiting: (seconds: string) => string
  readonly closed: (code: number, reason: string, meaning: string, by: string) => string
  readonly endedBy: Readonly<Record<Disconnect['by'], string>>
}

export const eventWords: Readonly<Record<Language, EventWords>> = {
  en: {
    connecting: (url, protocols, headers) =>
      [`connecting to ${url}`, protocols && `offering ${protocols}`, headers && `with ${headers}`]
        .filter(Boolean)
        .join(', '),
    open: url => `connected to ${url}`,
    subprotocol: name => `subprotocol ${name}`,
    negotiated: parts => ` (${parts.join(', ')})`,
    text: 'text',
    binary: 'binary',
    status: status => `status ${status}`,
    moreLines: count => `… ${count} more lines`,
    more: count => `… ${count} more`,
    pongAfter: milliseconds => `pong after ${milliseconds} ms`,
    lookCloser: url => `Look closer: bothways doctor ${url}`,
    noPong: 'no pong came',
    redirected: (status, url) => `redirected (${status}) to ${url}`,
    withoutCredentials: ', another origin: without --header, --auth and --cert',
    waiting: seconds => `connecting again in ${seconds} s`,
    closed: (code, reason, meaning, by) =>
      `closed ${code}${reason && ` “${reason}”`}: ${meaning}${by && `, ended by ${by}`}`,
    endedBy: {
      us: 'this side',
      peer: 'the other side',
      policy: 'this side, by a rule',
      network: 'the network',
    },
  },
  zh: {
    connecting: (url, protocols, headers) =>
      [`正在连接 ${url}`, protocols && `提供子协议 ${protocols}`, headers && `带请求头 ${headers}`]
        .filter(Boolean)
        .join('，'),
    open: url => `已连接 ${url}`,
    subprotocol: name => `子协议 ${name}`,
    negotiated: parts => `（${parts.join('，')}）`,
    text: '文本',
    binary: '二进制',
    status: status => `状态码 ${status}`,
    moreLines: count => `… 还有 ${count} 行`,
    more: count => `… 还有 ${count}`,
    pongAfter: milliseconds => `pong，用时 ${milliseconds} ms`,
    lookCloser: url => `进一步诊断：bothways doctor ${url}`,
    noPong: '没有收到 pong',
    redirected: (status, url) => `重定向（${status}）到 ${url}`,
    withoutCredentials: '，这是另一个源：不发送 --header、--auth 和 --cert',
    waiting: seconds => `${seconds} 秒后重新连接`,
    closed: (code, reason, meaning, by) =>
      `已关闭 ${code}${reason && ` “${reason}”`}：${meaning}${by && `；由${by}结束`}`,
    endedBy: { us: '我方', peer: '对方', policy: '我方按规则', network: '网络' },
  },
}
