import { Decoder, Encoder, PacketType } from '../../drop-ins/socket.io/src/parser/index.ts'
import { assertSame, show } from './assert.mjs'
import { parsePlainly, writePlainly } from './plain-parser.mjs'

/** Of what a client sends come the packets that must, and packets are written so that they can be read. */
export function checkParser({ received: described, maxAttachments, packet: { type, nsp, id, args } }) {
  const received = described.map(({ text, hex }) => (hex === undefined ? text : Buffer.from(hex, 'hex')))
  const options = maxAttachments === undefined ? {} : { maxAttachments }
  assertSame(decode(received, options), parsePlainly(received, maxAttachments ?? 10), show(described))

  const data = type === 'CONNECT' ? { token: 'x' } : ['event', ...args.map(argumentOf)]
  const packet = { type: PacketType[type], nsp, id, data }
  const encoded = new Encoder().encode(packet)
  assertSame(encoded, writePlainly(packet), show(packet))
  const many = { maxAttachments: 100 }
  assertSame(
    decode(encoded, many),
    parsePlainly(encoded, many.maxAttachments),
    `read again: ${show(encoded)}`,
  )
}

function argumentOf({ hex, list, value }) {
  if (hex !== undefined) return Buffer.from(hex, 'hex')
  return list === undefined ? structuredClone(value) : list.map(argumentOf)
}

function decode(received, options) {
  const decoder = new Decoder(options)
  const packets = []
  // As properties that are there, and no others.
  decoder.on('decoded', packet => packets.push({ ...packet }))
  for (const it of received) {
    try {
      decoder.add(it)
    } catch {
      return [...packets, 'error']
    }
  }
  return packets
}
