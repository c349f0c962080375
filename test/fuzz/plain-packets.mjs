import { isUtf8 } from 'node:buffer'

const types = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop']
const error = { type: 'error', data: 'parser error' }

/** A packet as one WebSocket message, or in text where bytes cannot be sent (Engine.IO protocol, both versions). */
export function encodePlainly({ type, data }, protocol, takesBytes) {
  const number = types.indexOf(type)
  if (!Buffer.isBuffer(data)) return `${number}${data ?? ''}`
  if (takesBytes) return protocol === 4 ? data : Buffer.concat([Buffer.of(number), data])
  return `b${protocol === 4 ? '' : number}${data.toString('base64')}`
}

/** Packets as the body of an HTTP answer. */
export function encodePayloadPlainly(packets, protocol, takesBytes) {
  const texts = packets.map(packet => encodePlainly(packet, protocol, false))
  if (protocol === 4) return texts.join('\x1e')
  if (!takesBytes || !packets.some(({ data }) => Buffer.isBuffer(data))) {
    return texts.map(text => `${text.length}:${text}`).join('')
  }
  return Buffer.concat(
    packets.flatMap(packet => {
      const encoded = encodePlainly(packet, 3, true)
      const bytes = Buffer.from(encoded)
      return [
        Buffer.from([typeof encoded === 'string' ? 0 : 1, ...[...`${bytes.length}`].map(Number), 255]),
        bytes,
      ]
    }),
  )
}

/** The packet in one WebSocket message. */
export function decodePlainly(message, protocol) {
  if (typeof message !== 'string') {
    if (protocol === 4) return { type: 'message', data: message }
    const type = types[message[0] ?? -1]
    return type === undefined ? error : { type, data: message.subarray(1) }
  }
  if (message[0] === 'b' && protocol === 4)
    return { type: 'message', data: Buffer.from(message.slice(1), 'base64') }
  const isBase64 = message[0] === 'b'
  const digit = message[isBase64 ? 1 : 0]
  if (digit === undefined || !'0123456'.includes(digit)) return error
  const data = isBase64 ? Buffer.from(message.slice(2), 'base64') : message.slice(1) || undefined
  return { type: types[Number(digit)], data }
}

/** The packets in the body of a request, up to the first that is none. */
export function decodePayloadPlainly(payload, protocol) {
  if (protocol === 4) return upToError(payload.split('\x1e').map(text => decodePlainly(text, 4)))
  return typeof payload === 'string' ? decodeText(payload) : decodeBytes(payload)
}

function decodeText(payload) {
  const packets = []
  let rest = payload
  if (rest === '') return [error]
  while (rest !== '') {
    const [head, digits] = /^(\d{1,10}):/.exec(rest) ?? []
    if (head === undefined || head.length + Number(digits) > rest.length)
      return upToError([...packets, error])
    const text = rest.slice(head.length, head.length + Number(digits))
    // Of no characters: no packet, and no error.
    if (text !== '') packets.push(decodePlainly(text, 3))
    rest = rest.slice(head.length + text.length)
  }
  return upToError(packets)
}

function decodeBytes(payload) {
  const packets = []
  let rest = payload
  while (rest.length > 0) {
    const end = rest.indexOf(255)
    const digits = [...rest.subarray(1, Math.max(1, end))]
    const isLength =
      end !== -1 && digits.length >= 1 && digits.length <= 10 && digits.every(digit => digit <= 9)
    const length = Number(digits.join(''))
    if (rest[0] > 1 || !isLength || end + 1 + length > rest.length) return upToError([...packets, error])
    const bytes = rest.subarray(end + 1, end + 1 + length)
    const isText = rest[0] === 0
    packets.push(isText && !isUtf8(bytes) ? error : decodePlainly(isText ? bytes.toString() : bytes, 3))
    rest = rest.subarray(end + 1 + length)
  }
  return upToError(packets)
}

function upToError(packets) {
  const end = packets.findIndex(({ type }) => type === 'error')
  return end === -1 ? packets : packets.slice(0, end + 1)
}
