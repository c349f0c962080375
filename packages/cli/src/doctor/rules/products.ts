import type { Product } from '../catalogue/lines.ts'
import type { Evidence } from '../evidence.ts'
import { type Answer, bodyText } from '../probes/http.ts'

/** The proxies, servers and frameworks that may stand between, by an answer's headers and texts. */
export interface Recognised {
  /** As the advice calls them. */
  readonly products: readonly Product[]
  /** A proxy's name; undefined when none was seen. */
  readonly proxy: string | undefined
}

const proxies: readonly (readonly [name: string, product: Product | undefined, pattern: RegExp])[] = [
  ['Cloudflare', 'Cloudflare', /^server: cloudflare|^cf-ray:/m],
  ['AWS ALB', 'AWS ALB', /^server: awselb/m],
  ['nginx', 'nginx', /^server: (nginx|openresty|tengine)/im],
  ['Apache', 'Apache', /^server: apache/im],
  ['Caddy', 'Caddy', /^server: caddy|^via: .*caddy/im],
  ['Envoy', undefined, /^server: envoy/im],
  [
    'HAProxy',
    'HAProxy',
    /No server is available to handle this request|Your browser sent an invalid request\./,
  ],
  ['Traefik', 'Traefik', /^x-traefik/im],
  ['Varnish', undefined, /^via: .*varnish/im],
  ['Squid', undefined, /^(via|server|x-squid-error): .*squid/im],
]

const frameworks: readonly (readonly [product: Product, pattern: RegExp])[] = [
  ['Next', /^x-powered-by: next\.js/im],
  ['Express', /^x-powered-by: express/im],
  ['Vite', /\/@vite\/client/],
  ['webpack', /webpack-dev-server/i],
  ['Django Channels', /^server: daphne/im],
]

export function recognise({ main, variants, front, isWebpackDevServer }: Evidence): Recognised {
  const text = headText(main) + headText(variants.plain)
  const firstHop = headText(front)
  const proxy =
    proxies.find(([, , pattern]) => pattern.test(firstHop)) ??
    proxies.find(([, , pattern]) => pattern.test(text))
  const products = [
    ...(proxy?.[1] === undefined ? [] : [proxy[1]]),
    ...(isWebpackDevServer ? (['webpack'] as const) : []),
    ...frameworks.filter(([, pattern]) => pattern.test(text)).map(([product]) => product),
  ]
  const via = /^via: (.*)$/im.exec(text)?.[1]
  return { products, proxy: proxy?.[0] ?? (via === undefined ? undefined : `a proxy (Via: ${via})`) }
}

function headText(answer: Answer | undefined): string {
  if (answer === undefined) return ''
  const headers = Object.entries(answer.head?.headers ?? {}).map(([name, value]) => `${name}: ${value}`)
  return `${headers.join('\n')}\n\n${bodyText(answer)}\n`
}

/** Pages that a proxy writes itself, when it passes nothing on. */
const ownPages: readonly RegExp[] = [
  /<center>(nginx|openresty|tengine)(\/[\d.]+)?( \(\w+\))?<\/center>/i,
  // Apache and HAProxy, each in its own way.
  /<!DOCTYPE HTML PUBLIC "-\/\/(IETF|W3C)\/\/DTD HTML [\d.]+\/\/EN"[^>]*>\s*<html><head>\s*<title>\d{3} /i,
  /<html><body><h1>\d{3} [^<]*<\/h1>\s*(The resource could not be found|No server is available to handle this request|Request forbidden by administrative rules|The server didn't respond in time)/,
  // Envoy.
  /^(no healthy upstream|upstream connect error)/,
]

/** The validators that nginx, Apache and Caddy give a file of theirs; frameworks' ones are weak or longer. */
const fileTag = /^"[0-9a-z]+(-[0-9a-z]+)?"$/

/** The proxy gave the answer itself: its own page, a file, or Caddy's answer where no route matches. */
export function isOwnAnswer(answer: Answer, proxy: string | undefined): boolean {
  const { headers = {} } = answer.head ?? {}
  const body = bodyText(answer)
  if (ownPages.some(pattern => pattern.test(body))) return true
  if (proxy === 'nginx' || proxy === 'Apache' || proxy === 'Caddy') {
    const isFile = headers['last-modified'] !== undefined && headers['x-powered-by'] === undefined
    if (isFile && fileTag.test(headers.etag ?? '')) return true
  }
  const rest = Object.keys(headers).filter(
    name => !['server', 'date', 'content-length', 'alt-svc'].includes(name),
  )
  return proxy === 'Caddy' && rest.length === 0 && headers['content-length'] === '0'
}
