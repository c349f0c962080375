import type { Evidence } from '../evidence.ts'
import type { Product } from '../findings/lines.ts'
import { type Answer, bodyText } from '../probes/http.ts'

/** Who may stand between: what an answer's headers and texts tell of proxies, servers and frameworks. */
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

export function recognise({ main, variants }: Evidence): Recognised {
  const text = [main, variants.plain].map(answer => (answer === undefined ? '' : headText(answer))).join('\n')
  const proxy = proxies.find(([, , pattern]) => pattern.test(text))
  const products = [
    ...(proxy?.[1] === undefined ? [] : [proxy[1]]),
    ...frameworks.filter(([, pattern]) => pattern.test(text)).map(([product]) => product),
  ]
  const via = /^via: (.*)$/im.exec(text)?.[1]
  return { products, proxy: proxy?.[0] ?? (via === undefined ? undefined : `a proxy (Via: ${via})`) }
}

function headText(answer: Answer): string {
  const headers = Object.entries(answer.head?.headers ?? {}).map(([name, value]) => `${name}: ${value}`)
  return `${headers.join('\n')}\n\n${bodyText(answer)}`
}
