import type { Draft, Facts, Make } from '../catalogue/draft.ts'
import type { Evidence } from '../evidence.ts'
import { type Answer, bodyText } from '../probes/http.ts'
import { concludeKnown } from './known-answers.ts'
import { passageOf } from './passage.ts'
import { isOwnAnswer, type Recognised } from './products.ts'
import { quote } from './show.ts'

/** The findings from a status and its body when no change in the request mattered. */
export function concludeStatus(
  evidence: Evidence,
  main: Answer,
  recognised: Recognised,
  make: Make,
): Draft[] {
  const { proxy } = recognised
  const head = main.head!
  const { status, headers } = head
  const body = bodyText(main).trim()
  const reason = headers['x-websocket-reject-reason']
  const after = headers['retry-after'] === undefined ? '' : `, Retry-After ${headers['retry-after']}`
  const says = reason ?? (body === '' ? '' : quote(body, 160))
  const { target, variants } = evidence
  const isOwn = isOwnAnswer(main, proxy)
  const known = concludeKnown(evidence, main, recognised, make)
  if (known !== undefined) return known

  if (isAboutOrigin(`${reason ?? ''} ${body}`) && status >= 400 && status < 500) {
    const { origin } = evidence
    const originHost = URL.canParse(origin) ? new URL(origin).hostname : origin
    const others = { en: `it says ${says}`, zh: `它的回应是 ${says}` }
    return make('BW_DOCTOR_ORIGIN_REFUSED', { origin, originHost, status, others })
  }
  if (/No handler is configured to accept/.test(reason ?? '')) return make('BW_DOCTOR_NO_REQUEST_HANDLER')
  if (isAboutUpgrade(body, status)) return make('BW_DOCTOR_UPGRADE_STRIPPED', { status })
  const versions = headers['sec-websocket-version']
  if (versions !== undefined && status >= 400 && status < 500) {
    const takes13 = versions.split(/\s*,\s*/).includes('13')
    if (!takes13) return make('BW_DOCTOR_VERSION', { versions })
    if (status !== 426) return make('BW_DOCTOR_HEADERS_MANGLED', { says: says === '' ? `${status}` : says })
  }
  if (/Sec-WebSocket-(Key|Version)/i.test(body) && status >= 400 && status < 500) {
    return make('BW_DOCTOR_HEADERS_MANGLED', { says })
  }

  switch (status) {
    case 400:
      if (isUnread(main) && variants.plain !== undefined && isUnread(variants.plain))
        return make('BW_DOCTOR_REQUEST_GARBLED')
      if (body === 'Bad Request')
        return make('BW_DOCTOR_WRONG_PATH', { path: target.url.pathname, found: '' })
      return make('BW_DOCTOR_BAD_REQUEST', { says: says === '' ? '' : `: ${says}` })
    case 401:
      return make('BW_DOCTOR_AUTHENTICATION', {
        scheme: headers['www-authenticate'] === undefined ? '' : ` (${headers['www-authenticate']})`,
      })
    case 403:
      return make('BW_DOCTOR_FORBIDDEN', { reason: says === '' ? '' : `, ${says}` })
    case 404:
      if (isNoRouteOfOurs(body)) return make('BW_DOCTOR_WRONG_PATH', { path: target.url.pathname, found: '' })
      return unhandled('BW_DOCTOR_NOT_FOUND')
    case 405:
    case 501:
      return make('BW_DOCTOR_METHOD', {
        status,
        allow: headers.allow === undefined ? '' : ` (Allow: ${headers.allow})`,
      })
    case 407:
      return make('BW_DOCTOR_PROXY_AUTHENTICATION')
    case 426:
      return make('BW_DOCTOR_UPGRADE_STRIPPED', { status })
    case 429:
      return make('BW_DOCTOR_TOO_MANY_REQUESTS', { after })
    case 502:
    case 504:
      return badGateway()
    case 503:
      // nginx says 502 when it cannot reach the server behind it; these say 503.
      if (isOwn && proxy !== 'nginx') return badGateway()
      return make('BW_DOCTOR_UNAVAILABLE', { after })
  }
  if (status >= 300 && status < 400) return redirected(headers.location ?? '')
  if ((status >= 520 && status <= 527) || status === 530)
    return make('BW_DOCTOR_CLOUDFLARE_ORIGIN', { status })
  if (status >= 500) {
    const plain =
      variants.plain?.head?.status === status
        ? { en: 'and for a plain GET as well', zh: '普通 GET 也一样' }
        : { en: 'not for a plain GET', zh: '普通 GET 正常' }
    return make('BW_DOCTOR_SERVER_ERROR', { status, plain })
  }
  if (status >= 200 && status < 300) return unhandled('BW_DOCTOR_HTTP_ANSWERED')
  return make('BW_DOCTOR_STATUS', { status, reason: head.reason })

  function badGateway(): Draft[] {
    return make('BW_DOCTOR_BAD_GATEWAY', { status, proxy: proxy === undefined ? '' : ` (${proxy})` })
  }

  function unhandled(code: 'BW_DOCTOR_NOT_FOUND' | 'BW_DOCTOR_HTTP_ANSWERED'): Draft[] {
    const isAsPlain = variants.plain?.head?.status === status
    if (proxy !== undefined && isOwn) return make('BW_DOCTOR_PROXY_ANSWERED', { proxy, status })
    if (proxy === undefined || !isAsPlain) return make(code, { status })
    const passage = passageOf(evidence, main, recognised)
    if (passage === undefined)
      return make('BW_DOCTOR_UPGRADE_STRIPPED_OR_UNHANDLED', { proxy, status, habit: habitOf(proxy) })
    return make(passage.is === 'stripped' ? 'BW_DOCTOR_UPGRADE_STRIPPED' : code, { status }, [passage.seen])
  }

  function redirected(location: string): Draft[] {
    const base = new URL(target.url)
    base.protocol = target.isSecure ? 'https:' : 'http:'
    const to = URL.canParse(location, `${target.origin}${target.path}`)
      ? new URL(location, `${target.origin}${target.path}`)
      : undefined
    const suggestion = to === undefined ? location : to.href.replace(/^http/, 'ws')
    const why =
      to?.protocol === 'https:' && !target.isSecure
        ? { en: 'The server wants TLS.', zh: '服务器要求 TLS。' }
        : /login|signin|sign-in|auth|sso/i.test(location)
          ? {
              en: 'It leads to a login: the request lacks a session cookie.',
              zh: '目标是登录页：请求缺少会话 Cookie。',
            }
          : to !== undefined && otherSlashOnly(to.pathname, target.url.pathname)
            ? { en: 'Only the slash at the end differs.', zh: '只差末尾的斜杠。' }
            : to !== undefined && to.hostname !== target.host
              ? {
                  en: 'It leads to another host: a moved site, or a network that wants a login first.',
                  zh: '目标是另一台主机：网站已迁移，或网络要求先登录。',
                }
              : ''
    return make('BW_DOCTOR_REDIRECTED', { status, location, suggestion, reason: why })
  }
}

/** The treatment of an upgrade by a proxy that nobody has configured for it. */
function habitOf(proxy: string): Facts[string] {
  if (proxy === 'nginx' || proxy === 'Apache') {
    return {
      en: ` ${proxy} strips it unless its lines say otherwise.`,
      zh: `${proxy} 默认会去掉升级，除非配置中另有说明。`,
    }
  }
  if (['Caddy', 'HAProxy', 'Traefik', 'AWS ALB', 'Cloudflare'].includes(proxy)) {
    return {
      en: ` ${proxy} passes it on unless its lines say otherwise, so look at the server behind first.`,
      zh: `${proxy} 默认会转发升级，因此请先检查后端。`,
    }
  }
  return ''
}

function otherSlashOnly(one: string, other: string): boolean {
  return one !== other && one.replace(/\/$/, '') === other.replace(/\/$/, '')
}

function isAboutOrigin(text: string): boolean {
  return (
    /\borigin\b/i.test(text) &&
    /(not allowed|refus|forbid|invalid|denied|check|accept|unauthori[sz]ed|mismatch|match)/i.test(text)
  )
}

const upgradeWords: readonly RegExp[] = [
  // gorilla, coder and Spring.
  /'upgrade' token not found|does not contain Upgrade|Can "Upgrade" only to/i,
  // Tornado and aiohttp.
  /"Connection" must be "Upgrade"|No (CONNECTION|WebSocket) upgrade hdr/i,
  // python-websockets, faye, Netty and others.
  /missing (Connection|Upgrade) header|missing upgrade|not a WebSocket (handshake )?request|not a WebSocket handshake/i,
  // actix, axum, Cowboy and Phoenix.
  /WebSocket upgrade is expected|Connection upgrade is not set|`?(Connection|Upgrade)`? header did not include|'(connection|upgrade)' header must contain/i,
  /(Missing|invalid|No|expected).{0,20}["']?(Upgrade|Connection)["']? header|Upgrade Required|Expected (a )?websocket (upgrade|request|connection)/i,
]

/** A WebSocket server that saw a request without upgrade, in the words of the common ones. */
function isAboutUpgrade(body: string, status: number): boolean {
  if (status !== 400 && status !== 426) return false
  return upgradeWords.some(pattern => pattern.test(body))
}

/** The bare answer of Node.js to bytes that are no request. */
function isUnread({ head, rest }: Answer): boolean {
  return (
    head?.status === 400 &&
    rest.length === 0 &&
    Object.keys(head.headers).every(name => name === 'connection')
  )
}

/** The answer of Bothways itself to a path without a route. */
function isNoRouteOfOurs(body: string): boolean {
  return /WebSocket/.test(body) && /(no route|path)/i.test(body)
}
