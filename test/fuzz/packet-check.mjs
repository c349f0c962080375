import {
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
} from '../../drop-ins/socket.io/src/engine/codec.ts'
import { assertSame, show } from './assert.mjs'
import { decodePayloadPlainly, decodePlainly, encodePayloadPlainly, encodePlainly } from './plain-packets.mjs'
import { Random } from './random.mjs'
import { damage } from './stream-cases.mjs'

/** Packets are written as the protocol says and read back as they were; of anything else comes what must. */
export function checkPackets({ protocol, packets: described, takesBytes, payload, damage: seed }) {
  const packets = described.map(({ type, text, hex }) => ({
    type,
    data: hex === undefined ? text : Buffer.from(hex, 'hex'),
  }))
  for (const packet of packets) {
    const encoded = encodePacket(packet, protocol, takesBytes)
    assertSame(encoded, encodePlainly(packet, protocol, takesBytes), `version ${protocol}: ${show(packet)}`)
    checkMessage(encoded, protocol)
  }
  const encoded = encodePayload(packets, protocol, takesBytes)
  assertSame(
    encoded,
    encodePayloadPlainly(packets, protocol, takesBytes),
    `version ${protocol}: ${show(packets)}`,
  )
  checkPayload(encoded, protocol)
  if (seed !== undefined) checkPayload(damaged(encoded, seed), protocol)

  const bytes = Buffer.from(payload, 'hex')
  checkPayload(bytes.toString(), protocol)
  checkMessage(bytes.toString(), protocol)
  checkMessage(bytes, protocol)
  if (protocol === 3) checkPayload(bytes, protocol)
}

function damaged(payload, seed) {
  const bytes = damage(new Random(seed), Buffer.from(payload))
  return typeof payload === 'string' ? bytes.toString() : bytes
}

function checkMessage(message, protocol) {
  assertSame(
    decodePacket(message, protocol),
    decodePlainly(message, protocol),
    `version ${protocol}: ${show(message)}`,
  )
}

function checkPayload(payload, protocol) {
  const expected = decodePayloadPlainly(payload, protocol)
  assertSame([...decodePayload(payload, protocol)], expected, `version ${protocol}: ${show(payload)}`)
}
