import type { Language } from '../../language.ts'
import type { Draft, Make } from '../catalogue/draft.ts'
import type { Evidence } from '../evidence.ts'
import { type Answer, bodyText } from '../probes/http.ts'
import type { Recognised } from './products.ts'
import { quote } from './show.ts'

/** Servers of other protocols on WebSocket that say who they are, and how one talks to them. */
const libraries: readonly {
  readonly library: string
  readonly pattern: RegExp
  readonly how: Readonly<Record<Language, string>>
}[] = [
  {
    library: 'SignalR',
    pattern: /^(Connection ID required|No Connection with that ID)/,
    how: {
      en: 'Use @microsoft/signalr, which asks for a connection first (POST …/negotiate). A hub that allows skipNegotiation takes WebSocket at once: it wants its handshake {"protocol":"json","version":1} as the first message.',
      zh: '请使用 @microsoft/signalr，它会先请求一个连接（POST …/negotiate）。允许 skipNegotiation 的 hub 可以直接用 WebSocket 连接，第一条消息必须是握手 {"protocol":"json","version":1}。',
    },
  },
  {
    library: 'SockJS',
    pattern: /^Welcome to SockJS!/,
    how: {
      en: 'Use sockjs-client with this URL, or a plain WebSocket with the raw path: this URL and /websocket behind it (Spring: with withSockJS(), too).',
      zh: '请用 sockjs-client 连接该 URL；或用普通 WebSocket 连接原始路径，即在该 URL 后加 /websocket（Spring 的 withSockJS() 也是如此）。',
    },
  },
]

const isHttpProxy =
  /does not respond to non-proxy requests|This is a proxy server|non-proxy request|Invalid header received from client|<h2>Invalid URL|ERR_INVALID_URL/i

/** The findings that the words of an answer prove, before its status is looked at. Undefined for unknown words. */
export function concludeKnown(
  { target, variants }: Evidence,
  main: Answer,
  { proxy }: Recognised,
  make: Make,
): Draft[] | undefined {
  const { status, headers } = main.head!
  const body = bodyText(main).trim()
  const says = quote(body, 120)
  if (status === 511) return make('BW_DOCTOR_CAPTIVE_PORTAL')
  if (
    status === 431 ||
    status === 494 ||
    /Request Header Or Cookie Too Large|Size of a request header field exceeds/i.test(body)
  ) {
    return make('BW_DOCTOR_HEADERS_TOO_LARGE', { status })
  }
  if (
    status >= 400 &&
    status < 500 &&
    /Invalid Host header|This host .{0,120}is not allowed|Invalid HTTP_HOST header/i.test(body)
  ) {
    return make('BW_DOCTOR_HOST_REFUSED', { host: target.host, status, says })
  }
  if (status >= 400 && isHttpProxy.test(`${headers['x-squid-error'] ?? ''} ${body}`)) {
    return make('BW_DOCTOR_HTTP_PROXY_PORT', { says, where: target.authority })
  }
  const known = libraries.find(({ pattern }) => pattern.test(body))
  if (known !== undefined) return make('BW_DOCTOR_OTHER_LIBRARY', { library: known.library, how: known.how })
  const plain = variants.plain?.head?.status
  if (status === 403 && body === '' && proxy === 'Envoy' && plain !== undefined && plain !== 403) {
    return make('BW_DOCTOR_PROXY_REFUSES_UPGRADE', { proxy, status })
  }
  const isUvicorn = /^uvicorn/i.test(headers.server ?? '')
  if (status === 404 && isUvicorn && body === '{"detail":"Not Found"}')
    return make('BW_DOCTOR_NO_WEBSOCKET_LIBRARY')
  return undefined
}
