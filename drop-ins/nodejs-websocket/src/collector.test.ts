import { expect, test } from 'vitest'
import { Collector } from './collector.ts'

test('Collector joins what it is given, at any lengths, in order', () => {
  const text = Array.from({ length: 5_000 }, (_, index) => `${index} é 文 `).join('')
  const bytes = Buffer.from(text)
  for (const lengths of [[1], [bytes.length], [7, 1, 0, 300, 2], [4_096, 1]]) {
    const collector = new Collector()
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const length = lengths[turn % lengths.length] ?? 1
      collector.push(bytes.subarray(at, at + length))
      at += length
    }
    expect(collector.byteLength).toBe(bytes.length)
    expect(collector.take().toString()).toBe(text)
  }
})

test('Collector without bytes is empty', () => {
  const collector = new Collector()
  collector.push(new Uint8Array(0))
  expect(collector.take().toString()).toBe('')
})

test('Collector takes a million pieces of one byte', () => {
  const collector = new Collector()
  for (let count = 0; count < 1_000_000; count++) collector.push(Uint8Array.of(0x61))
  expect(collector.take().toString()).toBe('a'.repeat(1_000_000))
  expect([collector.byteLength, collector.take().length]).toEqual([0, 0])
})
