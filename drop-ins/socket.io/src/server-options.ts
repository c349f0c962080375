import type { AdapterConstructor } from './adapter.ts'
import type { AttachOptions, EngineOptions } from './engine-binding.ts'
import type { Parser } from './parser-option.ts'
import type { TopicServer } from './room-topics.ts'

export interface ConnectionStateRecoveryOptions {
  /** How long a client may be away, in ms. Default 120,000. */
  maxDisconnectionDuration?: number
  /** Whether a client that comes back is let in without asking the middlewares. Default true. */
  skipMiddlewares?: boolean
  /** How many packets, and how many clients that are away, are remembered. Default 100,000. */
  maxPackets?: number
  /**
   * The most bytes that they take in all namespaces together, without `socket.data`; the oldest go, and a client that needs them
   * starts anew. Default 128 MiB.
   */
  maxBytes?: number
}

export interface ServerOptions extends EngineOptions, AttachOptions {
  /** Default `/socket.io`. */
  path: string
  /** Whether `<path>/socket.io.js` is served, from the program's own `socket.io-client`. Default true. */
  serveClient: boolean
  /** The rooms of each namespace. Default: those of this server, or of all that {@link ServerOptions.cluster} joins. */
  adapter: AdapterConstructor
  /** Joins several servers, so that they behave as one: a broker of topics, or a bus of the program's own. */
  cluster: NonNullable<EngineOptions['cluster']>
  /** A `Server` of package `bothways`: rooms are its topics. */
  topics: TopicServer
  /** How packets are written. Default: the Socket.IO protocol's own. */
  // biome-ignore lint/suspicious/noExplicitAny: parsers have types of their own, such as those of npm
  parser: any
  /** How long a client may be connected without joining a namespace, in ms. Default 45,000. */
  connectTimeout: number
  /** Clients that were away for a while get the packets they missed. Default off. */
  connectionStateRecovery: ConnectionStateRecoveryOptions
  /** Whether dynamic namespaces go with their last client. Default false. */
  cleanupEmptyChildNamespaces: boolean
}

/** @internal */
export type ServerSettings = Partial<Omit<ServerOptions, 'parser'>> & { parser?: Parser }
