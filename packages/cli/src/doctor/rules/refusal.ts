import type { Make } from '../catalogue/draft.ts'
import { type Draft, draft, type Facts, type FindingCode } from '../catalogue/draft.ts'
import type { Evidence, VariantName } from '../evidence.ts'
import { speakerOf } from '../probes/greeting.ts'
import { type Answer, bodyText } from '../probes/http.ts'
import { withOtherScheme } from '../target.ts'
import { askedEngine, engineFacts } from './conversation.ts'
import { recognise } from './products.ts'
import { showBytes, showPair } from './show.ts'
import { concludeStatus } from './status.ts'
import { saysTlsOnly } from './tls.ts'

/** The answer to the upgrade was not 101: the differences between the requests tell why. One finding, the cause. */
export function concludeRefusal(evidence: Evidence, main: Answer): Draft[] {
  const pairs = [showPair(main, 'upgrade'), ...comparisons(evidence)]
  const make = (code: FindingCode, facts: Facts = {}, more: readonly string[] = []) => [
    draft(code, facts, [...more, ...pairs]),
  ]
  const { target } = evidence
  const says = bodyText(main)
  if (saysTlsOnly(main.bytes) && !target.isSecure) {
    return make('BW_DOCTOR_WS_TO_TLS_PORT', { suggestion: withOtherScheme(target) })
  }
  if (/No required SSL certificate|SSL certificate error/i.test(says) || isCertificateAlert(main)) {
    return make('BW_DOCTOR_CLIENT_CERTIFICATE_WANTED')
  }
  const engine = concludeEngineIo(evidence, main, make)
  if (engine !== undefined) return engine
  const changed = concludeByChange(evidence, main, make)
  if (changed !== undefined) return changed
  if (main.head === undefined) return concludeNoHead(evidence, main, make)
  return concludeStatus(evidence, main, recognise(evidence), make)
}

const variantWords: Partial<Record<VariantName, string>> = {
  plain: 'plain GET',
  stripped: 'upgrade without Upgrade and Connection',
}

function comparisons({ variants, openPaths, front }: Evidence): string[] {
  const shown = (Object.entries(variants) as [VariantName, Answer][]).map(([name, answer]) =>
    showPair(answer, variantWords[name] ?? `upgrade, ${name}`),
  )
  const broken = front === undefined ? [] : [showPair(front, 'a request that cannot be read')]
  return [...shown, ...openPaths.map(path => `upgrade on ${path}: 101`), ...broken]
}

function isCertificateAlert({ error }: Answer): boolean {
  return /CERTIFICATE_REQUIRED|certificate required/i.test(`${error?.code} ${error?.message}`)
}

/** Socket.IO, reached by a plain client or by a browser that was pointed at it on purpose. */
function concludeEngineIo(evidence: Evidence, main: Answer, make: Make): Draft[] | undefined {
  const { engineIo, target } = evidence
  const says = bodyText(main)
  const asked = askedEngine(target.path)
  if (/Session ID unknown/.test(says)) return make('BW_DOCTOR_SOCKET_IO_NOT_STICKY')
  if (/Unsupported protocol version/.test(says)) {
    const facts = engineFacts(engineIo?.versions.length ? engineIo.versions : [4], target.origin)
    return make('BW_DOCTOR_SOCKET_IO_VERSION', { ...facts, asked: asked ?? 3 })
  }
  const isUpgradeLost = /"code"\s*:\s*3\b/.test(says) && /transport=websocket/.test(target.path)
  if (isUpgradeLost) return make('BW_DOCTOR_UPGRADE_STRIPPED', { status: `${main.head?.status}` })
  if (engineIo === undefined) return undefined
  if (engineIo.versions.length === 0) return undefined
  const path = `Engine.IO at ${engineIo.path}: version ${engineIo.versions.join(' and ')}`
  if (engineIo.losesSessions) return make('BW_DOCTOR_SOCKET_IO_NOT_STICKY', {}, [path])
  const isItsOwnPath = target.url.pathname.replace(/\/?$/, '/') === engineIo.path.replace(/\/?$/, '/')
  const isEngineUrl = target.url.pathname.startsWith('/socket.io') || asked !== undefined
  const isMeant = (isItsOwnPath && isEngineUrl) || target.url.protocol.startsWith('http')
  if (isMeant && engineIo.isPollingOnly && engineIo.refusesWebSocket) {
    return make('BW_DOCTOR_SOCKET_IO_POLLING_ONLY', engineFacts(engineIo.versions, target.origin), [path])
  }
  const isRefused = main.head !== undefined && main.head.status !== 101
  if (engineIo.isPollingOnly && !engineIo.refusesWebSocket && (isMeant || isRefused)) {
    return make('BW_DOCTOR_UPGRADE_STRIPPED', { status: main.head?.status ?? 'no answer' }, [path])
  }
  const facts = engineFacts(engineIo.versions, target.origin)
  if (isMeant) return make('BW_DOCTOR_SOCKET_IO', facts, [path])
  const isEndedByEngine = main.head === undefined && main.bytes.length === 0
  if (isEndedByEngine || isItsOwnPath || /Transport unknown/.test(says))
    return make('BW_DOCTOR_SOCKET_IO_SERVER', facts, [path])
  return undefined
}

/** One change in the request made a 101 of it. */
function concludeByChange(evidence: Evidence, main: Answer, make: Make): Draft[] | undefined {
  const { variants, target, origin, openPaths, offered } = evidence
  const opens = (name: VariantName) => variants[name]?.head?.status === 101
  const status = main.head?.status ?? 'no answer'
  if (opens('own origin') || opens('without origin') || opens('foreign origin')) {
    const others = opens('own origin')
      ? { en: 'the server’s own origin is accepted', zh: '服务器自己的源可以' }
      : opens('without origin')
        ? { en: 'requests without an Origin are accepted', zh: '不带 Origin 的请求可以' }
        : { en: 'another origin is accepted', zh: '其他源可以' }
    return make('BW_DOCTOR_ORIGIN_REFUSED', { origin, originHost: hostOf(origin), status, others })
  }
  if (opens('without compression')) return make('BW_DOCTOR_COMPRESSION_REFUSED', { status })
  if (opens('without subprotocols'))
    return make('BW_DOCTOR_SUBPROTOCOL_REFUSED', { protocol: offered.join(', '), status })
  if (opens('known subprotocols')) {
    const protocol = variants['known subprotocols']?.head?.headers['sec-websocket-protocol'] ?? 'one of them'
    return make('BW_DOCTOR_SUBPROTOCOL_REQUIRED', { status, protocol })
  }
  const isAboutPath =
    main.head === undefined || [200, 204, 301, 302, 307, 308, 400, 404, 405, 426].includes(main.head.status)
  const isRedirect = main.head !== undefined && main.head.status >= 300 && main.head.status < 400
  const found = opens('other slash') ? variants['other slash']?.ask.path : openPaths[0]
  if (found !== undefined && isAboutPath && !isRedirect) {
    const here = `${target.isSecure ? 'wss' : 'ws'}://${target.authority}${found}`
    return make('BW_DOCTOR_WRONG_PATH', {
      path: target.url.pathname,
      found: { en: ` It answers on ${here}`, zh: `它在 ${here} 上有回应。` },
    })
  }
  return undefined
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : origin
}

/** The answer was no HTTP response, or nothing came. */
function concludeNoHead(evidence: Evidence, main: Answer, make: Make): Draft[] {
  const { target, greeting, clientHello, variants } = evidence
  const suggestion = withOtherScheme(target)
  if (!target.isSecure && (clientHello?.ok || speakerOf(main.bytes) === 'TLS')) {
    return make('BW_DOCTOR_WS_TO_TLS_PORT', { suggestion }, ['a TLS handshake succeeds on this port'])
  }
  const plain = variants.plain
  const speaker = speakerOf(main.bytes) ?? greeting?.speaker
  if (speaker === 'HTTP/2') return make('BW_DOCTOR_HTTP2_ONLY', {}, [`it sends ${showBytes(main.bytes)}`])
  if (speaker !== undefined) {
    return make('BW_DOCTOR_NOT_HTTP', { speaker }, [
      `it says ${showBytes(greeting?.bytes.length ? greeting.bytes : main.bytes)}`,
    ])
  }
  const text = main.bytes.toString('latin1')
  if (/^HTTP\/1\.\d \d{3}/.test(text)) return make('BW_DOCTOR_HTTP_INCOMPLETE')
  if (main.bytes.length > 0 || (greeting !== undefined && !greeting.isSilent)) {
    const said = main.bytes.length > 0 ? main.bytes : greeting!.bytes
    const unknown = { en: 'a protocol of its own', zh: '自己的协议' }
    return make('BW_DOCTOR_NOT_HTTP', { speaker: unknown }, [`it says ${showBytes(said)}`])
  }
  // A server that reads no such header says 400 to it.
  const statusBehind = evidence.afterProxyHeader?.head?.status ?? 400
  if (plain?.head === undefined && evidence.afterProxyHeader !== undefined && statusBehind !== 400) {
    return make('BW_DOCTOR_PROXY_HEADER_WANTED', {}, [
      showPair(evidence.afterProxyHeader, 'upgrade behind PROXY TCP4 …'),
    ])
  }
  const how = main.ending === 'reset' ? 'RST' : 'FIN'
  const isSilent = main.ending === 'silence'
  if (plain?.head !== undefined) {
    return isSilent
      ? make('BW_DOCTOR_UPGRADE_IGNORED')
      : make('BW_DOCTOR_UPGRADE_CRASHES', { how: `${how}, ${main.endMs} ms` })
  }
  return isSilent
    ? make('BW_DOCTOR_SERVER_SILENT')
    : make('BW_DOCTOR_ENDED_WITHOUT_ANSWER', { how: `${how}, ${main.endMs} ms` })
}
