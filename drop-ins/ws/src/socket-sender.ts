import { Buffer } from 'node:buffer'
import { type Connection, SharedBytes } from 'bothways/connection'

type Frame = readonly (Uint8Array | string)[]

/** Frames that are sent to many sockets are joined once: the list they come in tells. */
const joined = new WeakMap<Frame, SharedBytes>()

/** The part of a socket's `_sender` that other libraries use: frames made by `Sender.frame` go out as they are. */
export class SocketSender {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  sendFrame(frame: Frame, callback?: (error?: Error) => void): void {
    this.#connection.sendEncoded(join(frame))
    if (typeof callback === 'function') this.#connection.whenTaken(callback)
  }
}

function join(frame: Frame): SharedBytes {
  let bytes = joined.get(frame)
  if (bytes === undefined) {
    bytes = new SharedBytes(
      Buffer.concat(frame.map(part => (typeof part === 'string' ? Buffer.from(part) : part))),
    )
    joined.set(frame, bytes)
  }
  return bytes
}
