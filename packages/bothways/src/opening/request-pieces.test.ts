import { expect, test } from 'vitest'
import { piecesOf } from './request-pieces.ts'

const head = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
const lengthsOf = (bytes: Buffer): number[] => piecesOf(bytes).map(piece => piece.length)

test('Pieces are all that came, in its order, each of about 512 bytes and ending where a head ends', () => {
  const bytes = Buffer.concat([...Array<Buffer>(100).fill(head), Buffer.from('GET /half')])
  const pieces = piecesOf(bytes)
  expect(Buffer.concat(pieces)).toEqual(bytes)
  for (const piece of pieces.slice(0, -1)) {
    expect(piece.length % head.length).toBe(0)
    expect(piece.length).toBeGreaterThan(512 - head.length)
    expect(piece.length).toBeLessThanOrEqual(512)
  }
})

test('A head that is longer than that is a piece, and so is what has no end of a head', () => {
  const long = Buffer.from(`GET / HTTP/1.1\r\nX: ${'a'.repeat(4_000)}\r\n\r\n`)
  expect(lengthsOf(Buffer.concat([long, long]))).toEqual([long.length, long.length])
  expect(lengthsOf(Buffer.alloc(64 * 1024))).toEqual([64 * 1024])
})

test('The end of a head that lies across the 512th byte is found', () => {
  const first = Buffer.from(`GET / HTTP/1.1\r\nX: ${'a'.repeat(490)}\r\n\r\n`)
  expect(lengthsOf(Buffer.concat([first, head]))).toEqual([first.length, head.length])
})
