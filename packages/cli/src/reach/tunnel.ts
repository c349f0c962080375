import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'

/** How long the proxy may take, in ms: below the client's own limit, whose words would not name the proxy. */
const answerTimeoutMs = 8_000

/** Why there is no tunnel through a proxy. */
export class TunnelError extends Error {
  override readonly name = 'TunnelError'
  /** Host and port of the proxy. */
  readonly proxy: string
  /** The status that the proxy answered; undefined when it did not answer. */
  readonly status: number | undefined

  constructor(message: string, proxy: string, status: number | undefined, options?: ErrorOptions) {
    super(message, options)
    this.proxy = proxy
    this.status = status
  }
}

/** Opens a tunnel through an HTTP proxy: CONNECT, RFC 9110 §9.3.6. Rejects with {@link TunnelError}. */
export function openTunnel(proxy: URL, targetHost: string, targetPort: number): Promise<Socket> {
  const { hostname, host, port } = proxy
  const authority = `${targetHost.includes(':') ? `[${targetHost}]` : targetHost}:${targetPort}`
  const isSecureProxy = proxy.protocol === 'https:'
  return new Promise((resolve, reject) => {
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
      const message = `the proxy ${host} cannot be reached: ${error.message}`
      reject(new TunnelError(message, host, undefined, { cause: error }))
    })
    request.on('connect', ({ statusCode = 0, statusMessage }, socket, head) => {
      socket.setTimeout(0)
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy()
        const advice = statusCode === 407 ? ': give its user and password in its URL' : ''
        const message = `the proxy ${host} answered ${statusCode} ${statusMessage} to CONNECT ${authority}${advice}`
        reject(new TunnelError(message, host, statusCode))
        return
      }
      if (head.length > 0) socket.unshift(head)
      resolve(socket as Socket)
    })
    request.end()
  })
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
