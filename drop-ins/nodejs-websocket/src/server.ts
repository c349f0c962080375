import { EventEmitter } from 'node:events'
import {
  createServer as createTcpServer,
  type ServerOpts,
  type Socket,
  type Server as TcpServer,
} from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { Connection, type SelectProtocol, type Server, type ServerEvents } from './connection.ts'

/** Options of `createServer`; options not listed go to `net.createServer` or `tls.createServer`. */
export interface ServerOptions extends ServerOpts, TlsOptions {
  /** TLS, with the `key` and `cert` that are among the options. */
  secure?: boolean
  /** The protocols that may be agreed on; the client's preference decides. */
  validProtocols?: readonly string[]
  /** Decides instead of `validProtocols`. */
  selectProtocol?: SelectProtocol
}

/** Listens on a TCP or TLS server of its own. */
class ListeningServer extends EventEmitter<ServerEvents> implements Server {
  readonly socket: TcpServer
  readonly connections: Connection[] = []

  constructor(
    isSecure: boolean,
    options: ServerOptions = {},
    onConnection?: ((connection: Connection) => void) | undefined,
  ) {
    super()
    const selectProtocol = options.selectProtocol || selectorOf(options.validProtocols)
    const accept = (socket: Socket): void => {
      const connection = new Connection(socket, { server: this, selectProtocol }, () => {
        this.connections.push(connection)
        this.emit('connection', connection)
      })
      connection.on('close', () => {
        const at = this.connections.indexOf(connection)
        if (at >= 0) this.connections.splice(at, 1)
      })
    }
    this.socket = isSecure ? createTlsServer(options, accept) : createTcpServer(options, accept)
    this.socket.on('close', () => this.emit('close'))
    this.socket.on('error', error => this.emit('error', error))
    if (onConnection) this.on('connection', onConnection)
  }

  listen(port: number, callback?: () => void): this
  listen(port: number, host?: string, callback?: () => void): this
  listen(port: number, host?: string | (() => void), callback?: () => void): this {
    const onListening = typeof host === 'function' ? host : callback
    if (onListening) this.on('listening', onListening)
    this.socket.listen(port, typeof host === 'function' ? undefined : host, () => this.emit('listening'))
    return this
  }

  close(callback?: () => void): void {
    if (callback) this.once('close', callback)
    this.socket.close()
  }
}

/** Makes a server; `listen` starts it. The callback is added as a listener of `connection`. */
export function createServer(onConnection?: (connection: Connection) => void): Server
export function createServer(options: ServerOptions, onConnection?: (connection: Connection) => void): Server
export function createServer(
  options?: ServerOptions | ((connection: Connection) => void),
  onConnection?: (connection: Connection) => void,
): Server {
  if (typeof options === 'function') return new ListeningServer(false, {}, options)
  return new ListeningServer(Boolean(options?.secure), options ?? {}, onConnection)
}

function selectorOf(valid: readonly string[] | undefined): SelectProtocol | undefined {
  if (!valid) return undefined
  return (_connection, offered) => offered.find(protocol => valid.includes(protocol))
}
