import { concat, hex, utf8 } from './bytes.ts'

/** A frame as a server writes it: the header in hexadecimal, the payload as text or bytes. Either may break rules. */
export type RawFrame = readonly [header: string, payload?: string | Uint8Array]

/** The masking key that raw frames use, as bytes and as the integer that the sources use. */
const rawMaskingKey = [0x37, 0xfa, 0x21, 0x3d] as const
export const rawMaskingKeyWord = 0x37fa213d

/** The frame's bytes as written, without masking. */
export function unmasked([header, payload = '']: RawFrame): Uint8Array<ArrayBuffer> {
  return concat([hex(header), payloadBytes(payload)])
}

/** The same frame as a client would send it: mask bit set, key after the header, payload XORed byte by byte. */
export function masked([header, payload = '']: RawFrame): Uint8Array<ArrayBuffer> {
  const head = hex(header)
  if (head.length > 1) head[1] = (head[1] ?? 0) | 0x80
  const body = payloadBytes(payload).map((byte, index) => byte ^ (rawMaskingKey[index % 4] ?? 0))
  return concat([head, Uint8Array.from(rawMaskingKey), body])
}

/** The frames as a receiver of this role may be sent them: a server gets masked frames, a client unmasked ones. */
export function framesTo(role: 'server' | 'client', frames: readonly RawFrame[]): Uint8Array<ArrayBuffer> {
  return concat(frames.map(role === 'server' ? masked : unmasked))
}

function payloadBytes(payload: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof payload === 'string' ? utf8(payload) : payload.slice()
}

/** A frame with its length in the shortest encoding; `announcedBytes` differs from the payload's for a frame cut short. */
export function rawFrame(
  first: string,
  payload: string | Uint8Array = '',
  announcedBytes: number = payloadBytes(payload).length,
): RawFrame {
  const digits = (length: number): string => announcedBytes.toString(16).padStart(length, '0')
  if (announcedBytes < 126) return [`${first} ${digits(2)}`, payload]
  if (announcedBytes < 65_536) return [`${first} 7e ${digits(4)}`, payload]
  return [`${first} 7f ${digits(16)}`, payload]
}
