import { type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import type { Row } from './row.ts'

const KiB = 1024
const MiB = 1024 * KiB
const section = 'RFC 6455 §5.4, §10.4'

/** Sections 9 and 10: long messages, in few and in many frames. 16 MiB is also a server's default limit. */
export const longMessages: readonly Row[] = [
  ...[64 * KiB, 256 * KiB, MiB, 4 * MiB, 16 * MiB].flatMap((length, index): Row[] => [
    long(`9.1.${index + 1}`, 'text', length, length),
    long(`9.2.${index + 1}`, 'binary', length, length),
  ]),
  ...[64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB].flatMap((fragment, index): Row[] => [
    long(`9.3.${index + 1}`, 'text', MiB, fragment),
    long(`9.4.${index + 1}`, 'binary', MiB, fragment),
  ]),
  many('9.7', 'text', 2_000, 16),
  many('9.8', 'binary', 2_000, 1_000),
  { ...long('10.1.1', 'text', 65_536, 1_300), deliveries: ['whole', 'frames', 'octets'] },
]

/** A message over the limit is refused on the header that announces it; messages before it are delivered. */
export const messageLimits: readonly Row[] = [
  {
    id: '9.x.1',
    section,
    rule: 'A message of exactly the limit comes back',
    write: [rawFrame('82', new Uint8Array(1_000))],
    expect: [['binary', new Uint8Array(1_000)]],
    options: { maxMessageBytes: 1_000 },
  },
  {
    id: '9.x.2',
    section,
    rule: 'One byte more is refused with 1009, before any of it has come',
    write: [rawFrame('81', 'fine'), rawFrame('82', '', 1_001)],
    expect: [
      ['text', 'fine'],
      ['close', 1009],
    ],
    end: 'failed',
    options: { maxMessageBytes: 1_000 },
  },
  {
    id: '9.x.3',
    section,
    rule: 'Fragments are refused when their sum exceeds the limit',
    write: [rawFrame('02', new Uint8Array(600)), rawFrame('00', new Uint8Array(400)), rawFrame('80', '', 1)],
    expect: [['close', 1009]],
    end: 'failed',
    options: { maxMessageBytes: 1_000 },
  },
]

function long(id: string, type: 'text' | 'binary', length: number, fragment: number): Row {
  // The text repeats 16 bytes, so that it ends with a whole character.
  const payload = Buffer.alloc(length, type === 'text' ? ' ab κόσμος' : Uint8Array.of(0, 0xff, 0x80, 0xfe))
  return {
    id,
    section,
    rule: `A ${type} message of ${length} bytes in frames of ${fragment} comes back`,
    write: inFragments(payload, type, fragment),
    expect: [[type, payload]],
    deliveries: ['whole', 'frames'],
  }
}

function inFragments(payload: Buffer, type: 'text' | 'binary', fragment: number): RawFrame[] {
  const opcode = type === 'text' ? 1 : 2
  return Array.from({ length: Math.ceil(payload.length / fragment) }, (_, index) => {
    const end = (index + 1) * fragment
    const first = `${end >= payload.length ? 8 : 0}${index === 0 ? opcode : 0}`
    return rawFrame(first, payload.subarray(index * fragment, end))
  })
}

function many(id: string, type: 'text' | 'binary', count: number, length: number): Row {
  const payload = Buffer.alloc(length, '*')
  return {
    id,
    section,
    rule: `${count} ${type} messages of ${length} bytes come back in order`,
    write: Array.from({ length: count }, () => rawFrame(type === 'text' ? '81' : '82', payload)),
    expect: Array.from({ length: count }, () => [type, payload]),
    deliveries: ['whole', 'frames'],
  }
}
