import { Buffer } from 'node:buffer'
import { messageBytes, ownBytes, type Publication } from 'bothways/connection'

/** The revisions of the Engine.IO protocol that a client may speak. */
export type Protocol = 3 | 4

/** The types of packets, each at the place that is its number on the wire (Engine.IO protocol v4, "Packet types"). */
export const packetTypes = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'] as const
export type PacketType = (typeof packetTypes)[number]

const digits = Object.fromEntries(packetTypes.map((type, at) => [type, String(at)])) as Record<
  PacketType,
  string
>

/** The digit of a packet's type. */
export function digitOf(type: Packet['type']): string {
  return digits[type as PacketType]
}

/** The data of a message that is sent; that of a received one is a string or a `Buffer`. */
export type RawData = string | ArrayBuffer | ArrayBufferView

/** How a packet is sent. */
export interface WriteOptions {
  /** False sends it as it is even where compression was agreed on. Default true. */
  readonly compress?: boolean | undefined
  /** The same message for many sockets, encoded once for each dialect in which somebody gets it. */
  readonly shared?: Publication | undefined
  /** WebSocket frames of this packet that the caller has made, as adapters written for npm's `engine.io` do. */
  readonly wsPreEncodedFrame?: readonly Uint8Array[] | undefined
}

/** One packet. A type `error` stands for bytes that were none. */
export interface Packet {
  readonly type: PacketType | 'error'
  readonly data?: RawData | undefined
  readonly options?: WriteOptions | undefined
}

/** Stands for received bytes that were no packet. */
export const errorPacket: Packet = { type: 'error', data: 'parser error' }

/** The bytes of binary data, without a copy. */
export function bytesOf(data: ArrayBuffer | ArrayBufferView): Buffer {
  return messageBytes(data)
}

/** The bytes of text in base64, in memory that holds nothing else. */
export function bytesOfBase64(text: string): Buffer {
  return ownBytes(Buffer.from(text, 'base64'))
}

/** The bytes that a waiting packet takes besides its data: the object, its place in the queue, the head of its string. */
const packetBytes = 96

/** About how much memory a packet takes while it waits, in bytes. */
export function sizeOf({ data }: Packet): number {
  if (data === undefined) return packetBytes
  return packetBytes + (typeof data === 'string' ? data.length : data.byteLength)
}
