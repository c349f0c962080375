/** So long a piece may be, if a head of a request ends within it. */
const shortBytes = 512

/** Where the head of a request ends (RFC 9112 §2.1); a body may hold it as well. */
const headEnd = Buffer.from('\r\n\r\n')

/**
 * Cuts what has been read into pieces with few requests each, so that between them somebody can stop. A piece ends where
 * a head may, not within one: a client whose next request waits has not been slow to send its head.
 */
export function piecesOf(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  let start = 0
  while (bytes.length - start > shortBytes) {
    const end = pieceEnd(bytes, start)
    if (end === undefined) break
    pieces.push(bytes.subarray(start, end))
    start = end
  }
  if (start < bytes.length) pieces.push(bytes.subarray(start))
  return pieces
}

function pieceEnd(bytes: Buffer, start: number): number | undefined {
  const end = start + shortBytes
  const last = bytes.subarray(start, end).lastIndexOf(headEnd)
  const found = last === -1 ? bytes.indexOf(headEnd, end - headEnd.length) : start + last
  return found === -1 ? undefined : found + headEnd.length
}
