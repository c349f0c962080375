/** Where the head of a request ends (RFC 9112 §2.1); a body may hold it as well. */
const headEnd = Buffer.from('\r\n\r\n')

/** In a body that comes in chunks an end of a head is looked for behind so many bytes: text is full of them. */
const shortBytes = 512

/** No piece is longer, unless the body is known to be: the last chunk may be among it. */
const longestBytes = 64 * 1024

/**
 * The length of the next piece of the bytes that were read, so that behind it somebody can stop. It holds one request at most,
 * or the bytes that there are of a body; behind one of unknown length, which comes in chunks, a few. A piece ends where a head may,
 * not within one: a client whose next request waits has not been slow to send its head.
 *
 * @param body how many bytes are to come of the body of the last request
 */
export function pieceLength(bytes: Buffer, body: number | 'of unknown length'): number {
  const isUnknown = body === 'of unknown length'
  if (!isUnknown && body > 0) return Math.min(body, bytes.length)
  const end = bytes.indexOf(headEnd, isUnknown ? shortBytes - headEnd.length : 0)
  return Math.min(end === -1 ? bytes.length : end + headEnd.length, longestBytes)
}
