// Longer than most files because it is one table: each rule of a receiver, its bytes and what must come of them.
import { createReadMemory, Receiver, type ReceiverOptions, type Role } from '@bothways/protocol'
import { concat, hex, octets, split, toHex, utf8 } from '@bothways/test-support/bytes'
import { checkLaw, cuts } from '@bothways/test-support/law'
import { framesTo, masked, type RawFrame, unmasked } from '@bothways/test-support/raw-frame'
import { type ReceiverEvent, receive } from '@bothways/test-support/receiver-log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

/** One rule of a receiver: the frames a peer sends and the events the handler must be told, in both roles alike. */
interface Row {
  readonly id: string
  readonly section: string
  readonly rule: string
  /** As a server sends them; for the server role the same frames are masked. */
  readonly frames: readonly RawFrame[]
  readonly events: readonly ReceiverEvent[]
  /** The last frame is cut short: nothing can follow it. */
  readonly isCut?: true
  readonly options?: Partial<ReceiverOptions>
}

const violation = (code: string, closeCode: number): ReceiverEvent => ['violation', code, closeCode]
const zeros = (length: number): Uint8Array => new Uint8Array(length)
const zeroHex = (length: number): string => '00'.repeat(length)
const deflate = { isDeflateNegotiated: true }

const framing: readonly Row[] = [
  {
    id: 'F1',
    section: '§5.6',
    rule: 'An unfragmented text message is delivered as text',
    frames: [['81 05', 'Hello']],
    events: [['text', 'Hello']],
  },
  {
    id: 'F2',
    section: '§5.6',
    rule: 'An unfragmented binary message is delivered as bytes',
    frames: [['82 03', hex('00 80 ff')]],
    events: [['binary', '0080ff']],
  },
  {
    id: 'F3',
    section: '§5.6',
    rule: 'Messages without payload are messages',
    frames: [['81 00'], ['82 00'], ['81 00']],
    events: [
      ['text', ''],
      ['binary', ''],
      ['text', ''],
    ],
  },
  ...[1, 125].map(
    (length): Row => ({
      id: `F4-${length}`,
      section: '§5.2',
      rule: `A payload of ${length} bytes has a length of 7 bits`,
      frames: [[`82 ${length.toString(16).padStart(2, '0')}`, zeros(length)]],
      events: [['binary', zeroHex(length)]],
    }),
  ),
  ...[126, 127, 128, 255, 256, 65_535].map(
    (length): Row => ({
      id: `F5-${length}`,
      section: '§5.2',
      rule: `A payload of ${length} bytes has a length of 16 bits`,
      frames: [[`82 7e ${length.toString(16).padStart(4, '0')}`, zeros(length)]],
      events: [['binary', zeroHex(length)]],
    }),
  ),
  {
    id: 'F6',
    section: '§5.2',
    rule: 'A payload of 65536 bytes has a length of 64 bits',
    frames: [['82 7f 0000000000010000', zeros(65_536)]],
    events: [['binary', zeroHex(65_536)]],
  },
  ...(
    [
      ['F7-16-0', '82 7e 0000', 0],
      ['F7-16-125', '82 7e 007d', 125],
      ['F7-64-0', '82 7f 0000000000000000', 0],
      ['F7-64-126', '82 7f 000000000000007e', 126],
      ['F7-64-65535', '82 7f 000000000000ffff', 65_535],
    ] as const
  ).map(
    ([id, header, length]): Row => ({
      id,
      section: '§5.2',
      rule: `A length of ${length} in a longer encoding than it needs is refused`,
      frames: [[header, zeros(length)]],
      events: [violation('BW_LENGTH_NOT_MINIMAL', 1002)],
    }),
  ),
  ...['8000000000000000', 'ffffffffffffffff', '8000000000000001'].map(
    (length): Row => ({
      id: `F8-${length.slice(-1)}`,
      section: '§5.2',
      rule: `A 64-bit length whose highest bit is set is refused (${length})`,
      frames: [[`82 7f ${length}`]],
      events: [violation('BW_LENGTH_SIGN_BIT', 1002)],
    }),
  ),
  {
    id: 'F9',
    section: '§5.2',
    rule: 'The largest 64-bit length is lawful, and over the limit',
    frames: [['82 7f 7fffffffffffffff']],
    events: [violation('BW_MESSAGE_TOO_BIG', 1009)],
  },
]

const reservedBits: readonly Row[] = [
  ...[0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70].flatMap(bits =>
    [0x0, 0x1, 0x2, 0x8, 0x9, 0xa].map(
      (opcode): Row => ({
        id: `R1-${bits.toString(16)}-${opcode.toString(16)}`,
        section: '§5.2',
        rule: `Reserved bits 0x${bits.toString(16)} on opcode 0x${opcode.toString(16)} are refused without an extension`,
        frames: [[`${(0x80 | bits | opcode).toString(16)} 00`]],
        events: [violation('BW_RESERVED_BITS', 1002)],
      }),
    ),
  ),
  {
    id: 'R2',
    section: '§5.2',
    rule: 'What came before a reserved bit is delivered, what comes after is not',
    frames: [
      ['81 05', 'Hello'],
      ['c1 05', 'Hello'],
      ['89 00', ''],
    ],
    events: [['text', 'Hello'], violation('BW_RESERVED_BITS', 1002)],
  },
  {
    id: 'R3',
    section: 'RFC 7692 §6',
    rule: 'RSV1 marks a compressed message when permessage-deflate was negotiated',
    frames: [
      ['c1 01', hex('00')],
      ['c2 02', hex('ff fe')],
      ['81 02', 'ok'],
    ],
    events: [
      ['compressed text', '00'],
      ['compressed binary', 'fffe'],
      ['text', 'ok'],
    ],
    options: deflate,
  },
  {
    id: 'R4',
    section: 'RFC 7692 §6.1',
    rule: 'RSV1 of the first frame speaks for the whole message',
    frames: [
      ['41 01', hex('ff')],
      ['00 00', ''],
      ['89 00', ''],
      ['80 01', hex('fe')],
      ['81 02', 'ok'],
    ],
    events: [
      ['ping', ''],
      ['compressed text', 'fffe'],
      ['text', 'ok'],
    ],
    options: deflate,
  },
  {
    id: 'R5',
    section: 'RFC 7692 §6.1',
    rule: 'RSV1 on a continuation is refused',
    frames: [['41 00'], ['c0 00']],
    events: [violation('BW_RESERVED_BITS', 1002)],
    options: deflate,
  },
  ...['c8', 'c9', 'ca'].map(
    (first): Row => ({
      id: `R6-${first}`,
      section: 'RFC 7692 §6.1',
      rule: `RSV1 on a control frame is refused (${first})`,
      frames: [[`${first} 00`]],
      events: [violation('BW_RESERVED_BITS', 1002)],
      options: deflate,
    }),
  ),
  ...['a1', '91', 'e1', 'd2'].map(
    (first): Row => ({
      id: `R7-${first}`,
      section: '§5.2',
      rule: `RSV2 and RSV3 stay reserved with permessage-deflate (${first})`,
      frames: [[`${first} 00`]],
      events: [violation('BW_RESERVED_BITS', 1002)],
      options: deflate,
    }),
  ),
]

const opcodes: readonly Row[] = [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf].flatMap(opcode =>
  ['00', '05'].map(
    (length): Row => ({
      id: `O1-${opcode.toString(16)}-${length}`,
      section: '§5.2',
      rule: `Opcode 0x${opcode.toString(16)} is reserved`,
      frames: [
        ['81 02', 'ok'],
        [`8${opcode.toString(16)} ${length}`, zeros(Number(length))],
      ],
      events: [['text', 'ok'], violation('BW_RESERVED_OPCODE', 1002)],
    }),
  ),
)

const controlFrames: readonly Row[] = [
  {
    id: 'C1',
    section: '§5.5.2',
    rule: 'Pings and pongs are delivered with their payload, whatever it is',
    frames: [['89 00'], ['8a 00'], ['89 03', hex('00 ff fe')], ['8a 02', 'ok']],
    events: [
      ['ping', ''],
      ['pong', ''],
      ['ping', '00fffe'],
      ['pong', '6f6b'],
    ],
  },
  ...(['89', '8a'] as const).flatMap((first): Row[] => [
    {
      id: `C2-${first}`,
      section: '§5.5',
      rule: `A control frame may carry 125 bytes (${first})`,
      frames: [[`${first} 7d`, zeros(125)]],
      events: [[first === '89' ? 'ping' : 'pong', zeroHex(125)]],
    },
  ]),
  ...['88', '89', '8a'].flatMap((first): Row[] => [
    {
      id: `C3-${first}`,
      section: '§5.5',
      rule: `A control frame must not carry 126 bytes (${first})`,
      frames: [[`${first} 7e 007e`, zeros(126)]],
      events: [violation('BW_LONG_CONTROL_FRAME', 1002)],
    },
    {
      id: `C4-${first}`,
      section: '§5.5',
      rule: `A control frame has no 64-bit length (${first})`,
      frames: [[`${first} 7f 0000000000010000`]],
      events: [violation('BW_LONG_CONTROL_FRAME', 1002)],
    },
  ]),
  ...['08', '09', '0a'].map(
    (first): Row => ({
      id: `C5-${first}`,
      section: '§5.5',
      rule: `A control frame is never fragmented (${first})`,
      frames: [[`${first} 00`], ['80 00']],
      events: [violation('BW_FRAGMENTED_CONTROL_FRAME', 1002)],
    }),
  ),
]

const fragmentation: readonly Row[] = [
  {
    id: 'M1',
    section: '§5.4',
    rule: 'Fragments are joined in order',
    frames: [
      ['01 03', 'Hel'],
      ['00 01', 'l'],
      ['80 01', 'o'],
    ],
    events: [['text', 'Hello']],
  },
  {
    id: 'M2',
    section: '§5.4',
    rule: 'Control frames may come between fragments and are delivered at once',
    frames: [
      ['02 01', hex('01')],
      ['89 01', 'a'],
      ['00 01', hex('02')],
      ['8a 01', 'b'],
      ['89 7d', zeros(125)],
      ['80 01', hex('03')],
    ],
    events: [
      ['ping', '61'],
      ['pong', '62'],
      ['ping', zeroHex(125)],
      ['binary', '010203'],
    ],
  },
  {
    id: 'M3',
    section: '§5.4',
    rule: 'Any fragment may be empty',
    frames: [['01 00'], ['00 00'], ['80 00'], ['01 00'], ['80 02', 'ok'], ['02 01', hex('07')], ['80 00']],
    events: [
      ['text', ''],
      ['text', 'ok'],
      ['binary', '07'],
    ],
  },
  {
    id: 'M4',
    section: '§5.4',
    rule: 'A continuation needs a message to continue',
    frames: [['80 01', 'x']],
    events: [violation('BW_UNEXPECTED_CONTINUATION', 1002)],
  },
  {
    id: 'M5',
    section: '§5.4',
    rule: 'A continuation that is not final needs a message to continue',
    frames: [['00 00'], ['80 00']],
    events: [violation('BW_UNEXPECTED_CONTINUATION', 1002)],
  },
  {
    id: 'M6',
    section: '§5.4',
    rule: 'A message has one final fragment',
    frames: [
      ['01 01', 'a'],
      ['80 01', 'b'],
      ['80 01', 'c'],
    ],
    events: [['text', 'ab'], violation('BW_UNEXPECTED_CONTINUATION', 1002)],
  },
  {
    id: 'M7',
    section: '§5.4',
    rule: 'After an unfragmented message there is nothing to continue',
    frames: [
      ['81 01', 'a'],
      ['80 01', 'b'],
    ],
    events: [['text', 'a'], violation('BW_UNEXPECTED_CONTINUATION', 1002)],
  },
  ...['01', '02', '81', '82'].map(
    (first): Row => ({
      id: `M8-${first}`,
      section: '§5.4',
      rule: `No message begins inside another (${first})`,
      frames: [
        ['01 01', 'a'],
        ['89 00', ''],
        [`${first} 01`, 'b'],
      ],
      events: [['ping', ''], violation('BW_EXPECTED_CONTINUATION', 1002)],
    }),
  ),
  {
    id: 'M9',
    section: '§5.5.1',
    rule: 'A close frame may come between fragments; the message is lost',
    frames: [
      ['01 01', 'a'],
      ['88 02', hex('03e9')],
      ['80 01', 'b'],
    ],
    events: [['close', 1001, '']],
  },
]

const text: readonly Row[] = [
  {
    id: 'T1',
    section: '§8.1',
    rule: 'Text outside ASCII is delivered as it was written, byte order mark included',
    frames: [['81 10', '\ufeffé漢字😀\0']],
    events: [['text', '\ufeffé漢字😀\0']],
  },
  {
    id: 'T2',
    section: '§5.6',
    rule: 'A character may lie on both sides of fragments and control frames',
    frames: [
      ['01 01', hex('f0')],
      ['00 00', ''],
      ['00 01', hex('9f')],
      ['89 01', hex('ff')],
      ['00 01', hex('98')],
      ['80 01', hex('80')],
    ],
    events: [
      ['ping', 'ff'],
      ['text', '😀'],
    ],
  },
  ...[
    ['continuation byte', '80'],
    ['overlong, 2 bytes', 'c080'],
    ['overlong, 3 bytes', 'e08080'],
    ['overlong, 4 bytes', 'f0808080'],
    ['surrogate', 'eda080'],
    ['above U+10FFFF', 'f4908080'],
    ['5 bytes', 'f888808080'],
    ['never a byte', 'ff'],
    ['lead and ASCII', 'c341'],
  ].map(
    ([name, bytes = '']): Row => ({
      id: `T3 ${name}`,
      section: '§8.1',
      rule: 'Text that is not UTF-8 is refused',
      frames: [[`81 ${(bytes.length / 2).toString(16).padStart(2, '0')}`, hex(bytes)]],
      events: [violation('BW_INVALID_UTF8', 1007)],
    }),
  ),
  {
    id: 'T4',
    section: '§8.1',
    rule: 'A message must not end inside a character',
    frames: [['81 02', hex('e6 bc')]],
    events: [violation('BW_INVALID_UTF8', 1007)],
  },
  {
    id: 'T5',
    section: '§8.1',
    rule: 'An empty final fragment does not complete a character',
    frames: [['01 02', hex('e6 bc')], ['80 00']],
    events: [violation('BW_INVALID_UTF8', 1007)],
  },
  {
    id: 'T6',
    section: '§8.1',
    rule: 'Text fails inside a fragment, without waiting for its end',
    frames: [['01 7e 4000', hex('61 ed a0')]],
    events: [violation('BW_INVALID_UTF8', 1007)],
  },
  {
    id: 'T7',
    section: '§8.1',
    rule: 'A message begins a new text: what an earlier one ended with plays no part',
    frames: [
      ['01 01', hex('c3')],
      ['80 01', hex('a9')],
      ['81 01', hex('a9')],
    ],
    events: [['text', 'é'], violation('BW_INVALID_UTF8', 1007)],
  },
  {
    id: 'T8',
    section: '§5.6',
    rule: 'Binary messages and control frames are not text',
    frames: [
      ['82 01', hex('ff')],
      ['02 01', hex('c3')],
      ['80 01', hex('28')],
      ['89 01', hex('ff')],
    ],
    events: [
      ['binary', 'ff'],
      ['binary', 'c328'],
      ['ping', 'ff'],
    ],
  },
]

const close: readonly Row[] = [
  {
    id: 'X1',
    section: '§7.1.5',
    rule: 'A close frame without a body counts as 1005',
    frames: [['88 00']],
    events: [['close', 1005, '']],
  },
  {
    id: 'X2',
    section: '§5.5.1',
    rule: 'A close frame must not carry one byte',
    frames: [['88 01', hex('03')]],
    events: [violation('BW_CLOSE_BODY_OF_ONE_BYTE', 1002)],
  },
  {
    id: 'X2-header',
    section: '§5.5.1',
    rule: 'A close frame of one byte is refused at its header',
    frames: [['88 01']],
    events: [violation('BW_CLOSE_BODY_OF_ONE_BYTE', 1002)],
  },
  {
    id: 'X3',
    section: '§5.5.1',
    rule: 'A close frame is read when the whole of it has come',
    frames: [['88 06', concat([hex('0fa0'), utf8('a')])]],
    events: [],
    isCut: true,
  },
  {
    id: 'X4',
    section: '§5.5.1',
    rule: 'The reason is UTF-8',
    frames: [['88 06', concat([hex('0fa0'), utf8('näc')])]],
    events: [['close', 4000, 'näc']],
  },
  {
    id: 'X5',
    section: '§5.5.1',
    rule: 'A reason that is not UTF-8 is refused',
    frames: [['88 04', hex('03e8 c328')]],
    events: [violation('BW_INVALID_CLOSE_REASON', 1007)],
  },
  {
    id: 'X6',
    section: '§5.5',
    rule: 'The longest reason has 123 bytes',
    frames: [['88 7d', concat([hex('03e8'), utf8('a'.repeat(123))])]],
    events: [['close', 1000, 'a'.repeat(123)]],
  },
  {
    id: 'X7',
    section: '§5.5.1',
    rule: 'Nothing after a close frame is read, lawful or not',
    frames: [['88 02', hex('03e8')], ['89 00'], ['ff ff', zeros(9)]],
    events: [['close', 1000, '']],
  },
  {
    id: 'X8',
    section: '§7.4',
    rule: 'A wrong code is told before a wrong reason',
    frames: [['88 03', hex('03ed ff')]],
    events: [violation('BW_INVALID_CLOSE_CODE', 1002)],
  },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code): Row => ({
      id: `X9-${code}`,
      section: '§7.4',
      rule: `Close code ${code} may be received`,
      frames: [['88 02', hex(code.toString(16).padStart(4, '0'))]],
      events: [['close', code, '']],
    }),
  ),
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1099, 1100, 2000, 2999, 5000, 65_535].map(
    (code): Row => ({
      id: `X10-${code}`,
      section: '§7.4',
      rule: `Close code ${code} must not be received`,
      frames: [['88 02', hex(code.toString(16).padStart(4, '0'))]],
      events: [violation('BW_INVALID_CLOSE_CODE', 1002)],
    }),
  ),
]

const limits: readonly Row[] = [
  {
    id: 'L1',
    section: '§10.4',
    rule: 'A message of exactly the limit is delivered',
    frames: [['82 7e 0080', zeros(128)], ['81 00']],
    events: [
      ['binary', zeroHex(128)],
      ['text', ''],
    ],
    options: { maxMessageBytes: 128 },
  },
  {
    id: 'L2',
    section: '§10.4',
    rule: 'A message of one byte more is refused on its header',
    frames: [['82 7e 0081']],
    events: [violation('BW_MESSAGE_TOO_BIG', 1009)],
    options: { maxMessageBytes: 128 },
  },
  {
    id: 'L3',
    section: '§10.4',
    rule: 'Fragments may sum up to the limit, and the next message begins anew',
    frames: [
      ['02 40', zeros(64)],
      ['00 3f', zeros(63)],
      ['80 01', zeros(1)],
      ['82 7e 0080', zeros(128)],
    ],
    events: [
      ['binary', zeroHex(128)],
      ['binary', zeroHex(128)],
    ],
    options: { maxMessageBytes: 128 },
  },
  {
    id: 'L4',
    section: '§10.4',
    rule: 'Fragments must not sum up to more than the limit; the fragment that would is refused on its header',
    frames: [['02 40', zeros(64)], ['00 3f', zeros(63)], ['00 00'], ['80 02']],
    events: [violation('BW_MESSAGE_TOO_BIG', 1009)],
    options: { maxMessageBytes: 128 },
  },
  {
    id: 'L5',
    section: '§5.5',
    rule: 'Control frames are bounded by 125 bytes, not by the limit for messages',
    frames: [['02 01', hex('01')], ['89 7d', zeros(125)], ['80 00'], ['82 02', zeros(2)]],
    events: [['ping', zeroHex(125)], ['binary', '01'], violation('BW_MESSAGE_TOO_BIG', 1009)],
    options: { maxMessageBytes: 1 },
  },
  {
    id: 'L6',
    section: '§10.4',
    rule: 'A limit of 0 lets empty messages pass',
    frames: [['81 00'], ['01 00'], ['80 00'], ['81 01', 'a']],
    events: [['text', ''], ['text', ''], violation('BW_MESSAGE_TOO_BIG', 1009)],
    options: { maxMessageBytes: 0 },
  },
]

const tables = { framing, reservedBits, opcodes, controlFrames, fragmentation, text, close, limits }
const trailing: readonly RawFrame[] = [
  ['89 01', '?'],
  ['ff ff', 'garbage'],
]
const trailingEvents: readonly ReceiverEvent[] = [
  ['ping', '3f'],
  ['violation', 'BW_RESERVED_BITS', 1002],
]

describe.each(['server', 'client'] as const)('Receiver as %s', role => {
  describe.each(Object.entries(tables))('%s', (_, rows) => {
    test.each(rows)('$id $section $rule', row => checkRow(role, row))
  })

  test('refuses a frame that is masked the wrong way with 1002', () => {
    const wrongly = role === 'server' ? unmasked : masked
    const code = role === 'server' ? 'BW_UNMASKED_FRAME' : 'BW_MASKED_FRAME'
    for (const frame of [['81 05', 'Hello'], ['81 00'], ['89 00'], ['88 00'], ['82 7e 0080']] as RawFrame[]) {
      const bytes = concat([framesTo(role, [['81 02', 'ok']]), wrongly(frame)])
      const expected: ReceiverEvent[] = [
        ['text', 'ok'],
        ['violation', code, 1002],
      ]
      expectEvents(role, bytes, expected, {})
    }
  })

  test('refuses a header as soon as two bytes of it are known to be wrong', () => {
    for (const first of ['b1', '83', '09', '80']) {
      const start = framesTo(role, [[`${first} 7f`]]).subarray(0, 2)
      expect(receive(octets(start), defaults(role))).toHaveLength(1)
    }
  })
})

describe('Delivering frames', () => {
  const options = { ...defaults('server'), delivers: 'frames', maxFrameBytes: 300 } as const

  test('Each frame of a message comes by itself, whole, between control frames, however the bytes are cut', () => {
    const frames: RawFrame[] = [
      ['01 02', 'ab'],
      ['89 01', '?'],
      ['00 00'],
      ['80 03', hex('ff fe fd')],
      ['82 7e 0100', zeros(256)],
      ['81 01', 'c'],
    ]
    const bytes = framesTo('server', frames)
    const expected = [
      'text 6162',
      'ping 3f',
      'continuation ',
      'continuation, final fffefd',
      `binary, final ${zeroHex(256)}`,
      'text, final 63',
    ]
    checkLaw(
      fc.property(cuts(bytes.length), at => {
        expect(receiveFrames(split(bytes.slice(), at), options)).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })

  test('The rules of fragmentation hold, and a longer frame than maxFrameBytes is refused before its payload', () => {
    const start = (frames: readonly RawFrame[]) => [framesTo('server', frames)]
    expect(receiveFrames(start([['80 00']]), options)).toEqual(['BW_UNEXPECTED_CONTINUATION'])
    expect(receiveFrames(start([['01 00'], ['81 00']]), options)).toEqual([
      'text ',
      'BW_EXPECTED_CONTINUATION',
    ])
    expect(receiveFrames(start([['82 7e 012d']]), options)).toEqual(['BW_FRAME_TOO_BIG'])
    expect(receive(start([['82 7e 012d']]), { ...options, delivers: 'messages' })).toEqual([
      ['violation', 'BW_FRAME_TOO_BIG', 1009],
    ])
  })

  test('Without checksUtf8 any bytes pass for text and for a reason', () => {
    const bytes = framesTo('server', [
      ['81 01', hex('ff')],
      ['01 01', hex('ff')],
      ['80 00'],
      ['88 03', hex('03e8 ff')],
    ])
    expect(receive([bytes], { ...defaults('server'), checksUtf8: false })).toEqual([
      ['text', '\ufffd'],
      ['text', '\ufffd'],
      ['close', 1000, '\ufffd'],
    ])
  })
})

/** The log of a receiver of frames, from chunks of its own and from borrowed memory alike. */
function receiveFrames(chunks: readonly Uint8Array[], options: ReceiverOptions): string[] {
  const names = ['continuation', 'text', 'binary']
  const [owned, borrowed] = [true, false].map(isOwned => {
    const log: string[] = []
    const receiver = new Receiver(
      {
        onMessage: () => log.push('message'),
        onFrame: ({ opcode, isFinal, payload }) => {
          log.push(`${names[opcode]}${isFinal ? ', final' : ''} ${toHex(payload)}`)
        },
        onPing: payload => log.push(`ping ${toHex(payload)}`),
        onPong: payload => log.push(`pong ${toHex(payload)}`),
        onClose: code => log.push(`close ${code}`),
        onViolation: error => log.push(error.code),
      },
      options,
    )
    const memory = createReadMemory(64 * 1024)
    for (const chunk of chunks) {
      if (isOwned) receiver.push(chunk.slice())
      else {
        memory.bytes.set(chunk)
        receiver.read(memory, chunk.length)
        memory.bytes.fill(0xee, 0, chunk.length)
      }
    }
    return log
  })
  expect(borrowed).toEqual(owned)
  return owned ?? []
}

function checkRow(role: Role, { frames, events, isCut, options = {} }: Row): void {
  const bytes = framesTo(role, frames)
  expectEvents(role, bytes, events, options)
  if (isCut) return
  const isOver = events.some(([kind]) => kind === 'close' || kind === 'violation')
  const more = concat([bytes, framesTo(role, trailing)])
  expectEvents(role, more, isOver ? events : [...events, ...trailingEvents], options)
}

/** The same bytes whole, one by one and cut at random make the same events. */
function expectEvents(
  role: Role,
  bytes: Uint8Array,
  events: readonly ReceiverEvent[],
  options: Partial<ReceiverOptions>,
): void {
  const all = { ...defaults(role), ...options }
  expect(receive([bytes.slice()], all)).toEqual(events)
  expect(receive(octets(bytes), all)).toEqual(events)
  // Cuts far inside a long payload teach nothing: vary those near its ends.
  const positions = cuts(Math.min(bytes.length, 40))
  const places = fc.tuple(positions, fc.boolean()).map(([at, isFromEnd]) => {
    return isFromEnd ? at.map(position => bytes.length - position).reverse() : at
  })
  checkLaw(
    fc.property(places, at => {
      expect(receive(split(bytes, at), all)).toEqual(events)
    }),
    { numRuns: 25 },
  )
}

function defaults(role: Role): ReceiverOptions {
  return { role, maxMessageBytes: 1024 * 1024 }
}
