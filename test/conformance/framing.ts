import { hex } from '@bothways/test-support/bytes'
import { type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import type { Row } from './row.ts'

const lengths = [0, 125, 126, 127, 128, 65_535, 65_536]
const section = 'RFC 6455 §5.2'

/** Section 1: lengths in all encodings, both types. */
export const framing: readonly Row[] = lengths.flatMap((length, index): Row[] => [
  {
    id: `1.1.${index + 1}`,
    section,
    rule: `A text message of ${length} bytes comes back`,
    write: [rawFrame('81', '*'.repeat(length))],
    expect: [['text', '*'.repeat(length)]],
  },
  {
    id: `1.2.${index + 1}`,
    section,
    rule: `A binary message of ${length} bytes comes back`,
    write: [rawFrame('82', new Uint8Array(length).fill(0xfe))],
    expect: [['binary', new Uint8Array(length).fill(0xfe)]],
  },
])

const hello = rawFrame('81', 'Hello')
const ping = rawFrame('89')

function failing(id: string, rule: string, write: readonly RawFrame[], expect: Row['expect'] = []): Row {
  return { id, section, rule, write, expect: [...expect, ['close', 1002]], end: 'failed' }
}

/** Lengths that are not written as they must be; the public suite leaves them out. */
export const lengthEncodings: readonly Row[] = [
  failing('1.x.1', 'A short length in 16 bits is refused', [['81 7e 0005', 'Hello']]),
  failing('1.x.2', 'A short length in 64 bits is refused', [['81 7f 0000000000000005', 'Hello']]),
  failing('1.x.3', 'A 16-bit length in 64 bits is refused', [['82 7f 000000000000ffff']]),
  failing('1.x.4', 'A 64-bit length with its highest bit is refused', [['82 7f 8000000000010000']]),
]

/** Section 3: reserved bits. */
export const reservedBits: readonly Row[] = [
  failing('3.1', 'RSV3 on a text frame', [rawFrame('91', 'Hello')]),
  failing(
    '3.2',
    'RSV2 after a good message: the message comes back, the ping behind stays unanswered',
    [hello, rawFrame('a1', 'Hello'), ping],
    [['text', 'Hello']],
  ),
  failing(
    '3.3',
    'RSV2 and RSV3 after a good message',
    [hello, rawFrame('b1', 'Hello'), ping],
    [['text', 'Hello']],
  ),
  failing('3.4', 'RSV1 after a good message', [hello, rawFrame('c1', 'Hello'), ping], [['text', 'Hello']]),
  failing('3.5', 'RSV1 and RSV3 on a binary frame', [rawFrame('d2', hex('00ff'))]),
  failing('3.6', 'RSV1 and RSV2 on a ping', [rawFrame('e9', 'Hello')]),
  failing('3.7', 'All reserved bits on a close frame', [rawFrame('f8', hex('03e8'))]),
]

/** Section 4: reserved opcodes, data and control. */
export const opcodes: readonly Row[] = [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf].flatMap(
  (opcode, index): Row[] => {
    const id = `4.${opcode < 8 ? 1 : 2}.${(index % 5) + 1}`
    const first = `8${opcode.toString(16)}`
    const name = `Opcode 0x${opcode.toString(16)}`
    return [
      failing(id, `${name} without payload`, [rawFrame(first)]),
      failing(`${id} payload`, `${name} with payload`, [rawFrame(first, 'reserved')]),
      failing(
        `${id} behind`,
        `${name} after a good message, before a ping`,
        [hello, rawFrame(first, 'x'), ping],
        [['text', 'Hello']],
      ),
      failing(`${id} open`, `${name} without FIN`, [rawFrame(`0${opcode.toString(16)}`)]),
    ]
  },
)
