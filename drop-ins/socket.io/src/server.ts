import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { ByteBudget } from 'bothways/connection'
import { Adapter, type AdapterConstructor } from './adapter.ts'
import type { BroadcastOperator } from './broadcast-operator.ts'
import { Broadcaster } from './broadcaster.ts'
import { Client } from './client.ts'
import { ClientFiles } from './client-files.ts'
import { debugLog } from './debug.ts'
import { Decoders } from './decoders.ts'
import {
  type AttachableHttpServer,
  attachEngine,
  type BindableEngine,
  type EngineServer,
  type EngineSocket,
} from './engine-binding.ts'
import type {
  NamespaceOf,
  NamespaceReservedEventsMap,
  ServerOfNamespace,
  SocketOfNamespace,
} from './namespace.ts'
import * as ownParser from './parser/index.ts'
import type { Parser, ParserEncoder } from './parser-option.ts'
import type { ServerOptions, ServerSettings } from './server-options.ts'
import type { ExtendedError } from './socket-types.ts'
import type {
  AllButLast,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from './typed-events.ts'

const log = debugLog('socket.io:server')

const defaultRememberedBytes = 128 * 1024 * 1024

/** Decides whether there is a namespace of a name. */
export type ParentNspNameMatchFn = (
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client sent
  auth: { [key: string]: any },
  fn: (err: Error | null, success: boolean) => void,
) => void

export interface ServerReservedEventsMap<Nsp, Sock> extends NamespaceReservedEventsMap<Sock> {
  new_namespace: (namespace: Nsp) => void
}

/** A namespace that makes others. */
export type ParentOf<Nsp> = Nsp & {
  /** @internal */
  createChild(name: string): Nsp
}

/** The behaviour of a Socket.IO server. Programs know it as `Server` of `public-classes.ts`. */
export abstract class ServerOf<
  Nsp extends NamespaceOf<ServerOfNamespace, Sock, EmitEvents, ServerSideEvents, SocketData>,
  Sock extends SocketOfNamespace,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends Broadcaster<EmitEvents, ServerSideEvents, ServerReservedEventsMap<Nsp, Sock>, SocketData> {
  /** The namespace `/`. */
  readonly sockets: Nsp
  /** The server below, with its own events; of the last attachment. */
  engine!: EngineServer
  /** The HTTP server of the last attachment. */
  httpServer!: AttachableHttpServer
  /** @internal */
  readonly _parser: Parser
  /** @internal */
  readonly _decoders: Decoders
  /** @internal Whether packets are texts as the protocol has them. */
  readonly _hasOwnParser: boolean
  readonly encoder: ParserEncoder
  /** @internal */
  readonly _opts: ServerSettings
  /** @internal What all namespaces remember for clients that are away. */
  readonly _remembered: ByteBudget
  /** @internal */
  readonly _nsps: Map<string, Nsp> = new Map()
  readonly #parents = new Map<ParentNspNameMatchFn, ParentOf<Nsp>>()
  /** Those of {@link #parents} that need not be asked. */
  readonly #parentsByPattern = new Map<RegExp, ParentOf<Nsp>>()
  readonly #engines: BindableEngine[] = []
  readonly #files = new ClientFiles()
  #adapter: AdapterConstructor | undefined
  #servesClient: boolean
  #path: string
  #connectTimeoutMs: number

  constructor(opts?: Partial<ServerOptions>)
  constructor(srv?: AttachableHttpServer | number, opts?: Partial<ServerOptions>)
  constructor(
    srv: undefined | Partial<ServerOptions> | AttachableHttpServer | number,
    opts?: Partial<ServerOptions>,
  )
  constructor(
    srv?: undefined | Partial<ServerOptions> | AttachableHttpServer | number,
    opts: Partial<ServerOptions> = {},
  ) {
    super()
    const isOptions = typeof srv === 'object' && srv !== null && !('listen' in srv)
    const options: ServerSettings = { ...(isOptions ? (srv as Partial<ServerOptions>) : opts) }
    if (options.connectionStateRecovery) {
      options.connectionStateRecovery = {
        maxDisconnectionDuration: 120_000,
        skipMiddlewares: true,
        ...options.connectionStateRecovery,
      }
    }
    this._opts = options
    this._remembered = new ByteBudget(options.connectionStateRecovery?.maxBytes ?? defaultRememberedBytes)
    this.#path = withoutSlash(options.path ?? '/socket.io')
    this.#connectTimeoutMs = options.connectTimeout || 45_000
    this.#servesClient = options.serveClient !== false
    this._parser = options.parser ?? ownParser
    this._decoders = new Decoders(this._parser)
    this._hasOwnParser = options.parser === undefined
    this.encoder = new this._parser.Encoder()
    this.#adapter = options.adapter
    this.sockets = this.of('/')
    if (!isOptions && (srv || typeof srv === 'number')) this.attach(srv as AttachableHttpServer | number)
  }

  /** @internal The name of {@link engine} in npm's socket.io. */
  get eio(): EngineServer {
    return this.engine
  }

  /** @internal Where adapters made for npm's socket.io look. */
  get opts(): ServerSettings {
    return this._opts
  }

  serveClient(v: boolean): this
  serveClient(): boolean
  serveClient(v?: boolean): this | boolean
  /** Whether the client's bundles are served; with an argument that is changed. */
  serveClient(v?: boolean): this | boolean {
    if (v === undefined) return this.#servesClient
    this.#servesClient = v
    return this
  }

  path(v: string): this
  path(): string
  path(v?: string): this | string
  /** The path that URLs begin with; an argument replaces it. */
  path(v?: string): this | string {
    if (v === undefined) return this.#path
    this.#path = withoutSlash(v)
    return this
  }

  connectTimeout(v: number): this
  connectTimeout(): number
  connectTimeout(v?: number): this | number
  /** How long a client may be connected without joining a namespace, in ms; with an argument that is changed. */
  connectTimeout(v?: number): this | number {
    if (v === undefined) return this.#connectTimeoutMs
    this.#connectTimeoutMs = v
    return this
  }

  adapter(): AdapterConstructor | undefined
  adapter(v: AdapterConstructor): this
  adapter(v?: AdapterConstructor): AdapterConstructor | undefined | this
  /** The constructor of namespaces' adapters; an argument replaces it, for present namespaces too. */
  adapter(v?: AdapterConstructor): AdapterConstructor | undefined | this {
    if (v === undefined) return this.#adapter ?? (this._opts.cluster === undefined ? Adapter : undefined)
    this.#adapter = v
    for (const namespace of this._nsps.values()) namespace._initAdapter()
    return this
  }

  /** The same as {@link attach}. */
  listen(srv: AttachableHttpServer | number, opts: Partial<ServerOptions> = {}): this {
    return this.attach(srv, opts)
  }

  /** Serves clients on an HTTP server of the program, or on a port of its own. */
  attach(srv: AttachableHttpServer | number, opts: Partial<ServerOptions> = {}): this {
    if (typeof srv === 'function') {
      throw new Error(
        'You are trying to attach socket.io to an express request handler function. Please pass a http.Server instance.',
      )
    }
    const server = typeof srv === 'object' ? srv : listenOn(Number(srv))
    const options = { ...opts, ...(this._opts as Partial<ServerOptions>) }
    options.path ??= this.#path
    log?.('serving %s', options.path)
    const engine = attachEngine(server, options)
    if (this.#servesClient) this.#files.attach(server, () => this.#path, options.cors)
    this.httpServer = server
    return this.bind(engine)
  }

  /** Serves the clients of an Engine.IO server, ours or that of npm's `engine.io`. */
  bind(engine: BindableEngine): this {
    this.engine = engine as EngineServer
    this.#engines.push(engine)
    engine.on('connection', (conn: EngineSocket) => {
      const client = new Client(this, conn)
      // It expects to be in the namespace `/` without having asked.
      if (conn.protocol === 3) client.connect('/')
    })
    return this
  }

  /**
   * A namespace; or those whose names fit a pattern, or for which a function says that there are such. `fn` hears
   * its connections.
   */
  of(name: string | RegExp | ParentNspNameMatchFn, fn?: (socket: Sock) => void): Nsp {
    const namespace =
      typeof name === 'function' || name instanceof RegExp ? this.#ofMany(name) : this.#ofName(String(name))
    if (fn) namespace.on('connect', fn as never)
    return namespace
  }

  /** Disconnects everybody, and stops listening. `fn` gets the error of the HTTP server's `close`, if there is one. */
  async close(fn?: (err?: Error) => void): Promise<void> {
    const closing = [...this._nsps.values()].map(async namespace => {
      for (const socket of [...namespace.sockets.values()]) socket._onclose('server shutting down')
      namespace._topics?.close()
      await namespace.adapter.close()
    })
    await Promise.allSettled(closing)
    for (const engine of this.#engines) engine.close()
    if (this.httpServer === undefined) {
      fn?.()
      return
    }
    await new Promise<void>(resolve => {
      this.httpServer.close((error?: Error) => {
        fn?.(error)
        resolve()
      })
    })
  }

  /** Looks at each client before it is let into the namespace `/`. */
  use(fn: (socket: Sock, next: (err?: ExtendedError) => void) => void): this {
    this.sockets.use(fn)
    return this
  }

  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    return this.sockets.serverSideEmit(ev, ...args)
  }

  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return this.sockets.serverSideEmitWithAck(ev, ...args)
  }

  /** @internal */
  protected abstract _makeNamespace(name: string): Nsp

  /** @internal */
  protected abstract _makeParent(): ParentOf<Nsp>

  /** @internal */
  get _everybody(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets._everybody
  }

  /** @internal Looks for a rule that allows a namespace, and makes that; they are asked one after the other. */
  _checkNamespace(name: string, auth: Record<string, unknown>, done: (namespace: Nsp | false) => void): void {
    const rules = this.#parents.entries()
    const ask = (): void => {
      const { value, done: isOver } = rules.next()
      if (isOver) {
        done(false)
        return
      }
      const [matches, parent] = value
      matches(name, auth, (error, isAllowed) => {
        if (error || !isAllowed) ask()
        // Somebody else may have made it meanwhile.
        else done(this._nsps.get(name) ?? parent.createChild(name))
      })
    }
    ask()
  }

  /** @internal A namespace works without what failed, as far as it can. */
  _onAdapterError(error: unknown): void {
    process.emitWarning(error instanceof Error ? error : String(error))
  }

  #ofName(given: string): Nsp {
    const name = given.startsWith('/') ? given : `/${given}`
    const present = this._nsps.get(name)
    if (present !== undefined) return present
    for (const [pattern, parent] of this.#parentsByPattern) {
      if (pattern.test(name)) return parent.createChild(name)
    }
    log?.('new namespace %s', name)
    const namespace = this._makeNamespace(name)
    this._nsps.set(name, namespace)
    if (name !== '/') this.sockets._emitNewNamespace(namespace)
    return namespace
  }

  #ofMany(rule: RegExp | ParentNspNameMatchFn): Nsp {
    if (rule instanceof RegExp && (rule.global || rule.sticky)) {
      throw new Error('stateful regular expressions are not supported')
    }
    const parent = this._makeParent()
    if (typeof rule === 'function') {
      this.#parents.set(rule, parent)
    } else {
      this.#parents.set((name, _auth, done) => done(null, rule.test(name)), parent)
      this.#parentsByPattern.set(rule, parent)
    }
    return parent
  }
}

// A server's events are those of its namespace `/`.
for (const name of Object.keys(EventEmitter.prototype)) {
  const method: unknown = Reflect.get(EventEmitter.prototype, name)
  if (typeof method !== 'function') continue
  Reflect.defineProperty(ServerOf.prototype, name, {
    configurable: true,
    writable: true,
    value(this: { readonly sockets: object }, ...args: unknown[]): unknown {
      const own: unknown = Reflect.get(this.sockets, name)
      const result: unknown = Reflect.apply(own as () => unknown, this.sockets, args)
      return result
    },
  })
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '')
}

function listenOn(port: number): AttachableHttpServer {
  const server = createServer((_request, response) => {
    response.writeHead(404)
    response.end()
  })
  return server.listen(port)
}
