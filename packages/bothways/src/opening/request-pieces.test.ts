import { expect, test } from 'vitest'
import { pieceLength } from './request-pieces.ts'

const KiB = 1024
const head = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
const heads = Buffer.concat(Array<Buffer>(100).fill(head))

test('A piece ends where the first head ends', () => {
  expect(pieceLength(heads, 0)).toBe(head.length)
  expect(pieceLength(head, 0)).toBe(head.length)
})

test('What has no end of a head is a piece, of 64 KiB at most', () => {
  expect(pieceLength(head.subarray(0, -1), 0)).toBe(head.length - 1)
  expect(pieceLength(Buffer.alloc(65 * KiB), 0)).toBe(64 * KiB)
})

test('All that there is of a body is a piece, whatever it looks like, and nothing of what comes behind it', () => {
  expect(pieceLength(heads, head.length + 3)).toBe(head.length + 3)
  expect(pieceLength(head, 1_000)).toBe(head.length)
  expect(pieceLength(Buffer.alloc(65 * KiB), 66 * KiB)).toBe(65 * KiB)
})

test('Of a body that comes in chunks a piece ends where a head may behind 512 bytes', () => {
  expect(pieceLength(heads, 'of unknown length')).toBe(Math.ceil(512 / head.length) * head.length)
  expect(pieceLength(head, 'of unknown length')).toBe(head.length)
})
