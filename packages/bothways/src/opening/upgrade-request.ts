import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { readHeaderLines } from '@bothways/protocol'
import type { Forwarded, TrustedProxies } from './forwarded.ts'
import type { KeptRequest } from './long-heads.ts'
import { noParams, type RouteParams } from './route-params.ts'

/** The request behind a WebSocket, as `authenticate` and handlers see it. */
export interface UpgradeRequest<Params = RouteParams> {
  /** Absolute, as the client wrote it: `wss://example.com/chat?room=1`. */
  readonly url: URL
  /** The path alone, still percent-encoded. */
  readonly path: string
  /** The path's values for the parameters of its route, percent-decoded: of `/rooms/:id` that of `id`. */
  readonly params: Params
  /**
   * Lower-case names, as `node:http` gives them. Where many open connections came with long heads, those of the oldest
   * lose what is longer than 256 characters, and the query of `url`.
   */
  readonly headers: Readonly<IncomingHttpHeaders>
  /** The page's origin, as the browser says it; undefined for other clients. */
  readonly origin: string | undefined
  /** Host and port the client asked for; a trusted proxy's word goes before the Host header. */
  readonly host: string | undefined
  /** The subprotocols the client offered, in its order. */
  readonly protocols: readonly string[]
  /** The client's address; behind a trusted proxy the one it forwards. */
  readonly remoteAddress: string
  /** The port of the TCP connection's other end. */
  readonly remotePort: number
  /** True for `wss:`, also when a trusted proxy ended TLS. */
  readonly isSecure: boolean
  /** Aborted when the client leaves, or the handshake takes too long. */
  readonly signal: AbortSignal
  /**
   * Node's own request; undefined on a port of the server's own where there is no `authenticate` to see it, over HTTP/2,
   * and where its long headers had to go.
   */
  readonly raw: IncomingMessage | undefined
}

type Headers = UpgradeRequest['headers']

/** The facts that are known of a request once its head has been read. */
export interface RequestFacts {
  readonly method: string | undefined
  readonly httpVersion: string
  /** As in the request line. */
  readonly target: string
  readonly headers: Headers
  readonly peerAddress: string
  readonly peerPort: number
  readonly isTls: boolean
  /** The lines that the headers can be read from again, so that they need not be kept. */
  readonly headerLines?: string
  readonly raw?: IncomingMessage
}

const plainPath = /^(?=\/)(?:\/[\w~-][\w.~-]*)*\/?(?=$|\?)/

/** The path of a request without knowing its host yet; undefined when the target is not a URL. */
export function requestPath(target: string): string | undefined {
  // The URL parser would change nothing of such a path.
  const plain = plainPath.exec(target)
  if (plain !== null) return plain[0]
  // An origin-form target is a path (RFC 9112 §3.2.1); proxies may send the absolute form (§3.2.2).
  const base = 'ws://localhost'
  if (target.startsWith('/')) return URL.canParse(base + target) ? new URL(base + target).pathname : undefined
  return URL.canParse(target) ? new URL(target).pathname : undefined
}

const none: readonly string[] = []

/** A long head keeps so many headers and subprotocols, and each up to so many characters. */
const mostKept = 32
const longestKept = 256

/** Most requests are looked at little: expensive parts are made when they are asked for. */
export class HandshakeRequest implements UpgradeRequest, KeptRequest {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly isSecure: boolean
  params: RouteParams
  #target: string
  #headerLines: string | undefined
  #headers: Headers | undefined
  #more: More | undefined

  private constructor(facts: RequestFacts, protocols: readonly string[], host: string, forwarded: Forwarded) {
    if (host !== facts.headers.host) this.#added.forwardedHost = host
    if (protocols.length > 0) this.#added.protocols = protocols
    if (facts.raw !== undefined) this.#added.raw = facts.raw
    const { remoteAddress } = forwarded
    this.remoteAddress = remoteAddress === facts.peerAddress ? remoteAddress : ownText(remoteAddress)
    this.remotePort = facts.peerPort
    this.isSecure = forwarded.isSecure
    this.#target = facts.target
    this.#headerLines = facts.headerLines
    this.#headers = facts.headers
    this.params = noParams
  }

  /** Undefined when the request has no usable Host or target. */
  static of(
    facts: RequestFacts,
    protocols: readonly string[],
    proxies: TrustedProxies,
    params: RouteParams = noParams,
  ): HandshakeRequest | undefined {
    const forwarded = proxies.resolve(facts.headers, facts.peerAddress, facts.isTls)
    const { host } = forwarded
    // Anything more in Host would make up another path than the one that was routed, for `authenticate` to judge. No
    // name is longer than 255 octets (RFC 1035 §2.3.4); a port may follow.
    if (host === undefined || !/^[^\s/\\?#@]{1,262}$/.test(host)) return undefined
    const request = new HandshakeRequest(facts, protocols, host, forwarded)
    if (!isHost(host)) return undefined
    if (params !== noParams) request.params = mapValues(params, ownText)
    return request
  }

  get protocols(): readonly string[] {
    return this.#more?.protocols ?? none
  }

  get raw(): IncomingMessage | undefined {
    return this.#more?.raw
  }

  get headByteLength(): number {
    const lines = this.#headerLines?.length ?? this.raw?.rawHeaders.reduce(addLength, 0)
    return this.#target.length + (lines ?? Object.entries(this.headers).flat(2).reduce(addTextLength, 0))
  }

  get headers(): Headers {
    this.#headers ??= readHeaderLines(this.#headerLines ?? '') ?? {}
    return this.#headers
  }

  get host(): string {
    return this.#more?.forwardedHost ?? (this.headers.host as string)
  }

  get origin(): string | undefined {
    return this.headers.origin as string | undefined
  }

  get url(): URL {
    const more = this.#added
    more.url ??= new URL(`${this.isSecure ? 'wss' : 'ws'}://${this.host}${originForm(this.#target)}`)
    return more.url
  }

  get path(): string {
    return requestPath(this.#target) ?? '/'
  }

  get signal(): AbortSignal {
    const more = this.#added
    more.leaving ??= new AbortController()
    if (more.hasLeft === true) more.leaving.abort()
    return more.leaving.signal
  }

  /** They take memory for as long as the connection lives, and few programs look at them: read again when asked for. */
  forgetHeaders(): void {
    if (this.#headerLines !== undefined) this.#headers = undefined
  }

  forgetLongHead(): void {
    const forwardedHost = ownText(this.host)
    const short = Object.entries(this.headers).filter(([, value]) => String(value).length <= longestKept)
    const kept = short.slice(0, mostKept).map(([name, value]) => [ownText(name), copyAll(value)])
    this.#headers = Object.fromEntries(kept)
    this.#headerLines = undefined
    if (this.params !== noParams) this.params = mapValues(this.params, it => it.slice(0, longestKept))
    const protocols = this.protocols
      .filter(it => it.length <= longestKept)
      .slice(0, mostKept)
      .map(ownText)
    this.#more = { ...this.#more, forwardedHost, protocols, raw: undefined, url: undefined }
    this.#target =
      this.#target.length <= longestKept ? ownText(this.#target) : ownText(this.path.slice(0, longestKept))
  }

  /** The client has left, or the handshake took too long. */
  abort(): void {
    this.#added.hasLeft = true
    this.#added.leaving?.abort()
  }

  get #added(): More {
    this.#more ??= {}
    return this.#more
  }
}

/** The parts that few requests have, or are asked for. */
interface More {
  /** The host that a trusted proxy says, where it differs. */
  forwardedHost?: string
  protocols?: readonly string[]
  raw?: IncomingMessage | undefined
  url?: URL | undefined
  leaving?: AbortController
  hasLeft?: boolean
}

/** Most clients of a server ask for the same. */
let lastHost: string | undefined

/** Whether a URL can have it; that has no other part that could be wrong. */
function isHost(host: string): boolean {
  if (host === lastHost) return true
  if (!URL.canParse(`ws://${host}/`)) return false
  lastHost = host
  return true
}

function addLength(sum: number, { length }: string): number {
  return sum + length
}

function addTextLength(sum: number, text: string | undefined): number {
  return sum + (text?.length ?? 0)
}

/** Copies each value: a text that is cut out of a path would keep the whole of it. */
function mapValues(params: RouteParams, map: (value: string) => string): RouteParams {
  const entries = Object.entries(params).map(([name, value = '']) => [name, ownText(map(value))])
  return Object.fromEntries(entries)
}

function copyAll(value: string | string[] | undefined): string | string[] | undefined {
  return typeof value === 'string' ? ownText(value) : value?.map(ownText)
}

/** The origin form of a target, also of an absolute one. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const { pathname, search } = new URL(target, 'ws://localhost')
  return pathname + search
}

/** A text of latin1 in memory of its own: a piece that was cut out of another text keeps the whole of it. */
export function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
