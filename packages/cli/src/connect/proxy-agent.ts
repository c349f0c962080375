import { Agent, type ClientRequestArgs, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls'

/** How long the proxy may take, in ms: below the client's own limit, whose words would not name the proxy. */
const answerTimeoutMs = 8_000

type Done = (error: Error | null, stream: Duplex) => void

/** Opens each connection as a tunnel through an HTTP proxy: CONNECT, RFC 9110 §9.3.6, with TLS inside for `wss:`. */
export class ProxyAgent extends Agent {
  readonly protocol: 'http:' | 'https:'
  readonly #proxy: URL

  constructor(proxy: URL, isSecure: boolean) {
    super()
    this.#proxy = proxy
    this.protocol = isSecure ? 'https:' : 'http:'
  }

  override createConnection(options: ClientRequestArgs, done?: Done): undefined {
    const proxy = this.#proxy
    const { hostname, host, port } = proxy
    const name = String(options.host)
    const authority = `${name.includes(':') ? `[${name}]` : name}:${options.port}`
    const fail = (error: Error): void => done?.(error, undefined as never)
    const isSecureProxy = proxy.protocol === 'https:'
    const request = (isSecureProxy ? httpsRequest : httpRequest)({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (isSecureProxy ? 443 : 80) : port,
      method: 'CONNECT',
      path: authority,
      headers: { Host: authority, ...credentials(proxy) },
      agent: false,
    })
    request.setTimeout(answerTimeoutMs, () => {
      request.destroy(new Error(`it did not answer within ${answerTimeoutMs} ms`))
    })
    request.on('error', error => {
      fail(new Error(`the proxy ${host} cannot be reached: ${error.message}`, { cause: error }))
    })
    request.on('connect', ({ statusCode = 0, statusMessage }, socket, head) => {
      socket.setTimeout(0)
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy()
        const advice = statusCode === 407 ? ': give its user and password in its URL' : ''
        fail(
          new Error(
            `the proxy ${host} answered ${statusCode} ${statusMessage} to CONNECT ${authority}${advice}`,
          ),
        )
        return
      }
      if (head.length > 0) socket.unshift(head)
      done?.(null, this.protocol === 'https:' ? connectTls({ ...(options as TlsOptions), socket }) : socket)
    })
    request.end()
  }
}

function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const text = Buffer.from(`${decoded(username)}:${decoded(password)}`, 'latin1')
  return { 'Proxy-Authorization': `Basic ${text.toString('base64')}` }
}

/** The bytes that percent-encoding stands for, a character each: they need not be UTF-8. */
function decoded(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
