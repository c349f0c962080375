import { invalidOption } from '../connection/option-checks.ts'

/** Which pages may connect (RFC 6455 §4.2.2 step 4, §10.2). */
export interface OriginPolicy {
  /** Accepted besides the page's own origin: serialized origins, or `'*'` for every origin. */
  readonly origins: readonly string[] | '*'
  /** Whether to accept or refuse a request without an Origin: only browsers send one. */
  readonly missingOrigin: 'accept' | 'refuse'
}

/**
 * Why a request is refused, or undefined when it is accepted.
 *
 * The same-origin check compares host and port. The scheme is the Origin's own word: behind a proxy that ends TLS
 * this server does not know it, and a page cannot fake it.
 *
 * @param host the request's Host, or what a trusted proxy says it was
 */
export function originRefusal(
  origin: string | undefined,
  host: string | undefined,
  { origins, missingOrigin }: OriginPolicy,
): string | undefined {
  if (origin === undefined) {
    if (missingOrigin === 'accept') return undefined
    return "The request has no Origin header and this server asks for one (option missingOrigin: 'accept' lets it in)."
  }
  if (origins === '*' || origins.includes(origin)) return undefined
  if (origin === 'null') {
    return "The page's origin is 'null', as it is for a page opened from a file: list 'null' in the option origins to let it in."
  }
  if (host !== undefined && isSameHost(origin, host)) return undefined
  return (
    `The page comes from ${printable(origin)}, this server is ${printable(host ?? 'unknown')}: ` +
    'list the origin in the option origins to let it in. ' +
    'If a proxy stands between, it must pass the Host header on (nginx: proxy_set_header Host $host), or be listed in the option trustedProxies.'
  )
}

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

function isSameHost(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false
  const page = new URL(origin)
  const defaultPort = defaultPorts[page.protocol]
  if (defaultPort === undefined || !URL.canParse(`${page.protocol}//${host}`)) return false
  const server = new URL(`${page.protocol}//${host}`)
  return server.host === page.host && server.pathname === '/' && server.username === ''
}

function printable(text: string): string {
  return text.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, '?')
}

/** An entry of the option `origins` must be what a browser sends: scheme, host and port, nothing else. */
export function isSerializedOrigin(text: string): boolean {
  if (text === 'null') return true
  if (!URL.canParse(text) || !/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s@]+$/.test(text)) return false
  // No browser sends capitals or the default port. Of other schemes, such as an extension's, the URL knows no origin.
  const { protocol, origin } = new URL(text)
  return defaultPorts[protocol] === undefined || origin === text
}

/**
 * The option `origins`.
 *
 * @throws UsageError `BW_INVALID_OPTION`
 */
export function checkOrigins(origins: unknown): void {
  if (origins === '*') return
  const wrong: unknown = Array.isArray(origins)
    ? origins.find(it => String(it).includes('*') || !isSerializedOrigin(String(it)))
    : origins
  if (wrong === undefined) return
  if (wrong === '*') throw invalidOption('origins', "'*' itself for every origin, without a list", [wrong])
  const expected =
    typeof wrong === 'function'
      ? "a list of origins; what a function would decide is authenticate's: request.origin"
      : String(wrong).includes('*')
        ? "'*', or a list of whole origins; authenticate may look at request.origin for the rest of a pattern"
        : "'*' or a list of origins such as 'https://example.com'"
  throw invalidOption('origins', expected, wrong)
}
