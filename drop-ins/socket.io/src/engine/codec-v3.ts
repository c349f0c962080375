import { Buffer } from 'node:buffer'
import { isUtf8 } from '@bothways/protocol'
import { ownBytes } from 'bothways/connection'
import {
  bytesOf,
  bytesOfBase64,
  digitOf,
  errorPacket,
  type Packet,
  type PacketType,
  packetTypes,
} from './packet.ts'

const code0 = 0x30
const code9 = 0x39
const codeB = 0x62
const codeColon = 0x3a

/** Ends the length of a packet in a binary payload. */
const lengthEnd = 255

/** No payload that is taken is longer than a number of so many digits. */
const maxLengthDigits = 10

/** A packet as text; a binary one in base64 behind a `b` (Engine.IO protocol v3, "Encoding: Packet"). */
export function encodeTextV3({ type, data }: Packet): string {
  if (typeof data === 'string') return digitOf(type) + data
  if (data === undefined) return digitOf(type)
  return `b${digitOf(type)}${bytesOf(data).toString('base64')}`
}

/** A packet as one WebSocket message: a binary one has its type in its first byte. */
export function encodePacketV3(packet: Packet): string | Buffer {
  const { type, data } = packet
  if (data === undefined || typeof data === 'string') return encodeTextV3(packet)
  const bytes = bytesOf(data)
  const encoded = Buffer.allocUnsafe(bytes.length + 1)
  encoded[0] = packetTypes.indexOf(type as PacketType)
  encoded.set(bytes, 1)
  return encoded
}

/** The packet in one WebSocket message, or the error packet. */
export function decodePacketV3(message: string | Buffer): Packet {
  if (typeof message !== 'string') {
    const type = packetTypes[message[0] ?? -1]
    return type === undefined ? errorPacket : { type, data: ownBytes(message.subarray(1)) }
  }
  const isBase64 = message.charCodeAt(0) === codeB
  const type = packetTypes[message.charCodeAt(isBase64 ? 1 : 0) - code0]
  if (type === undefined) return errorPacket
  if (isBase64) return { type, data: bytesOfBase64(message.slice(2)) }
  return { type, data: message.length > 1 ? message.slice(1) : undefined }
}

/** The body of an HTTP answer in text: each packet behind its length in characters (v3, "Encoding: Payload"). */
export function encodePayloadV3(packets: readonly string[]): string {
  let payload = ''
  for (const packet of packets) payload += `${packet.length}:${packet}`
  return payload
}

/**
 * The body of an HTTP answer in bytes, for clients that take them (v3, "Payload: XHR2"): each packet behind a byte that
 * tells text (0) from bytes (1), the decimal digits of its length in bytes, one byte each, and a byte of 255.
 */
export function encodeBinaryPayloadV3(packets: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = []
  for (const packet of packets) {
    const isText = typeof packet === 'string'
    const bytes = isText ? Buffer.from(packet) : packet
    const length = String(bytes.length)
    const header = Buffer.allocUnsafe(length.length + 2)
    header[0] = isText ? 0 : 1
    for (let at = 0; at < length.length; at++) header[at + 1] = length.charCodeAt(at) - code0
    header[length.length + 1] = lengthEnd
    parts.push(header, bytes)
  }
  return Buffer.concat(parts)
}

/** The packets in the body of an HTTP request, text or bytes, read as they are asked for; the last may be an error packet. */
export function decodePayloadV3(payload: string | Buffer): Generator<Packet, void> {
  return typeof payload === 'string' ? decodeTextPayload(payload) : decodeBinaryPayload(payload)
}

function* decodeTextPayload(payload: string): Generator<Packet, void> {
  if (payload === '') yield errorPacket
  let at = 0
  while (at < payload.length) {
    let length = 0
    const digitsStart = at
    let code = payload.charCodeAt(at)
    while (code >= code0 && code <= code9 && at - digitsStart < maxLengthDigits) {
      length = length * 10 + (code - code0)
      code = payload.charCodeAt(++at)
    }
    const end = at + 1 + length
    if (at === digitsStart || code !== codeColon || end > payload.length) {
      yield errorPacket
      return
    }
    if (length > 0) {
      const packet = decodePacketV3(payload.slice(at + 1, end))
      yield packet
      if (packet === errorPacket) return
    }
    at = end
  }
}

function* decodeBinaryPayload(payload: Buffer): Generator<Packet, void> {
  let at = 0
  while (at < payload.length) {
    const kind = payload[at++]
    const digitsStart = at
    let length = 0
    while (at < payload.length && payload[at]! <= 9 && at - digitsStart < maxLengthDigits) {
      length = length * 10 + payload[at++]!
    }
    const end = at + 1 + length
    if (kind! > 1 || at === digitsStart || payload[at] !== lengthEnd || end > payload.length) {
      yield errorPacket
      return
    }
    const packet = decodeBinaryPart(payload.subarray(at + 1, end), kind === 0)
    yield packet
    if (packet === errorPacket) return
    at = end
  }
}

function decodeBinaryPart(bytes: Buffer, isText: boolean): Packet {
  if (!isText) return decodePacketV3(bytes)
  return isUtf8(bytes) ? decodePacketV3(bytes.toString()) : errorPacket
}
