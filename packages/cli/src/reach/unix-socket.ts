import { Agent, type ClientRequestArgs } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls'

/** A server behind a socket in the file system. */
export interface UnixAddress {
  readonly path: string
  readonly isSecure: boolean
  /** The URL to ask for there; its host is `localhost`. */
  readonly url: string
}

/** Reads `ws+unix:/run/app.sock:/path?query`, as `ws` spells it; undefined for any other URL. */
export function readUnixAddress(text: string): UnixAddress | undefined {
  const [, scheme = '', path, target] =
    /^(wss?)\+unix:(?:\/\/(?=\/))?([^:]+)(?::(\/.*)?)?$/i.exec(text.trim()) ?? []
  if (path === undefined) return undefined
  const isSecure = scheme.toLowerCase() === 'wss'
  return { path, isSecure, url: `${isSecure ? 'wss' : 'ws'}://localhost${target ?? '/'}` }
}

/** Opens each connection to a socket in the file system. */
export class UnixAgent extends Agent {
  readonly protocol: 'http:' | 'https:'
  readonly #path: string

  constructor(path: string, isSecure: boolean) {
    super()
    this.#path = path
    this.protocol = isSecure ? 'https:' : 'http:'
  }

  override createConnection(options: ClientRequestArgs): Duplex {
    const socket = connect(this.#path)
    if (this.protocol === 'http:') return socket
    return connectTls({ servername: 'localhost', ...(options as TlsOptions), socket })
  }
}
