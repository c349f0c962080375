import type { RawData } from './engine-binding.ts'
import type { Packet } from './parser/packet.ts'

/** Packets to what is sent. */
export interface ParserEncoder {
  encode(packet: Packet): RawData[]
}

/** What was received to packets: `decoded`. */
export interface ParserDecoder {
  add(received: unknown): void
  destroy(): void
  /** What it holds of packets that are not complete, in bytes, if it counts that. */
  readonly heldBytes?: number
  on(event: 'decoded', listener: (packet: Packet) => void): unknown
  off(event: 'decoded', listener: (packet: Packet) => void): unknown
}

/** What the option `parser` takes, such as `socket.io-parser` and `socket.io-msgpack-parser`. */
export interface Parser {
  readonly Encoder: new () => ParserEncoder
  readonly Decoder: new () => ParserDecoder
}
