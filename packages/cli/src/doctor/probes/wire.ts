import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls'

/** Where one connection goes. */
export interface Endpoint {
  /** An IP address. */
  readonly address: string
  readonly port: number
  /** Undefined: plain TCP. */
  readonly tls: TlsOptions | undefined
}

/** How an exchange ended. */
export type Ending =
  /** As much came as was wanted; the connection is still there. */
  | 'enough'
  /** Their FIN. */
  | 'ended'
  /** Their RST, or another error while it was open. */
  | 'reset'
  /** Nothing more came in time. */
  | 'silence'
  /** No connection, or no TLS on it. */
  | 'failed'

/** The bytes that came over one connection, and when. Times are in ms from the beginning of the connect. */
export interface Transcript {
  readonly ending: Ending
  readonly bytes: Buffer
  readonly connectMs: number | undefined
  readonly firstByteMs: number | undefined
  readonly endMs: number
  readonly error: NodeJS.ErrnoException | undefined
}

export interface ExchangeOptions {
  /** Sent once the connection stands. Default: nothing. */
  readonly send?: string | Uint8Array
  /** The connection itself is all that is wanted. Default false. */
  readonly isConnectedEnough?: boolean
  /** True when enough has come. Default: never, so that it waits for the end or for silence. */
  readonly isEnough?: (bytes: Buffer) => boolean
  /** How long all of it may take, in ms. */
  readonly timeoutMs: number
  /** How long to wait for more once something came, in ms. Default: `timeoutMs`. */
  readonly quietMs?: number
  readonly signal?: AbortSignal
}

/** The most that is kept of one answer, in bytes. */
const maxBytes = 64 * 1024

/** A finished exchange with its socket, for the probe that goes on with it. */
export interface Exchange extends Transcript {
  /** Still open after `enough`; its data events have stopped. Otherwise destroyed. */
  readonly socket: Socket
}

/** Opens a connection, sends, and keeps the bytes that come until they are enough, it ends, or it falls silent. Never rejects. */
export function exchange(endpoint: Endpoint, options: ExchangeOptions): Promise<Exchange> {
  const { send, isEnough = () => false, timeoutMs, quietMs, signal } = options
  const { address: host, port, tls } = endpoint
  const startedAt = performance.now()
  const elapsed = () => Math.round(performance.now() - startedAt)
  const socket =
    tls === undefined
      ? connectTcp({ host, port })
      : connectTls({ ...tls, host, port, rejectUnauthorized: false })

  return new Promise(resolve => {
    const chunks: Buffer[] = []
    let length = 0
    let connectMs: number | undefined
    let firstByteMs: number | undefined
    let error: NodeJS.ErrnoException | undefined

    const settle = (ending: Ending) => {
      clearTimeout(deadline)
      clearTimeout(quiet)
      socket.removeListener('data', onData)
      socket.removeListener('end', onEnd)
      socket.removeListener('close', onClose)
      signal?.removeEventListener('abort', onAbort)
      // A late error of a connection nobody looks at any more.
      if (ending === 'enough') socket.pause()
      else socket.destroy()
      resolve({
        ending,
        bytes: Buffer.concat(chunks),
        connectMs,
        firstByteMs,
        endMs: elapsed(),
        error,
        socket,
      })
    }
    const onData = (chunk: Buffer) => {
      firstByteMs ??= elapsed()
      chunks.push(chunk.subarray(0, Math.max(0, maxBytes - length)))
      length += chunk.length
      if (length >= maxBytes || isEnough(Buffer.concat(chunks))) settle('enough')
      else if (quietMs !== undefined) {
        clearTimeout(quiet)
        quiet = setTimeout(settle, quietMs, 'silence')
      }
    }
    const onEnd = () => settle('ended')
    const onClose = () => settle(connectMs === undefined ? 'failed' : error === undefined ? 'ended' : 'reset')
    const onAbort = () => settle('silence')

    const deadline = setTimeout(() => settle(connectMs === undefined ? 'failed' : 'silence'), timeoutMs)
    let quiet: NodeJS.Timeout | undefined
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      connectMs = elapsed()
      if (options.isConnectedEnough) {
        settle('enough')
        socket.destroy()
      } else if (send !== undefined) socket.write(send)
    })
    socket.on('error', reason => {
      error ??= reason
    })
    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.on('close', onClose)
    signal?.addEventListener('abort', onAbort)
  })
}
