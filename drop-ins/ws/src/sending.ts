import { Opcode } from '@bothways/protocol'
import { type Connection, isBlob, ReadyState } from 'bothways/connection'
import { type BufferLike, checkControlLength, sentBytes, toBuffer } from './payload.ts'
import { ownState, type SocketState } from './socket-state.ts'

export type Callback = (error?: Error) => void

/** The name of each state, by its number. */
export const stateNames = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const

export interface SendOptions {
  mask?: boolean | undefined
  binary?: boolean | undefined
  compress?: boolean | undefined
  fin?: boolean | undefined
}

function notOpen(state: ReadyState): string {
  return `WebSocket is not open: readyState ${state} (${stateNames[state]})`
}

/** @throws Error while connecting */
export function sendMessage(
  socket: SocketState,
  given: BufferLike,
  options: SendOptions | undefined,
  cb: Callback | undefined,
): void {
  checkConnected(socket)
  const data = typeof given === 'number' ? String(given) : given
  const connection = socket[ownState].connection
  if (socket._readyState !== ReadyState.Open || connection === undefined) {
    refuse(socket, data, cb)
    return
  }
  if (options === undefined && socket[ownState].isCompressing === undefined) {
    if (typeof data === 'string' || isBlob(data)) connection.send(data)
    else connection.send(sentBytes(data))
  } else {
    sendFrame(socket, connection, data, options)
  }
  if (typeof cb === 'function') connection.whenTaken(cb)
}

/** Sends one frame with the program's options; an option that is there counts, also when undefined. */
function sendFrame(
  socket: SocketState,
  connection: Connection,
  data: Exclude<BufferLike, number>,
  given: SendOptions | undefined,
): void {
  const options: SendOptions = Object(given ?? {})
  const payload = isBlob(data) ? data : sentBytes(data)
  const isBinary = 'binary' in options ? options.binary : typeof data !== 'string'
  const isFinal = 'fin' in options ? options.fin === true : true
  const isMasked = 'mask' in options ? options.mask === true : !socket._isServer
  const isFirst = socket[ownState].isCompressing === undefined
  if (isFirst) {
    const mayCompress = 'compress' in options ? options.compress === true : true
    const deflate = socket._extensions['permessage-deflate']
    socket[ownState].isCompressing = mayCompress && deflate?.isWorthCompressing(payload) === true
  }
  connection.sendFrame(payload, {
    opcode: isFirst ? (isBinary ? Opcode.Binary : Opcode.Text) : Opcode.Continuation,
    isFinal,
    compresses: socket[ownState].isCompressing === true,
    isMasked,
  })
  if (isFinal) socket[ownState].isCompressing = undefined
}

/** @throws Error while connecting, RangeError for more than 125 bytes */
export function sendControl(
  socket: SocketState,
  opcode: typeof Opcode.Ping | typeof Opcode.Pong,
  ...given: unknown[]
): void {
  checkConnected(socket)
  const cb = given.find(it => typeof it === 'function') as Callback | undefined
  const [first, second] = given.slice(0, given.indexOf(cb))
  const data = typeof first === 'number' ? String(first) : first
  if (socket._readyState !== ReadyState.Open) {
    refuse(socket, data, cb)
    return
  }
  const payload = isBlob(data) ? data : sentBytes(data)
  checkControlLength(payload)
  const isMasked = second === undefined ? !socket._isServer : second === true
  socket[ownState].connection?.sendFrame(payload, { opcode, isMasked })
  if (cb !== undefined) socket[ownState].connection?.whenTaken(cb)
}

function checkConnected(socket: SocketState): void {
  if (socket._readyState === ReadyState.Connecting) throw new Error(notOpen(socket._readyState))
}

function refuse(socket: SocketState, data: unknown, cb: Callback | undefined): void {
  // Those who sent before are called back before.
  socket[ownState].connection?.flush()
  if (data) socket[ownState].unsentBytes += isBlob(data) ? data.size : toBuffer(data).length
  if (typeof cb === 'function') process.nextTick(cb, new Error(notOpen(socket._readyState)))
}
