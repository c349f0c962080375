const blockBytes = 64
const roundCount = 80

/** SHA-1 of `bytes` (FIPS 180-4): 20 bytes. The opening handshake needs it; it protects nothing. */
export function sha1(bytes: Uint8Array): Uint8Array {
  const message = pad(bytes)
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0])
  const schedule = new Uint32Array(roundCount)
  for (let start = 0; start < message.byteLength; start += blockBytes) {
    fillSchedule(schedule, message, start)
    compress(state, schedule)
  }
  const digest = new DataView(new ArrayBuffer(state.byteLength))
  state.forEach((word, index) => {
    digest.setUint32(index * 4, word)
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
  view.setUint32(paddedBytes - 4, (bytes.length << 3) >>> 0)
  return view
}

/** FIPS 180-4 §6.1.2 step 1. */
function fillSchedule(schedule: Uint32Array, message: DataView, start: number): void {
  for (let t = 0; t < 16; t++) schedule[t] = message.getUint32(start + t * 4)
  for (let t = 16; t < roundCount; t++) {
    schedule[t] = rotateLeft(schedule[t - 3]! ^ schedule[t - 8]! ^ schedule[t - 14]! ^ schedule[t - 16]!, 1)
  }
}

/** FIPS 180-4 §6.1.2 steps 2 to 4: 80 rounds over one block. */
function compress(state: Uint32Array, schedule: Uint32Array): void {
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
  for (let t = 0; t < roundCount; t++) {
    const next = (rotateLeft(a, 5) + mix(t, b, c, d) + e + schedule[t]!) | 0
    e = d
    d = c
    c = rotateLeft(b, 30)
    b = a
    a = next
  }
  // A Uint32Array keeps the sum modulo 2 to the power of 32.
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
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
