import { isUtf8 } from 'node:buffer'

/**
 * The rules of a receiver once more, as plainly as they can be written: all bytes at once, copies everywhere. What it
 * reports is what the real one must report.
 *
 * @param {Buffer} bytes
 * @param {import('./cases.d.mts').ReceiverSettings} settings
 * @returns {string[]}
 */
export function receivePlainly(bytes, { role, maxMessageBytes, isDeflateNegotiated }) {
  const events = []
  const fail = code => [...events, `violation ${code}`]
  /** @type {{ opcode: number, isCompressed: boolean, payload: Buffer } | undefined} */
  let message
  let at = 0
  while (bytes.length - at >= 2) {
    const first = bytes[at]
    const second = bytes[at + 1]
    const opcode = first & 15
    const isFinal = first >= 128
    const isControl = opcode >= 8
    const isRsv1Allowed = isDeflateNegotiated && (opcode === 1 || opcode === 2)
    if ((first & (isRsv1Allowed ? 0x30 : 0x70)) !== 0) return fail(1002)
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) return fail(1002)
    if (second >= 128 !== (role === 'server')) return fail(1002)
    if (isControl && (!isFinal || (second & 127) > 125)) return fail(1002)
    if (!isControl && (opcode === 0) !== (message !== undefined)) return fail(1002)

    const extra = { 126: 2, 127: 8 }[second & 127] ?? 0
    const payloadStart = at + 2 + extra + (role === 'server' ? 4 : 0)
    if (bytes.length < payloadStart) return events
    let length = BigInt(second & 127)
    if (extra === 2) length = BigInt(bytes.readUInt16BE(at + 2))
    if (extra === 8) length = bytes.readBigUInt64BE(at + 2)
    if (extra === 8 && length >= 2n ** 63n) return fail(1002)
    if ((extra === 2 && length < 126n) || (extra === 8 && length < 65_536n)) return fail(1002)
    if (!isControl) {
      message ??= { opcode, isCompressed: (first & 0x40) !== 0, payload: Buffer.alloc(0) }
      const slack = message.isCompressed ? BigInt(Math.floor(maxMessageBytes / 64) + 64) : 0n
      if (BigInt(message.payload.length) + length > BigInt(maxMessageBytes) + slack) return fail(1009)
    }

    const payloadBytes = Number(length)
    const payload = Buffer.from(bytes.subarray(payloadStart, payloadStart + payloadBytes))
    if (role === 'server') {
      for (let index = 0; index < payload.length; index++) {
        payload[index] ^= bytes[payloadStart - 4 + (index % 4)]
      }
    }
    at = payloadStart + payloadBytes
    const isCut = payload.length < payloadBytes
    if (isControl) {
      if (isCut) return events
      if (opcode === 8) return [...events, closeEvent(payload)]
      events.push(`${opcode === 9 ? 'ping' : 'pong'} ${payload.toString('hex')}`)
      continue
    }

    if (message === undefined) throw new Error('A data frame without message')
    message.payload = Buffer.concat([message.payload, payload])
    const isText = message.opcode === 1
    const isWhole = isFinal && !isCut
    if (isText && !message.isCompressed && !canBeText(message.payload, isWhole)) return fail(1007)
    if (isCut) return events
    if (isFinal) {
      const kind = `${message.isCompressed ? 'compressed ' : ''}${isText ? 'text' : 'binary'}`
      events.push(`${kind} ${message.payload.toString('hex')}`)
      message = undefined
    }
  }
  return events
}

function closeEvent(body) {
  if (body.length === 0) return 'close 1005 '
  if (body.length === 1) return 'violation 1002'
  const code = body.readUInt16BE()
  const isAllowed =
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code) ||
    (code >= 3000 && code <= 4999)
  if (!isAllowed) return 'violation 1002'
  if (!isUtf8(body.subarray(2))) return 'violation 1007'
  return `close ${code} ${body.toString('utf8', 2)}`
}

/** Ends that complete any beginning of a character. */
const completions = [
  [],
  [0x80],
  [0xbf],
  [0x80, 0x80],
  [0x90, 0x80],
  [0xa0, 0x80],
  [0x80, 0x80, 0x80],
  [0x90, 0x80, 0x80],
]

function canBeText(payload, isWhole) {
  if (isUtf8(payload)) return true
  return !isWhole && completions.some(end => isUtf8(Buffer.concat([payload, Buffer.from(end)])))
}
