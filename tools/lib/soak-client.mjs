// Raw clients for the soak: bytes on a TCP connection, right and wrong ones, drawn by chance from a seed.
import { connect } from 'node:net'
import { constants, deflateRawSync } from 'node:zlib'

/** One frame with any first byte, masked unless told otherwise. */
export function frame(first, payload, isMasked = true) {
  const length = payload.length
  const header =
    length < 126
      ? [first, length]
      : length < 65_536
        ? [first, 126, length >>> 8, length & 0xff]
        : [
            first,
            127,
            0,
            0,
            0,
            0,
            length >>> 24,
            (length >>> 16) & 0xff,
            (length >>> 8) & 0xff,
            length & 0xff,
          ]
  if (!isMasked) return Buffer.concat([Buffer.from(header), payload])
  header[1] |= 0x80
  const key = [0x37, 0xfa, 0x21, 0x3d]
  const masked = payload.map((byte, at) => byte ^ key[at & 3])
  return Buffer.concat([Buffer.from([...header, ...key]), masked])
}

const text = (random, most = 70_000) => Buffer.from('多字节 text '.repeat(random.below(most / 18) + 1))

export function compressed(payload) {
  const deflated = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  return frame(0xc1, deflated)
}

/** Frames of clients that keep the rules. */
const lawful = [
  random => frame(0x81, text(random)),
  random => frame(0x82, Buffer.alloc(random.below(200_000), 7)),
  random => compressed(text(random)),
  () => frame(0x89, Buffer.from('ping')),
  () => frame(0x8a, Buffer.from('unasked')),
  random => {
    const whole = text(random)
    const cut = random.below(whole.length)
    return Buffer.concat([
      frame(0x01, whole.subarray(0, cut)),
      frame(0x89, Buffer.from('between')),
      frame(0x00, Buffer.alloc(0)),
      frame(0x80, whole.subarray(cut)),
    ])
  },
  () => Buffer.concat(Array.from({ length: 200 }, () => frame(0x81, Buffer.from('small')))),
]

/** Frames of clients that break the rules. */
const unlawful = [
  () => frame(0x81, Buffer.from('unmasked'), false),
  () => frame(0xf1, Buffer.from('reserved bits')),
  () => frame(0x83, Buffer.from('reserved opcode')),
  () => frame(0x80, Buffer.from('nothing to continue')),
  () => frame(0x09, Buffer.from('fragmented ping')),
  () => frame(0x89, Buffer.alloc(126)),
  () => frame(0x81, Buffer.from([0xc3, 0x28])),
  () => frame(0x88, Buffer.from([0x03])),
  () => frame(0x88, Buffer.from([0x03, 0xed])),
  () => frame(0xc1, Buffer.from([0xff, 0xff, 0xff])),
  () =>
    frame(
      0xc2,
      deflateRawSync(Buffer.alloc(20_000_000), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4),
    ),
  () => Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]),
  random => Buffer.from(Array.from({ length: 300 }, () => random.below(256))),
]

const closeFrame = frame(0x88, Buffer.from([0x03, 0xe8]))

/** The opening handshake for a path. */
export const upgrade = path =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'

const badHandshakes = [
  'GET /nowhere HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  upgrade('/echo').replace('dGhlIHNhbXBsZSBub25jZQ==', 'short'),
  upgrade('/echo').replace(': 13', ': 8'),
  'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  '\u0016\u0003\u0001\u0002\u0000garbage that looks like TLS',
  `GET /echo HTTP/1.1\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
  upgrade('/echo').slice(0, 80),
]

/** One client's life, from connecting to its end; resolves when its TCP connection is over. */
export async function randomClient(port, random) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const over = new Promise(resolve => socket.once('close', resolve))
  const opened = new Promise(resolve => {
    socket.once('connect', resolve)
    socket.once('close', resolve)
  })
  // However it goes, it is over at some time.
  const limit = setTimeout(() => socket.destroy(), 4_000)
  await opened

  if (random.next() < 0.1) {
    socket.write(random.pick(badHandshakes))
    socket.resume()
    if (random.next() < 0.5) socket.end()
  } else {
    socket.write(upgrade(random.pick(['/echo', '/room', '/loop'])))
    const isSlow = random.next() < 0.1
    if (isSlow) socket.pause()
    else socket.resume()
    const deeds = Array.from({ length: 1 + random.below(12) }, () => random.pick(lawful)(random))
    const ending = random.next()
    if (ending < 0.4) deeds.push(closeFrame)
    else if (ending < 0.7) deeds.push(random.pick(unlawful)(random))
    for (const bytes of deeds) {
      if (socket.destroyed) break
      const cut = random.next() < 0.3 ? random.below(bytes.length) : bytes.length
      socket.write(bytes.subarray(0, cut))
      if (cut < bytes.length) {
        await new Promise(resolve => setImmediate(resolve))
        socket.write(bytes.subarray(cut))
      }
      if (random.next() < 0.2) await new Promise(resolve => setTimeout(resolve, random.below(10)))
    }
    if (ending > 0.95) socket.end()
    else if (ending > 0.8) {
      socket.write(frame(0x82, Buffer.alloc(1_000)).subarray(0, 500))
      socket.resetAndDestroy()
    } else if (ending > 0.7) socket.destroy()
    if (isSlow) setTimeout(() => socket.resume(), 200)
  }
  await over
  clearTimeout(limit)
}
