import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { openTunnel, type TunnelError } from '../reach/tunnel.ts'
import type { Draft } from './catalogue/draft.ts'
import { conclude } from './conclude.ts'
import type { Evidence, VariantName } from './evidence.ts'
import { changesFor, foreignOrigin, otherPaths, webpackPath } from './probes/changes.ts'
import { type Conversation, converse } from './probes/conversation.ts'
import { probeEngineIo } from './probes/engine-io.ts'
import { listen, speakerOf } from './probes/greeting.ts'
import { type Answer, type Ask, bodyText, type Dialogue, request } from './probes/http.ts'
import { probeHttp2 } from './probes/http2.ts'
import { probeEcho, probeIdle, probeSecurity, probeSize, type Sent } from './probes/longer.ts'
import { otherLoopbackOf, reachAddress, resolveNames } from './probes/reach.ts'
import { Relay } from './probes/relay.ts'
import { tlsHandshake } from './probes/tls.ts'
import type { Endpoint } from './probes/wire.ts'
import { concludeAccepted } from './rules/accepted.ts'
import { readTarget, type Target } from './target.ts'

export interface DiagnoseOptions {
  /** The Origin to send. Default: that of a page of the server itself. */
  readonly origin?: string | undefined
  readonly protocols?: readonly string[]
  /** Further headers, such as `['Cookie', 'a=b']`. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** Take any certificate without a word. Default false. */
  readonly isInsecure?: boolean
  /** For `wss:`: `ca`, `cert`, `key` …, as `tls.connect` takes them. */
  readonly tls?: TlsOptions
  /** Look for an idle time-out up to so many seconds. Default: not at all. */
  readonly idleSeconds?: number | undefined
  /** Send one message of so many bytes. Default: none. */
  readonly sizeBytes?: number | undefined
  /** Send one text message, and look whether it comes back. Default false. */
  readonly echoes?: boolean
  /** Look also for weaknesses that an attacker could use. Default false. */
  readonly checksSecurity?: boolean
  /** Goes through this HTTP proxy, by CONNECT. Default: directly. */
  readonly proxy?: URL | undefined
  /** How long the whole may take without longer probes, in ms. Default 13,000. */
  readonly totalMs?: number
  /** Connects only to addresses that this allows. Default: all. */
  readonly allowsAddress?: (address: string) => boolean
  /** Told each step, in the order of the probes. */
  readonly onStep?: (step: Step) => void
}

/** A step of the diagnosis. */
export type Step =
  | 'url'
  | 'names'
  | 'proxy'
  | 'addresses'
  | 'tls'
  | 'handshake'
  | 'compare'
  | 'open'
  | 'idle'
  | 'size'
  | 'echo'
  | 'security'

export interface Diagnosis {
  readonly url: string
  readonly drafts: readonly Draft[]
  /** Undefined when the URL leads nowhere. */
  readonly evidence: Evidence | undefined
  /** How many connections were made. */
  readonly connections: number
  /** The sizes of the messages that were sent, in bytes. */
  readonly messages: readonly number[]
}

const resolveTimeoutMs = 4000
const reachTimeoutMs = 4000
const tlsTimeoutMs = 4000
const handshakeTimeoutMs = 6000
const compareTimeoutMs = 3000
/** Less than this tells nothing. */
const leastMs = 200
const defaultTotalMs = 13_000
/** How many connections at once. */
const maxParallel = 6

/**
 * Finds out why a WebSocket does not connect, or that it does. It opens and closes connections and sends no message,
 * unless `sizeBytes` or `echoes` ask for one. Without longer probes it ends within 15 s. Never rejects for what a server does.
 */
export async function diagnose(typed: string, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const { onStep } = options
  onStep?.('url')
  const { target, drafts } = readTarget(typed, options.protocols ?? [])
  const visit = target === undefined ? undefined : new Visit(target, options)
  if (visit === undefined) return { url: typed, drafts, evidence: undefined, connections: 0, messages: [] }
  const evidence = await visit.explore()
  return {
    url: typed,
    drafts: [...drafts, ...conclude(evidence), ...visit.longerDrafts],
    evidence,
    connections: visit.connections,
    messages: visit.messages,
  }
}

type Found = { -readonly [Name in keyof Evidence]: Evidence[Name] }

/** One walk through the probes, each depending on what the ones before have seen. */
class Visit {
  readonly #target: Target
  readonly #options: DiagnoseOptions
  readonly #tls: TlsOptions | undefined
  readonly #found: Found
  readonly #deadline: number
  #relay: Relay | undefined
  connections = 0
  readonly longerDrafts: Draft[] = []
  readonly messages: number[] = []

  constructor(target: Target, options: DiagnoseOptions) {
    this.#target = target
    this.#options = options
    this.#deadline = performance.now() + (options.totalMs ?? defaultTotalMs)
    const servername = /^[\d.]+$|:/.test(target.host) ? undefined : target.host
    this.#tls = target.isSecure
      ? { ...(servername !== undefined && { servername }), ...options.tls }
      : undefined
    this.#found = {
      target,
      offered: options.protocols ?? [],
      origin: options.origin ?? target.origin,
      isInsecure: options.isInsecure ?? false,
      names: { addresses: [], ms: 0, errorCode: undefined },
      reaches: [],
      variants: {},
      openPaths: [],
    }
  }

  async explore(): Promise<Evidence> {
    const { proxy } = this.#options
    if (proxy === undefined) return await this.#exploreFrom()
    this.#step('proxy')
    const dial = () => openTunnel(proxy, this.#target.host, this.#target.port)
    try {
      const first = await this.#count(dial())
      first.destroy()
    } catch (error) {
      this.#found.proxyFailure = error as TunnelError
      return this.#found
    }
    const relay = await Relay.open(dial)
    try {
      this.#relay = relay
      return await this.#exploreFrom()
    } finally {
      relay.close()
    }
  }

  async #exploreFrom(): Promise<Evidence> {
    const found = this.#found
    this.#step('names')
    found.names = await resolveNames(this.#relay?.address ?? this.#target.host, resolveTimeoutMs)
    const allowed = found.names.addresses.filter(address => this.#options.allowsAddress?.(address) ?? true)
    this.#step('addresses')
    found.reaches = await Promise.all(
      allowed.map(address => this.#count(reachAddress(address, this.#port, reachTimeoutMs))),
    )
    const address = found.reaches.find(({ result }) => result === 'open')?.address
    if (address === undefined) {
      const other = otherLoopbackOf(allowed)
      if (other !== undefined && (this.#options.allowsAddress?.(other) ?? true)) {
        found.otherLoopback = await this.#count(reachAddress(other, this.#port, reachTimeoutMs))
      }
      return found
    }
    found.address = address
    if (this.#target.isSecure && !(await this.#handshakeTls(address))) return found

    this.#step('handshake')
    // As much again is left for the comparison.
    const patienceMs = Math.min(handshakeTimeoutMs, this.#leftMs / 2)
    const dialogue = await this.#ask(this.#mainAsk(), patienceMs)
    found.main = dialogue.answer
    if (dialogue.answer.head?.status === 101) {
      // No client goes on after a wrong 101.
      if (concludeAccepted(found, dialogue.answer).some(({ severity }) => severity === 'error')) {
        dialogue.exchange.socket.destroy()
        return found
      }
      this.#step('open')
      const conversation = this.#converse(dialogue)
      await Promise.all([conversation, this.#exploreBeside()])
      found.conversation = await conversation
      if (found.conversation.violation?.code === 'BW_INFLATE_FAILED') await this.#withoutCompression()
      await this.#exploreLonger(address)
    } else if (dialogue.answer.head !== undefined || speakerOf(dialogue.answer.bytes) === undefined) {
      // A server that said in its own words that it is no HTTP server says nothing else to other requests.
      this.#step('compare')
      await this.#compare(address)
    }
    return found
  }

  /** Where connections go: through a relay, or straight to the target. */
  get #port(): number {
    return this.#relay?.port ?? this.#target.port
  }

  #step(step: Step): void {
    this.#options.onStep?.(step)
  }

  /** As much of a time-out as the whole walk has left. */
  #within(timeoutMs: number): number {
    return Math.max(1, Math.min(timeoutMs, this.#leftMs))
  }

  get #leftMs(): number {
    return this.#deadline - performance.now()
  }

  /** Its three answers share the time that is left. */
  async #converse(dialogue: Dialogue): Promise<Conversation> {
    return await converse(dialogue, { answerMs: this.#within(3000 * 3) / 3 })
  }

  get #endpoint(): Endpoint {
    const tls = this.#tls === undefined ? undefined : { ...this.#tls, ALPNProtocols: ['http/1.1'] }
    return { address: this.#found.address!, port: this.#port, tls }
  }

  #mainAsk(changes: Partial<Ask> = {}): Ask {
    const { path, authority } = this.#target
    return {
      path,
      host: authority,
      upgrade: true,
      origin: this.#found.origin,
      protocols: this.#found.offered,
      ...(this.#options.headers !== undefined && { headers: this.#options.headers }),
      ...changes,
    }
  }

  async #ask(ask: Ask, timeoutMs: number) {
    return await this.#count(request(this.#endpoint, ask, { timeoutMs: this.#within(timeoutMs) }))
  }

  async #count<Result>(probe: Promise<Result>): Promise<Result> {
    this.connections += 1
    return await probe
  }

  /** @returns false when nothing can be asked over TLS */
  async #handshakeTls(address: string): Promise<boolean> {
    this.#step('tls')
    const found = this.#found
    const port = this.#port
    const shake = (offered: readonly string[]) =>
      this.#count(tlsHandshake(address, port, this.#tls ?? {}, offered, this.#within(tlsTimeoutMs)))
    found.tls = await shake(['h2', 'http/1.1'])
    if (found.tls.ok && found.tls.alpn !== 'h2') return true
    found.tlsHttp1 = await shake(['http/1.1'])
    if (found.tls.ok && found.tlsHttp1.ok) return true
    found.tlsHttp2 = found.tls
    const plain: Endpoint = { address, port, tls: undefined }
    const ask = this.#mainAsk({ upgrade: false })
    const [plainHttp, greeting] = await Promise.all([
      this.#count(request(plain, ask, { timeoutMs: compareTimeoutMs })),
      this.#count(listen(plain, 1500)),
    ])
    found.plainHttp = plainHttp.answer
    found.greeting = greeting
    return found.tlsHttp1.ok
  }

  /** Runs the probes beside a connection that opened. */
  async #exploreBeside(): Promise<void> {
    const found = this.#found
    if (found.tls?.alpn === 'h2') {
      const { authority: host, path } = this.#target
      found.http2 = await this.#count(
        probeHttp2(
          found.address!,
          this.#port,
          this.#tls ?? {},
          { host, path, origin: found.origin },
          this.#within(compareTimeoutMs),
        ),
      )
    }
    if (/[?&]EIO=/.test(this.#target.path)) await this.#exploreEngineIo()
  }

  async #exploreEngineIo(): Promise<void> {
    const { pathname } = this.#target.url
    const ownAnswer = this.#found.main?.head?.status === 101 || isEngineIoAnswer(this.#found.main)
    const isOwn = ownAnswer || pathname.startsWith('/socket.io')
    // Its path always ends with a slash; on another one it waits a second, and ends the connection without a byte.
    const mayBeWithoutSlash = this.#found.main?.head === undefined && !pathname.endsWith('/')
    const paths = isOwn ? [pathname] : ['/socket.io/', ...(mayBeWithoutSlash ? [`${pathname}/`] : [])]
    for (const path of paths) {
      if (this.#found.engineIo !== undefined) return
      const seen = await probeEngineIo(
        (ask, timeoutMs) => this.#ask(this.#mainAsk({ ...ask, protocols: [] }), timeoutMs),
        path,
      )
      if (seen !== undefined) this.#found.engineIo = seen
    }
  }

  async #withoutCompression(): Promise<void> {
    const dialogue = await this.#ask(this.#mainAsk({ deflate: false }), handshakeTimeoutMs)
    if (dialogue.answer.head?.status !== 101) return
    this.#found.uncompressed = await this.#converse(dialogue)
  }

  /** The same request with one thing changed, to see which change matters. */
  async #compare(address: string): Promise<void> {
    const found = this.#found
    const { isSecure } = this.#target
    const port = this.#port
    const changes = changesFor(this.#target, found.origin, found.offered)
    const variants: Partial<Record<VariantName, Answer>> = {}
    found.variants = variants
    const timeoutMs = compareTimeoutOf(found.main)
    const tasks = changes.map(([name, change]) => async () => {
      const { answer, exchange } = await this.#ask(this.#mainAsk(change), timeoutMs)
      exchange.socket.destroy()
      variants[name] = answer
    })
    tasks.push(async () => {
      const { answer } = await this.#ask(this.#mainAsk({ upgrade: false, isBroken: true }), timeoutMs)
      found.front = answer
    })
    const openPaths: string[] = []
    found.openPaths = openPaths
    for (const other of otherPaths(this.#target)) {
      tasks.push(async () => {
        const { answer, exchange } = await this.#ask(this.#mainAsk({ path: other }), timeoutMs)
        exchange.socket.destroy()
        if (answer.head?.status !== 101) return
        if (other === webpackPath && (await this.#isWebpack(timeoutMs))) found.isWebpackDevServer = true
        else openPaths.push(other)
      })
    }
    const hasNoAnswer = found.main?.head === undefined
    if (hasNoAnswer) {
      tasks.unshift(async () => {
        const { answer, exchange } = await this.#ask(
          this.#mainAsk({ hasProxyHeader: true }),
          compareTimeoutMs,
        )
        exchange.socket.destroy()
        found.afterProxyHeader = answer
      })
      tasks.unshift(async () => {
        found.greeting = await this.#count(listen({ address, port, tls: undefined }, 1500))
      })
      if (!isSecure) {
        tasks.unshift(async () => {
          found.clientHello = await this.#count(tlsHandshake(address, port, {}, ['http/1.1'], 2000))
        })
      }
    }
    tasks.unshift(() => this.#exploreEngineIo())
    await inParallel(
      tasks.map(task => async () => {
        if (this.#leftMs > leastMs) await task()
      }),
      maxParallel,
    )
    if (found.tls?.alpn === 'h2') await this.#exploreBeside()
  }

  /** Its hot reload listens there, and its report of what it has built lies elsewhere. */
  async #isWebpack(timeoutMs: number): Promise<boolean> {
    const ask = this.#mainAsk({ upgrade: false, path: '/webpack-dev-server' })
    const { answer } = await this.#ask(ask, timeoutMs)
    return bodyText(answer).includes('Assets Report')
  }

  async #exploreLonger(address: string): Promise<void> {
    const { idleSeconds, sizeBytes, echoes, checksSecurity } = this.#options
    const drafts = this.longerDrafts
    const timing = { timeoutMs: handshakeTimeoutMs }
    const open = (changes: Partial<Ask> = {}) =>
      this.#count(request(this.#endpoint, this.#mainAsk(changes), timing))
    if (idleSeconds !== undefined) {
      this.#step('idle')
      drafts.push(...(await probeIdle(open, idleSeconds)))
    }
    if (sizeBytes !== undefined) {
      this.#step('size')
      this.#keep(await probeSize(open, sizeBytes))
    }
    if (echoes) {
      this.#step('echo')
      this.#keep(await probeEcho(open))
    }
    if (checksSecurity) {
      this.#step('security')
      drafts.push(...(await probeSecurity(open, this.#target, { ...this.#endpoint, address }, foreignOrigin)))
    }
  }

  #keep({ drafts, messages }: Sent): void {
    this.longerDrafts.push(...drafts)
    this.messages.push(...messages)
  }
}

/** A server that was slow at first may be so again; one that was silent is not waited for as long. */
function compareTimeoutOf(main: Answer | undefined): number {
  if (main?.ending === 'silence') return 1500
  const slowMs = main?.head === undefined ? 0 : main.endMs + 1500
  return Math.min(Math.max(compareTimeoutMs, slowMs), handshakeTimeoutMs)
}

function isEngineIoAnswer(answer: Answer | undefined): boolean {
  return answer !== undefined && /^\{"code":\d/.test(answer.rest.toString('latin1'))
}

async function inParallel(tasks: readonly (() => Promise<void>)[], limit: number): Promise<void> {
  const waiting = [...tasks]
  const work = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await task()
  }
  await Promise.all(Array.from({ length: limit }, work))
}
