import { Agent, type ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls'
import { openTunnel } from './tunnel.ts'

type Done = (error: Error | null, stream: Duplex) => void

/** Opens each connection as a tunnel through an HTTP proxy, with TLS inside for `wss:`. */
export class ProxyAgent extends Agent {
  readonly protocol: 'http:' | 'https:'
  readonly #proxy: URL

  constructor(proxy: URL, isSecure: boolean) {
    super()
    this.#proxy = proxy
    this.protocol = isSecure ? 'https:' : 'http:'
  }

  override createConnection(options: ClientRequestArgs, done?: Done): undefined {
    openTunnel(this.#proxy, String(options.host), Number(options.port)).then(
      socket => {
        const isSecure = this.protocol === 'https:'
        done?.(null, isSecure ? connectTls({ ...(options as TlsOptions), socket }) : socket)
      },
      error => done?.(error, undefined as never),
    )
  }
}
