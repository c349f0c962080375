import type { RawData } from './engine-binding.ts'
import type { Packet } from './parser/packet.ts'

/** Turns packets into the data to send. */
export interface ParserEncoder {
  encode(packet: Packet): RawData[]
}

/** Turns received data into packets, and emits each as `decoded`. */
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
