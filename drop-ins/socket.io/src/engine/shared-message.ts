import { Buffer } from 'node:buffer'
import { Opcode, serializeFrame } from '@bothways/protocol'
import { SharedBytes } from 'bothways/connection'
import { encodePacketV3, encodeTextV3 } from './codec-v3.ts'
import { encodeTextV4 } from './codec-v4.ts'
import { bytesOf, type Packet, type Protocol, type RawData } from './packet.ts'

/**
 * A message for many sockets: encoded, and framed for WebSocket, once for each dialect in which somebody gets it.
 *
 * ```ts
 * const shared = new SharedMessage(data)
 * const options = { shared }
 * for (const socket of sockets) socket.write(data, options)
 * ```
 *
 * By WebSocket each of them gets the same frame (`Connection.sendEncoded`), by long polling the same text in its
 * payload; only bytes in a binary payload of version 3 are copied each time. Bytes must not change any more. Where permessage-deflate was agreed on, the message is compressed for each socket,
 * since it may refer to what went before.
 */
export class SharedMessage {
  readonly data: RawData
  #frame: SharedBytes | undefined
  #frameV3: SharedBytes | undefined
  #textV3: string | undefined
  #textV4: string | undefined

  constructor(data: RawData) {
    this.data = data
  }

  /** The packet as text, for payloads of long polling. */
  text(protocol: Protocol): string {
    const { data } = this
    if (protocol === 4 || typeof data === 'string') this.#textV4 ??= encodeTextV4(this.#packet)
    else this.#textV3 ??= encodeTextV3(this.#packet)
    return (protocol === 4 || typeof data === 'string' ? this.#textV4 : this.#textV3)!
  }

  /** The packet as a WebSocket frame of a server: in text if the data are, else in bytes. */
  frame(protocol: Protocol): SharedBytes {
    const { data } = this
    if (typeof data === 'string') {
      this.#frame ??= framed(Buffer.from(this.text(4)), Opcode.Text)
    } else if (protocol === 4) {
      this.#frame ??= framed(bytesOf(data), Opcode.Binary)
    } else {
      this.#frameV3 ??= framed(encodePacketV3(this.#packet) as Buffer, Opcode.Binary)
      return this.#frameV3
    }
    return this.#frame
  }

  get #packet(): Packet {
    return { type: 'message', data: this.data }
  }
}

function framed(payload: Uint8Array, opcode: Opcode): SharedBytes {
  return new SharedBytes(serializeFrame(payload, { opcode }))
}
