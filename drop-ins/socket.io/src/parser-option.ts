import type { RawData } from './engine-binding.ts'
import type { Packet } from './parser/packet.ts'

/** Packets to what is sent. */
export interface ParserEncoder {
  encode(packet: Packet): RawData[]
}

/** Makes packets of received data, and emits each as `decoded`. */
export interface ParserDecoder {
  add(received: unknown): void
  destroy(): void
  /** The bytes that it holds of packets that are not complete, if it counts them. */
  readonly heldBytes?: number
  on(event: 'decoded', listener: (packet: Packet) => void): unknown
  off(event: 'decoded', listener: (packet: Packet) => void): unknown
}

/** The value of the option `parser`, such as `socket.io-parser` and `socket.io-msgpack-parser`. */
export interface Parser {
  readonly Encoder: new () => ParserEncoder
  readonly Decoder: new () => ParserDecoder
}
