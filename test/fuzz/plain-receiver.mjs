import { isUtf8 } from 'node:buffer'

/**
 * The rules of a receiver once more, as plainly as they can be written: all bytes at once, copies everywhere. The
 * real one must report the same.
 *
 * @param {Buffer} bytes
 * @param {import('./cases.d.mts').ReceiverSettings} settings
 * @returns {string[]}
 */
export function receivePlainly(bytes, settings) {
  const { role, maxMessageBytes, isDeflateNegotiated, delivers, checksUtf8 } = settings
  const maxFrameBytes = settings.maxFrameBytes ?? Number.POSITIVE_INFINITY
  const maxFragmentCount = settings.maxFragmentCount ?? Number.POSITIVE_INFINITY
  const events = []
  const fail = code => [...events, `violation ${code}`]
  /** @type {{ opcode: number, isCompressed: boolean, frameCount: number, payload: Buffer } | undefined} */
  let message
  let at = 0
  while (bytes.length - at >= 2) {
    const first = bytes[at]
    const second = bytes[at + 1]
    const opcode = first & 15
    const isFinal = first >= 128
    const isControl = opcode >= 8
    const isRsv1Allowed = isDeflateNegotiated && (opcode === 1 || opcode === 2)
    if ((first & (isRsv1Allowed ? 0x30 : 0x70)) !== 0) return fail('BW_RESERVED_BITS')
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) return fail('BW_RESERVED_OPCODE')
    if (role === 'server' && second < 128) return fail('BW_UNMASKED_FRAME')
    if (role === 'client' && second >= 128) return fail('BW_MASKED_FRAME')
    if (isControl && !isFinal) return fail('BW_FRAGMENTED_CONTROL_FRAME')
    if (isControl && (second & 127) > 125) return fail('BW_LONG_CONTROL_FRAME')
    if (opcode === 8 && (second & 127) === 1) return fail('BW_CLOSE_BODY_OF_ONE_BYTE')
    if (opcode === 0 && message === undefined) return fail('BW_UNEXPECTED_CONTINUATION')
    if (!isControl && opcode !== 0 && message !== undefined) return fail('BW_EXPECTED_CONTINUATION')

    const extra = { 126: 2, 127: 8 }[second & 127] ?? 0
    const payloadStart = at + 2 + extra + (role === 'server' ? 4 : 0)
    if (bytes.length < payloadStart) return events
    let length = BigInt(second & 127)
    if (extra === 2) length = BigInt(bytes.readUInt16BE(at + 2))
    if (extra === 8) length = bytes.readBigUInt64BE(at + 2)
    if (extra === 8 && length >= 2n ** 63n) return fail('BW_LENGTH_SIGN_BIT')
    if ((extra === 2 && length < 126n) || (extra === 8 && length < 65_536n)) {
      return fail('BW_LENGTH_NOT_MINIMAL')
    }
    if (!isControl) {
      message ??= { opcode, isCompressed: (first & 0x40) !== 0, frameCount: 0, payload: Buffer.alloc(0) }
      message.frameCount++
      if (message.frameCount > maxFragmentCount) return fail('BW_TOO_MANY_FRAGMENTS')
      if (Number(length) > maxFrameBytes) return fail('BW_FRAME_TOO_BIG')
      const slack = message.isCompressed ? BigInt(Math.floor(maxMessageBytes / 64) + 64) : 0n
      if (BigInt(message.payload.length) + length > BigInt(maxMessageBytes) + slack) {
        return fail('BW_MESSAGE_TOO_BIG')
      }
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
      if (opcode === 8) return [...events, closeEvent(payload, settings)]
      events.push(`${opcode === 9 ? 'ping' : 'pong'} ${payload.toString('hex')}`)
      continue
    }

    if (message === undefined) throw new Error('A data frame without message')
    if (delivers === 'frames') {
      if (isCut) return events
      events.push(frameEvent(opcode, isFinal, message.isCompressed, payload))
      if (isFinal) message = undefined
      continue
    }
    message.payload = Buffer.concat([message.payload, payload])
    const isText = message.opcode === 1
    const isWhole = isFinal && !isCut
    const isChecked = checksUtf8 && isText && !message.isCompressed
    if (isChecked && !canBeText(message.payload, isWhole)) return fail('BW_INVALID_UTF8')
    if (isCut) return events
    if (isFinal) {
      events.push(messageEvent(isText, message.isCompressed, message.payload))
      message = undefined
    }
  }
  return events
}

/** How a message is written in the list of a receiver's events. */
export function messageEvent(isText, isCompressed, payload) {
  return `${isCompressed ? 'compressed ' : ''}${isText ? 'text' : 'binary'} ${payload.toString('hex')}`
}

/** Likewise a frame. */
export function frameEvent(opcode, isFinal, isCompressed, payload) {
  return `frame ${opcode}${isFinal ? ' final' : ''}${isCompressed ? ' compressed' : ''} ${payload.toString('hex')}`
}

function closeEvent(body, { checksUtf8, checksCloseCode }) {
  if (body.length === 0) return 'close 1005 '
  const code = body.readUInt16BE()
  const isAllowed =
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code) ||
    (code >= 3000 && code <= 4999)
  if (checksCloseCode && !isAllowed) return 'violation BW_INVALID_CLOSE_CODE'
  if (checksUtf8 && !isUtf8(body.subarray(2))) return 'violation BW_INVALID_CLOSE_REASON'
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

/** Whether bytes are text, or, when more may come, can become one. */
export function canBeText(payload, isWhole) {
  if (isUtf8(payload)) return true
  return !isWhole && completions.some(end => isUtf8(Buffer.concat([payload, Buffer.from(end)])))
}
