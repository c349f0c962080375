/** The messages that every peer sends and must get back, the same type and the same bytes. */
export const texts: readonly string[] = [
  'hello',
  '文字 😀',
  '',
  'x'.repeat(125),
  'x'.repeat(126),
  'y'.repeat(65_535),
  '多'.repeat(65_536),
  'z'.repeat(1024 * 1024),
]

export const binaries: readonly number[] = [0, 1, 126, 65_536, 300_000]

/** Bytes that are not constant, the same on every side. */
export function bytesOf(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + (at >>> 8)) & 0xff))
}

export const closeCode = 4001
export const closeReason = '再见'
