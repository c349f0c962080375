import { expect, test } from 'vitest'
import { FrameScanner, type ScannedFrame } from './frame-scanner.ts'

const frames = [
  Buffer.from('8900', 'hex'),
  Buffer.from('c10548656c6c6f', 'hex'),
  // RFC 6455 §5.7: a masked "Hello".
  Buffer.from('818537fa213d7f9f4d5158', 'hex'),
  Buffer.concat([Buffer.from('02fe00c8', 'hex'), Buffer.from('01020304', 'hex'), Buffer.alloc(200, 7)]),
  Buffer.concat([Buffer.from('827f0000000000011170', 'hex'), Buffer.alloc(70_000, 9)]),
]

function scan(bytes: Buffer, step: number): ScannedFrame[] {
  const found: ScannedFrame[] = []
  const scanner = new FrameScanner(frame => found.push(frame))
  for (let at = 0; at < bytes.length; at += step) scanner.push(bytes.subarray(at, at + step))
  return found
}

test('The frames of a stream are found however it is cut', () => {
  const bytes = Buffer.concat(frames)
  const whole = scan(bytes, bytes.length)
  expect(whole).toMatchObject([
    { opcode: 9, bytes: 0, fin: true, maskingKey: undefined },
    { opcode: 1, bytes: 5, rsv: [true, false, false] },
    { opcode: 1, bytes: 5, maskingKey: Buffer.from('37fa213d', 'hex') },
    { opcode: 2, bytes: 200, fin: false },
    { opcode: 2, bytes: 70_000 },
  ])
  expect(String(whole[2]?.payload)).toBe('Hello')
  // Of a long payload only the beginning is kept.
  expect(whole[4]?.payload).toHaveLength(65_536)
  for (const step of [1, 2, 3, 7, 1_000]) expect(scan(bytes, step)).toEqual(whole)
})
