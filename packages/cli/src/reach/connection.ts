import type { Words } from '../language.ts'
import { WrongUse } from '../wrong-use.ts'
import { chooseProxy } from './proxy-choice.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'

/** The values given to {@link connectionOptions}. */
export interface ConnectionValues {
  readonly protocol?: readonly string[] | undefined
  readonly header?: readonly string[] | undefined
  readonly auth?: string | undefined
  readonly origin?: string | undefined
  readonly insecure?: boolean | undefined
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly proxy?: string | undefined
}

/** How to reach a server and what to say to it, whichever command connects. */
export interface Connection {
  readonly protocols: readonly string[]
  /** A name may come several times. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly origin: string | undefined
  readonly isInsecure: boolean
  readonly tlsFiles: TlsFiles
  /** The proxy for a URL; undefined: none. */
  readonly proxyFor: (url: URL) => URL | undefined
}

/** @throws WrongUse */
export function readConnection(values: ConnectionValues): Connection {
  return {
    protocols: values.protocol ?? [],
    headers: withAuthorization((values.header ?? []).map(readHeader), values.auth),
    origin: values.origin,
    isInsecure: values.insecure ?? false,
    tlsFiles: readTlsFiles(values),
    proxyFor: url => chooseProxy(url, values.proxy, process.env),
  }
}

type Header = readonly [name: string, value: string]

/** RFC 9110 §5.1: a name is a token. */
function readHeader(line: string): Header {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(line) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  throw new WrongUse({
    en: `--header takes 'Name: value', got '${line}'.`,
    zh: `--header 的值形如“Name: value”，收到“${line}”。`,
  })
}

/** RFC 7617: the user's name ends at the first colon, and the password may hold further ones. */
function withAuthorization(headers: readonly Header[], auth: string | undefined): readonly Header[] {
  if (auth === undefined) return headers
  const fault: Words | undefined = !auth.includes(':')
    ? {
        en: '--auth takes user:password; there was no colon.',
        zh: '--auth 的值形如 user:password；没有冒号。',
      }
    : headers.some(([name]) => name.toLowerCase() === 'authorization')
      ? {
          en: 'Either --auth or a header Authorization: both say who you are.',
          zh: '--auth 与 Authorization 请求头只能用一个：两者都表明身份。',
        }
      : undefined
  if (fault !== undefined) throw new WrongUse(fault)
  return [...headers, ['Authorization', `Basic ${Buffer.from(auth).toString('base64')}`]]
}
