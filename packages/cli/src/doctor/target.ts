import { checkSubprotocols } from '@bothways/protocol'
import { type Draft, draft } from './catalogue/draft.ts'

/** The place to connect to, as a URL names it. */
export interface Target {
  readonly url: URL
  readonly isSecure: boolean
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** Host header and authority: host, and the port where it is not the scheme's. */
  readonly authority: string
  /** Path and query. */
  readonly path: string
  /** The origin that a page of this very server has. */
  readonly origin: string
}

export interface ReadTarget {
  /** Undefined: there is nowhere to connect to, and a draft says why. */
  readonly target: Target | undefined
  readonly drafts: readonly Draft[]
}

/** WHATWG Fetch, "bad port": the ports that browsers refuse. */
const blockedPorts: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
])

const schemes: Readonly<Record<string, 'ws:' | 'wss:'>> = {
  'ws:': 'ws:',
  'wss:': 'wss:',
  'http:': 'ws:',
  'https:': 'wss:',
}

/** Reads a URL as somebody typed it, and says what is wrong with it. Never throws. */
export function readTarget(typed: string, protocols: readonly string[]): ReadTarget {
  const text = typed.trim()
  const drafts: Draft[] = []
  const hasScheme = /^[a-z][a-z0-9+.-]*:(\/\/|(?!\d))/i.test(text)
  if (!hasScheme) {
    const suggestion = withScheme(text)
    drafts.push(draft('BW_DOCTOR_URL_SCHEME_MISSING', { suggestion }, [`got ${JSON.stringify(typed)}`]))
    const read = readTarget(suggestion, protocols)
    return {
      target: read.target,
      drafts: [...drafts, ...read.drafts.filter(({ code }) => code !== 'BW_DOCTOR_URL_INVALID')],
    }
  }
  let url: URL
  try {
    url = new URL(text)
  } catch (error) {
    const problem = `${(error as Error).message}: ${text}`
    return { target: undefined, drafts: [draft('BW_DOCTOR_URL_INVALID', { problem }, [])] }
  }
  const scheme = schemes[url.protocol]
  if (scheme === undefined) {
    const suggestion = text.replace(/^[^:]*:/, 'ws:')
    return {
      target: undefined,
      drafts: [
        draft('BW_DOCTOR_URL_SCHEME_UNSUPPORTED', { scheme: url.protocol.slice(0, -1), suggestion }, []),
      ],
    }
  }
  if (url.protocol !== scheme) {
    drafts.push(
      draft(
        'BW_DOCTOR_URL_HTTP_SCHEME',
        { scheme: url.protocol, wanted: scheme, suggestion: text.replace(/^https?:/i, scheme) },
        [],
      ),
    )
  }
  if (url.hash !== '' || text.includes('#'))
    drafts.push(draft('BW_DOCTOR_URL_FRAGMENT', { fragment: url.hash || '#' }, []))
  if (url.username !== '' || url.password !== '') drafts.push(draft('BW_DOCTOR_URL_CREDENTIALS', {}, []))
  const isSecure = scheme === 'wss:'
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  if (url.hostname === '' || port === 0) {
    const problem = url.hostname === '' ? 'it has no host' : 'port 0 is not a port'
    return { target: undefined, drafts: [...drafts, draft('BW_DOCTOR_URL_INVALID', { problem }, [])] }
  }
  if (blockedPorts.has(port)) drafts.push(draft('BW_DOCTOR_URL_PORT_BLOCKED', { port }, []))
  drafts.push(...checkProtocols(protocols))
  const httpScheme = isSecure ? 'https' : 'http'
  const authority = new URL(`${httpScheme}://${url.host}`).host
  return {
    target: {
      url,
      isSecure,
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      authority,
      path: `${url.pathname === '' ? '/' : url.pathname}${url.search}`,
      origin: `${httpScheme}://${authority}`,
    },
    drafts,
  }
}

function checkProtocols(protocols: readonly string[]): Draft[] {
  try {
    checkSubprotocols(protocols)
    return []
  } catch (error) {
    const found = protocols.find(
      (protocol, index) => !isToken(protocol) || protocols.indexOf(protocol) !== index,
    )
    return [
      draft('BW_DOCTOR_SUBPROTOCOL_INVALID', { protocol: JSON.stringify(found ?? protocols[0]) }, [
        (error as Error).message,
      ]),
    ]
  }
}

function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(text)
}

function withScheme(text: string): string {
  if (text.startsWith('//')) return `ws:${text}`
  if (/^:?\d{1,5}(\/|$)/.test(text)) return `ws://localhost:${text.replace(/^:/, '')}`
  if (text.startsWith('/')) return `ws://localhost${text}`
  return `${/^[^/]*:443(\/|$)/.test(text) ? 'wss' : 'ws'}://${text}`
}

/** The same target with another scheme, as a URL to write. */
export function withOtherScheme({ url, isSecure }: Target): string {
  const rest = url.href.slice(url.protocol.length)
  return `${isSecure ? 'ws:' : 'wss:'}${rest}`
}
