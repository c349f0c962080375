import { randomBytes } from 'node:crypto'
import { connect as connectTcp, type TcpNetConnectOpts } from 'node:net'
import { connect as connectTls, type ConnectionOptions as TlsConnectOptions } from 'node:tls'
import { createKey, keyBytes } from '@bothways/protocol'
import { openingRequest } from './client-handshake.ts'
import { Connection } from './connection.ts'
import { parseUrl } from './url.ts'

/** Options of {@link connect}; options not listed go to `net.connect` or `tls.connect`. */
export interface ConnectOptions
  extends Omit<TlsConnectOptions, 'host' | 'port'>,
    Partial<Omit<TcpNetConnectOpts, 'host' | 'port' | keyof TlsConnectOptions>> {
  /** Further headers of the request; they replace the handshake's own of the same name. */
  extraHeaders?: Readonly<Record<string, unknown>>
  /** Offered to the server, which must choose one of them. Best first. */
  protocols?: string[]
}

/**
 * Connects to a server. The callback is added as a listener of `connect`.
 *
 * @throws Error when the URL is not one of `ws:` or `wss:`, TypeError for a header whose line would not end where it should
 */
export function connect(url: string, onConnect?: () => void): Connection
export function connect(url: string, options?: ConnectOptions, onConnect?: () => void): Connection
export function connect(
  url: string,
  options?: ConnectOptions | (() => void),
  callback?: () => void,
): Connection {
  const onConnect = typeof options === 'function' ? options : callback
  const given = typeof options === 'function' ? {} : (options ?? {})
  const { isSecure, host, port, path } = parseUrl(url)
  const { extraHeaders, protocols = [] } = given
  const key = createKey(randomBytes(keyBytes))
  const request = openingRequest(key, { path, host, protocols, extraHeaders: extraHeaders ?? {} })
  const socketOptions = { ...given, host, port }
  const socket = isSecure ? connectTls(socketOptions) : connectTcp(socketOptions)
  return new Connection(socket, { path, host, protocols, extraHeaders, key, request }, onConnect)
}
