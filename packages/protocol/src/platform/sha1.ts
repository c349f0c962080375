import { encodeUtf8 } from '#utf8'
import { encodeBase64 } from '../handshake/base64.ts'

const blockBytes = 64
const roundCount = 80

type State = readonly [a: number, b: number, c: number, d: number, e: number]

/** FIPS 180-4 §5.3.1. */
const initialState: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]

/**
 * SHA-1 of a text's UTF-8 (FIPS 180-4), as base64 with padding (RFC 4648 §4). The opening handshake needs it; it protects
 * nothing.
 */
export function sha1Base64(text: string): string {
  return encodeBase64(sha1(encodeUtf8(text)))
}

/** SHA-1 of `bytes` (FIPS 180-4): 20 bytes. */
export function sha1(bytes: Uint8Array): Uint8Array {
  const message = pad(bytes)
  const schedule = new DataView(new ArrayBuffer(roundCount * 4))
  let state = initialState
  for (let start = 0; start < message.byteLength; start += blockBytes) {
    fillSchedule(schedule, message, start)
    state = compress(state, schedule)
  }
  const digest = new DataView(new ArrayBuffer(state.length * 4))
  state.forEach((word, index) => {
    digest.setInt32(index * 4, word)
  })
  return new Uint8Array(digest.buffer)
}

/** FIPS 180-4 §5.1.1: one bit 1, zeros up to a whole block, the length in bits as 64-bit integer. */
function pad(bytes: Uint8Array): DataView {
  const paddedBytes = Math.ceil((bytes.length + 9) / blockBytes) * blockBytes
  const padded = new Uint8Array(paddedBytes)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(paddedBytes - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(paddedBytes - 4, bytes.length << 3)
  return view
}

/** FIPS 180-4 §6.1.2 step 1. */
function fillSchedule(schedule: DataView, message: DataView, start: number): void {
  const word = (t: number) => schedule.getInt32(t * 4)
  for (let t = 0; t < 16; t++) schedule.setInt32(t * 4, message.getInt32(start + t * 4))
  for (let t = 16; t < roundCount; t++) {
    schedule.setInt32(t * 4, rotateLeft(word(t - 3) ^ word(t - 8) ^ word(t - 14) ^ word(t - 16), 1))
  }
}

/** FIPS 180-4 §6.1.2 steps 2 to 4: 80 rounds over one block. */
function compress(state: State, schedule: DataView): State {
  let [a, b, c, d, e] = state
  for (let t = 0; t < roundCount; t++) {
    const next = (rotateLeft(a, 5) + mix(t, b, c, d) + e + schedule.getInt32(t * 4)) | 0
    e = d
    d = c
    c = rotateLeft(b, 30)
    b = a
    a = next
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0, (state[4] + e) | 0]
}

/** FIPS 180-4 §4.1.1 and §4.2.1: the round's function with its constant added. */
function mix(t: number, b: number, c: number, d: number): number {
  if (t < 20) return ((b & c) ^ (~b & d)) + 0x5a827999
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1
  if (t < 60) return ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc
  return (b ^ c ^ d) + 0xca62c1d6
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
