import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getSystemErrorName } from 'node:util'

/**
 * The members of libuv's TCP handle under a `net.Socket`. They are not a public interface of Node's: {@link streamBinding}
 * says whether this runtime has them in the form that was tested.
 */
export interface TcpHandle {
  /** Called when bytes have come, the stream has ended or failed; `this` is the handle. */
  onread: (this: TcpHandle, bytes?: ArrayBuffer) => void
  /** The flag by which `net.Socket` knows whether {@link readStart} is in force. */
  reading: boolean
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Bytes that the operating system has not taken yet. */
  readonly writeQueueSize: number
  readStart(): number
  readStop(): number
  /** From here on bytes are read into this memory, and `onread` gets none. There is no way back. */
  useUserBuffer(memory: Uint8Array): void
  /** Negative: an error of libuv. Bytes that do not go out at once are taken from the same memory later. */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number
  writeLatin1String(request: WriteRequest, text: string): number
  setNoDelay(isOn: boolean): void
  /** Negative: an error of libuv; else `oncomplete` of the request tells what becomes of it. */
  connect(request: ConnectRequest, address: string, port: number): number
  connect6(request: ConnectRequest, address: string, port: number): number
  getpeername(target: { address?: string; port?: number }): number
  shutdown(request: ShutdownRequest): number
  /** `this` of the callback is the handle. */
  close(onClosed?: (this: TcpHandle) => void): void
  /**
   * Whose handle this is; ours. Node gives every handle this place, for the listener of one that listens: another one
   * would cost each connection 64 bytes.
   */
  onconnection: unknown
}

/** One write that was not finished at once. */
export interface WriteRequest {
  /** Called when it is; `this` is the request. */
  oncomplete: (this: WriteRequest, status: number) => void
  /** Keeps the memory that is still being written from. */
  bytes: unknown
}

/** A connection under way. */
export interface ConnectRequest {
  oncomplete: (this: ConnectRequest, status: number) => void
}

/** A shutdown that was not finished at once. */
export interface ShutdownRequest {
  oncomplete: (this: ShutdownRequest, status: number) => void
}

export interface StreamBinding {
  readonly TCP: new (type: number) => TcpHandle
  readonly TCPConnectWrap: new () => ConnectRequest
  /** `SOCKET` is the type of a handle that connects. */
  readonly constants: { readonly SOCKET: number }
  readonly WriteWrap: new () => WriteRequest
  readonly ShutdownWrap: new () => ShutdownRequest
  /** Facts about the last call, at the places below. */
  readonly streamBaseState: Int32Array
  readonly kReadBytesOrError: number
  readonly kBytesWritten: number
  readonly kLastWriteWasAsync: number
}

/** libuv's `UV_EOF`: the other side has sent FIN. */
export const endOfStream = -4095

/** The versions whose handles the tests have been run on. */
export const testedMajors: readonly number[] = [20, 22, 24, 26]

/** Undefined where TCP handles are not to be used: another runtime, an untested version, or the user's wish. */
export const streamBinding: StreamBinding | undefined =
  process.env.BOTHWAYS_TRANSPORT === 'stream' ? undefined : findStreamBinding()

function findStreamBinding(): StreamBinding | undefined {
  const { bun, deno, node } = process.versions
  if (bun !== undefined || deno !== undefined || !testedMajors.includes(Number.parseInt(node, 10)))
    return undefined
  try {
    const found = withoutDeprecations(() => {
      const internals = process as unknown as InternalsOfProcess
      return { ...internals.binding('stream_wrap'), ...internals.binding('tcp_wrap') }
    })
    const { TCP, TCPConnectWrap, constants, WriteWrap, ShutdownWrap, streamBaseState, ...places } = found
    const { kReadBytesOrError, kBytesWritten, kLastWriteWasAsync } = places
    const isAsTested =
      [TCP, TCPConnectWrap, WriteWrap, ShutdownWrap].every(it => typeof it === 'function') &&
      streamBaseState instanceof Int32Array &&
      [constants?.SOCKET, kReadBytesOrError, kBytesWritten, kLastWriteWasAsync].every(Number.isInteger)
    return isAsTested ? (found as StreamBinding) : undefined
  } catch {
    // The permission model forbids it.
    return undefined
  }
}

interface InternalsOfProcess {
  /** Deprecated (DEP0111), for which there is no other way to the same. */
  binding(name: string): Partial<StreamBinding>
}

/**
 * Node warns of deprecated calls, or throws for them, so that programs mend theirs: ours none of them can. With
 * `--pending-deprecation` the first call of a process warns for all; so a program's own, later one goes unnoticed.
 */
function withoutDeprecations<Result>(call: () => Result): Result {
  // With `--no-deprecation` it is true already, and read-only.
  if (process.noDeprecation === true) return call()
  process.noDeprecation = true
  try {
    return call()
  } finally {
    Reflect.deleteProperty(process, 'noDeprecation')
  }
}

const methods = ['readStart', 'readStop', 'useUserBuffer', 'writeBuffer', 'shutdown', 'getpeername', 'close']

/** The TCP handle of a socket, if it has one that can be used. */
export function tcpHandleOf(stream: Duplex): TcpHandle | undefined {
  if (streamBinding === undefined || !(stream instanceof Socket) || 'encrypted' in stream) return undefined
  const handle: unknown = Reflect.get(stream, '_handle')
  return isTcpHandle(handle) ? handle : undefined
}

export function isTcpHandle(handle: unknown): handle is TcpHandle {
  if (typeof handle !== 'object' || handle === null || handle.constructor.name !== 'TCP') return false
  return methods.every(name => typeof Reflect.get(handle, name) === 'function')
}

/** The end of a connection that is asked for: an IP address and a port. */
export interface TcpPlace {
  readonly address: string
  readonly port: number
}

/** An error of libuv's as Node's own: `write EPIPE`, `connect ECONNREFUSED 127.0.0.1:80`. */
export function systemError(syscall: string, status: number, at?: TcpPlace): NodeJS.ErrnoException {
  const code = getSystemErrorName(status)
  const where = at === undefined ? '' : ` ${at.address}:${at.port}`
  // It happens in the event loop: there are no callers to name, and naming them takes most of the time.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const error: NodeJS.ErrnoException = new Error(`${syscall} ${code}${where}`)
  Error.stackTraceLimit = stackTraceLimit
  error.errno = status
  error.code = code
  error.syscall = syscall
  return Object.assign(error, at)
}
