import type { TunnelError } from '../reach/tunnel.ts'
import type { Conversation } from './probes/conversation.ts'
import type { Greeting } from './probes/greeting.ts'
import type { Answer } from './probes/http.ts'
import type { Http2Result } from './probes/http2.ts'
import type { Names, Reach } from './probes/reach.ts'
import type { TlsResult } from './probes/tls.ts'
import type { Target } from './target.ts'

/** Requests that differ from the first in one thing. */
export type VariantName =
  /** A GET without upgrade. */
  | 'plain'
  | 'without origin'
  | 'own origin'
  | 'foreign origin'
  | 'without compression'
  | 'without subprotocols'
  | 'known subprotocols'
  | 'HTTP/1.0'
  /** As a proxy passes an upgrade on that strips it. */
  | 'stripped'
  | 'other slash'

/** The answers of Engine.IO at one path. */
export interface EngineIo {
  readonly path: string
  /** The versions of its protocol that open a WebSocket there. */
  readonly versions: readonly (3 | 4)[]
  /** By long polling only. */
  readonly isPollingOnly: boolean
  /** The server itself has no WebSocket transport; else something on the way takes no upgrade. */
  readonly refusesWebSocket: boolean
  /** Two requests of one session: true when the second was not known. */
  readonly losesSessions: boolean
}

/** Everything that was seen, before anything is concluded from it. */
export interface Evidence {
  readonly target: Target
  readonly offered: readonly string[]
  readonly origin: string
  readonly isInsecure: boolean
  readonly names: Names
  readonly reaches: readonly Reach[]
  /** There is no way through the proxy. */
  readonly proxyFailure?: TunnelError
  /** Where nothing listens on one address of this machine itself: the one of the other family. */
  readonly otherLoopback?: Reach
  /** The address that all further probes went to. */
  readonly address?: string
  /** For wss: with h2 and http/1.1 offered, and with each alone where that tells more. */
  readonly tls?: TlsResult
  readonly tlsHttp1?: TlsResult
  readonly tlsHttp2?: TlsResult
  readonly main?: Answer
  readonly conversation?: Conversation
  /** The answer to a request that cannot be read: the first hop gives it, whichever server answers the others. */
  readonly front?: Answer
  /** After silence or an end without a byte: the same request as from a load balancer of the PROXY protocol. */
  readonly afterProxyHeader?: Answer
  readonly variants: Readonly<Partial<Record<VariantName, Answer>>>
  /** Other paths of the same server that took an upgrade. */
  readonly openPaths: readonly string[]
  /** The server that takes upgrades on `/ws` is the hot reload of webpack-dev-server, which is nobody's server. */
  readonly isWebpackDevServer?: boolean
  readonly engineIo?: EngineIo
  /** The server that speaks first at the port. */
  readonly greeting?: Greeting
  /** For ws:, whether the port takes a TLS handshake. */
  readonly clientHello?: TlsResult
  /** For wss:, the answer to a request without TLS. */
  readonly plainHttp?: Answer
  readonly http2?: Http2Result
  /** The same conversation without compression, after one that did not inflate. */
  readonly uncompressed?: Conversation
}
