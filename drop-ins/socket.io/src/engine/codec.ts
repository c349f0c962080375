import type { Buffer } from 'node:buffer'
import {
  decodePacketV3,
  decodePayloadV3,
  encodeBinaryPayloadV3,
  encodePacketV3,
  encodePayloadV3,
  encodeTextV3,
} from './codec-v3.ts'
import { decodePacketV4, decodePayloadV4, encodePacketV4, encodePayloadV4, encodeTextV4 } from './codec-v4.ts'
import type { Packet, Protocol } from './packet.ts'
import { textOf } from './publication-formats.ts'

/** A packet as one WebSocket message. */
export function encodePacket(packet: Packet, protocol: Protocol, takesBytes: boolean): string | Buffer {
  if (!takesBytes) return encodeText(packet, protocol)
  return protocol === 4 ? encodePacketV4(packet) : encodePacketV3(packet)
}

/** Packets as the body of one HTTP answer. */
export function encodePayload(
  packets: readonly Packet[],
  protocol: Protocol,
  takesBytes: boolean,
): string | Buffer {
  if (protocol === 4) return encodePayloadV4(packets.map(packet => encodeText(packet, 4)))
  if (takesBytes && packets.some(({ data }) => typeof data === 'object')) {
    return encodeBinaryPayloadV3(packets.map(encodePacketV3))
  }
  return encodePayloadV3(packets.map(packet => encodeText(packet, 3)))
}

/** The packet in one WebSocket message. */
export function decodePacket(message: string | Buffer, protocol: Protocol): Packet {
  return protocol === 4 ? decodePacketV4(message) : decodePacketV3(message)
}

/**
 * The packets in the body of one HTTP request, read as they are asked for: a short body may have many. Of version 4 it is
 * always text. The last may be an error packet.
 */
export function decodePayload(payload: string | Buffer, protocol: Protocol): Generator<Packet, void> {
  return protocol === 4 ? decodePayloadV4(payload as string) : decodePayloadV3(payload)
}

function encodeText(packet: Packet, protocol: Protocol): string {
  const shared = packet.options?.shared
  if (shared !== undefined) return textOf(shared, protocol)
  return protocol === 4 ? encodeTextV4(packet) : encodeTextV3(packet)
}
