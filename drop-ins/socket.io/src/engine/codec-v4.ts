import type { Buffer } from 'node:buffer'
import { bytesOf, bytesOfBase64, digitOf, errorPacket, type Packet, packetTypes } from './packet.ts'

/** The separator of the packets of a payload (Engine.IO protocol v4, "HTTP long-polling: packet encoding"). */
const separator = '\x1e'

const code0 = 0x30
const codeB = 0x62

/** A packet as text, also a binary one: for payloads, and for clients that cannot take bytes. */
export function encodeTextV4({ type, data }: Packet): string {
  if (typeof data === 'string') return digitOf(type) + data
  if (data === undefined) return digitOf(type)
  return `b${bytesOf(data).toString('base64')}`
}

/** A packet as one WebSocket message: a binary one is its data and nothing else (v4, "WebSocket: packet encoding"). */
export function encodePacketV4(packet: Packet): string | Buffer {
  const { data } = packet
  return data === undefined || typeof data === 'string' ? encodeTextV4(packet) : bytesOf(data)
}

/** The packet in one WebSocket message, or the error packet. */
export function decodePacketV4(message: string | Buffer): Packet {
  if (typeof message !== 'string') return { type: 'message', data: message }
  const code = message.charCodeAt(0)
  if (code === codeB) return { type: 'message', data: bytesOfBase64(message.slice(1)) }
  const type = packetTypes[code - code0]
  if (type === undefined) return errorPacket
  return { type, data: message.length > 1 ? message.slice(1) : undefined }
}

/** The body of an HTTP answer, from packets as {@link encodeTextV4} makes them. */
export function encodePayloadV4(packets: readonly string[]): string {
  return packets.length === 1 ? packets[0]! : packets.join(separator)
}

/** The packets in the body of an HTTP request, read as they are asked for; the last may be an error packet. */
export function* decodePayloadV4(payload: string): Generator<Packet, void> {
  let start = 0
  while (start <= payload.length) {
    const found = payload.indexOf(separator, start)
    const end = found === -1 ? payload.length : found
    const packet = decodePacketV4(payload.slice(start, end))
    yield packet
    if (packet === errorPacket) return
    start = end + 1
  }
}
