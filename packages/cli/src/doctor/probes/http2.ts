import { type ClientHttp2Session, connect, constants } from 'node:http2'
import type { ConnectionOptions as TlsOptions } from 'node:tls'

/** A server's answers about extended CONNECT over HTTP/2 (RFC 8441). */
export interface Http2Result {
  /** Its SETTINGS have ENABLE_CONNECT_PROTOCOL (§3). */
  readonly isAdvertised: boolean
  /** The answer to the CONNECT; undefined when none was sent or none came. */
  readonly status: number | undefined
  /** The answer to a plain GET of the same path. */
  readonly plainStatus: number | undefined
  readonly errorText: string | undefined
}

/** Opens one HTTP/2 connection, reads its settings, asks once plainly and once by extended CONNECT. */
export async function probeHttp2(
  address: string,
  port: number,
  tls: TlsOptions,
  ask: { readonly host: string; readonly path: string; readonly origin: string | undefined },
  timeoutMs: number,
): Promise<Http2Result> {
  const host = address.includes(':') ? `[${address}]` : address
  const session = connect(`https://${host}:${port}`, {
    ...tls,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  })
  let errorText: string | undefined
  session.on('error', error => {
    errorText ??= error.message
  })
  const timer = setTimeout(() => session.destroy(new Error('no answer')), timeoutMs)
  try {
    const settings = await firstSettings(session)
    const isAdvertised = settings?.enableConnectProtocol === true
    const plainStatus = await statusOf(session, {
      ':method': 'GET',
      ':path': ask.path,
      ':authority': ask.host,
    })
    const status = isAdvertised
      ? await statusOf(session, {
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':scheme': 'https',
          ':path': ask.path,
          ':authority': ask.host,
          'sec-websocket-version': '13',
          ...(ask.origin !== undefined && { origin: ask.origin }),
        })
      : undefined
    return { isAdvertised, status, plainStatus, errorText }
  } finally {
    clearTimeout(timer)
    session.destroy()
  }
}

async function firstSettings(session: ClientHttp2Session) {
  return await new Promise<{ enableConnectProtocol?: boolean } | undefined>(resolve => {
    session.once('remoteSettings', resolve)
    session.once('close', () => resolve(undefined))
  })
}

async function statusOf(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  if (session.destroyed) return undefined
  return await new Promise(resolve => {
    const stream = session.request(headers, { endStream: headers[':method'] !== 'CONNECT' })
    stream.once('response', answer => {
      resolve(Number(answer[constants.HTTP2_HEADER_STATUS]))
      stream.close(constants.NGHTTP2_CANCEL)
    })
    stream.once('error', () => resolve(undefined))
    stream.once('close', () => resolve(undefined))
    stream.resume()
  })
}
