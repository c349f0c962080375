import { isUtf8 } from 'node:buffer'
import { inflatePlainly, NotDeflate } from './plain-inflate.mjs'

/** The bytes that the sender has left out (§7.2.1), and an empty block, the last: data that stop early do not reach it. */
const ending = Buffer.from([0, 0, 0xff, 0xff, 0x03, 0x00])
/** The farthest that deflate itself can reach back (RFC 1951 §2). */
const longestDistance = 32_768

/**
 * The events of a receiver once compressed messages are inflated (RFC 7692 §7.2.2): the same list, up to the first
 * violation.
 *
 * @param {string[]} events as `receivePlainly` writes them
 * @param settings `windowBits` and `forgets` of the direction; `maxDistance` that a reference may have
 */
export function inflateEvents(
  events,
  { windowBits, forgets, maxDistance = longestDistance, maxMessageBytes },
) {
  const inflated = []
  let history = Buffer.alloc(0)
  for (const event of events) {
    const [, kind, hex] = /^compressed (text|binary) (.*)$/.exec(event) ?? []
    if (kind === undefined) {
      inflated.push(event)
      continue
    }
    let message
    try {
      message = inflateMessage(Buffer.from(hex, 'hex'), history, maxDistance)
    } catch (error) {
      if (error instanceof NotDeflate) return [...inflated, 'violation BW_INFLATE_FAILED']
      throw error
    }
    if (message.length > maxMessageBytes) return [...inflated, 'violation BW_MESSAGE_TOO_BIG']
    if (!forgets) history = Buffer.concat([history, message]).subarray(-(2 ** windowBits))
    if (kind === 'text' && !isUtf8(message)) return [...inflated, 'violation BW_INVALID_UTF8']
    inflated.push(`${kind} ${message.toString('hex')}`)
  }
  return inflated
}

function inflateMessage(payload, history, maxDistance) {
  if (payload.length === 0) return payload
  let message = Buffer.alloc(0)
  let rest = payload
  for (;;) {
    const before = Buffer.concat([history, message]).subarray(-longestDistance)
    const { output, end, isFinal } = inflatePlainly(Buffer.concat([rest, ending]), before, maxDistance)
    if (!isFinal) throw new NotDeflate('the data end between two blocks')
    message = Buffer.concat([message, output])
    rest = rest.subarray(end)
    // §7.2.3.4: behind a final block stands nothing, the beginning of the block that a flush makes, or more of the message.
    if (rest.length === 0 || (rest.length === 1 && rest[0] === 0)) return message
  }
}
