import { hex } from '@bothways/test-support/bytes'
import { type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import type { Answer, Row } from './row.ts'

const section = 'RFC 6455 §5.5.2, §5.5.3'
const full = new Uint8Array(125).fill(0xfe)
const numbers = Array.from({ length: 10 }, (_, index) => `ping ${index}`)

/** Section 2: pings and pongs. */
export const pings: readonly Row[] = [
  { id: '2.1', section, rule: 'An empty ping', write: [rawFrame('89')], expect: [['pong', '']] },
  {
    id: '2.2',
    section,
    rule: 'A pong repeats the text of its ping',
    write: [rawFrame('89', 'Are you there?')],
    expect: [['pong', 'Are you there?']],
  },
  {
    id: '2.3',
    section,
    rule: 'A pong repeats bytes that are not text',
    write: [rawFrame('89', hex('00 ff fe fd fc fb 00 ff'))],
    expect: [['pong', hex('00 ff fe fd fc fb 00 ff')]],
  },
  {
    id: '2.4',
    section,
    rule: 'A ping of 125 bytes',
    write: [rawFrame('89', full)],
    expect: [['pong', full]],
  },
  {
    id: '2.5',
    section: 'RFC 6455 §5.5',
    rule: 'A ping of 126 bytes is refused',
    write: [rawFrame('89', new Uint8Array(126).fill(0xfe))],
    expect: [['close', 1002]],
    end: 'failed',
  },
  {
    id: '2.6',
    section,
    rule: 'A ping of 125 bytes, octet by octet',
    write: [rawFrame('89', full)],
    expect: [['pong', full]],
    deliveries: ['octets'],
  },
  { id: '2.7', section, rule: 'A pong nobody asked for', write: [rawFrame('8a')], expect: [] },
  { id: '2.8', section, rule: 'The same with payload', write: [rawFrame('8a', 'unasked')], expect: [] },
  {
    id: '2.9',
    section,
    rule: 'A pong nobody asked for does not answer the ping behind it',
    write: [rawFrame('8a', 'unasked'), rawFrame('89', 'asked')],
    expect: [['pong', 'asked']],
  },
  {
    id: '2.10',
    section,
    rule: 'Ten pings have ten pongs, in order',
    write: numbers.map(number => rawFrame('89', number)),
    expect: numbers.map((number): Answer => ['pong', number]),
  },
  {
    id: '2.11',
    section,
    rule: 'Ten pings octet by octet',
    write: numbers.map(number => rawFrame('89', number)),
    expect: numbers.map((number): Answer => ['pong', number]),
    deliveries: ['octets'],
  },
  ...(['88', '89', '8a'] as const).map(
    (first): Row => ({
      id: `2.x ${first}`,
      section: 'RFC 6455 §5.5',
      rule: 'A control frame with a 64-bit length is refused on its header',
      write: [[`${first} 7f 0000000000010000`]],
      expect: [['close', 1002]],
      end: 'failed',
    }),
  ),
]

const fragmentedSection = 'RFC 6455 §5.4'
const nothingToContinue: Pick<Row, 'section' | 'expect' | 'end'> = {
  section: fragmentedSection,
  expect: [['close', 1002]],
  end: 'failed',
}
const one = rawFrame('01', 'fragment1')
const two = rawFrame('80', 'fragment2')
const middlePing = rawFrame('89', 'amid')
const joined: Answer = ['text', 'fragment1fragment2']

/** Section 5: fragmentation. Several numbers of the suite differ in their chops only, which every row has. */
export const fragmentation: readonly Row[] = [
  {
    ...nothingToContinue,
    id: '5.1',
    rule: 'A ping in two fragments',
    write: [rawFrame('09', 'frag'), rawFrame('80', 'ment')],
  },
  {
    ...nothingToContinue,
    id: '5.2',
    rule: 'A pong in two fragments',
    write: [rawFrame('0a', 'frag'), rawFrame('80', 'ment')],
  },
  {
    id: '5.3-5.5',
    section: fragmentedSection,
    rule: 'A text in two fragments',
    write: [one, two],
    expect: [joined],
  },
  {
    id: '5.6-5.8',
    section: fragmentedSection,
    rule: 'A ping between fragments is answered before the message has ended',
    write: [one, middlePing, two],
    expect: [['pong', 'amid'], joined],
  },
  {
    ...nothingToContinue,
    id: '5.9-5.11',
    rule: 'A final continuation without beginning; the message behind it does not come back',
    write: [rawFrame('80', 'lost'), rawFrame('81', 'late')],
  },
  {
    ...nothingToContinue,
    id: '5.12-5.14',
    rule: 'A continuation without beginning or end',
    write: [rawFrame('00', 'lost'), rawFrame('81', 'late')],
  },
  {
    ...nothingToContinue,
    id: '5.15',
    rule: 'A continuation after the final fragment',
    write: [one, two, rawFrame('00', 'lost'), rawFrame('81', 'late')],
    expect: [joined, ['close', 1002]],
  },
  {
    ...nothingToContinue,
    id: '5.16',
    rule: 'Continuations that are not final before fragmented messages',
    write: [rawFrame('00', 'lost'), one, two, rawFrame('00', 'lost'), one, two],
  },
  {
    ...nothingToContinue,
    id: '5.17',
    rule: 'Final continuations before fragmented messages',
    write: [rawFrame('80', 'lost'), one, two, rawFrame('80', 'lost'), one, two],
  },
  {
    ...nothingToContinue,
    id: '5.18',
    rule: 'A second fragment with the opcode of a first one',
    write: [one, rawFrame('81', 'fragment2')],
  },
  {
    id: '5.19-5.20',
    section: fragmentedSection,
    rule: 'Five fragments with pings between: each is answered, and the message is whole',
    write: [
      rawFrame('01', 'f1'),
      rawFrame('00', 'f2'),
      rawFrame('89', 'p1'),
      rawFrame('00', 'f3'),
      rawFrame('00', 'f4'),
      rawFrame('89', 'p2'),
      rawFrame('80', 'f5'),
    ],
    expect: [
      ['pong', 'p1'],
      ['pong', 'p2'],
      ['text', 'f1f2f3f4f5'],
    ],
  },
  {
    ...nothingToContinue,
    id: '5.x.1',
    rule: 'A close frame without FIN',
    write: [rawFrame('08', hex('03e8'))],
  },
  {
    id: '5.x.2',
    section: fragmentedSection,
    rule: 'A binary message of empty fragments is empty',
    write: [rawFrame('02'), rawFrame('00'), rawFrame('80')],
    expect: [['binary', '']],
  },
]

const text = rawFrame('81', 'Hello')
const normal = rawFrame('88', hex('03e8'))
const closing = 'RFC 6455 §5.5.1, §7'

function closed(id: string, rule: string, write: readonly RawFrame[], expect: readonly Answer[]): Row {
  return { id, section: closing, rule, write, expect, end: 'closed' }
}

function refused(id: string, rule: string, body: Uint8Array, code: number): Row {
  return {
    id,
    section: closing,
    rule,
    write: [rawFrame('88', body)],
    expect: [['close', code]],
    end: 'failed',
  }
}

function closeBody(code: number, reason = ''): Uint8Array {
  return Buffer.concat([hex(code.toString(16).padStart(4, '0')), Buffer.from(reason)])
}

const validCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
]
const invalidCodes = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999]

/** Section 7: the close handshake. */
export const closeHandshake: readonly Row[] = [
  closed(
    '7.1.1',
    'What came before the close frame comes back before its answer',
    [text, normal],
    [
      ['text', 'Hello'],
      ['close', 1000],
    ],
  ),
  closed('7.1.2', 'A second close frame is not answered', [normal, normal], [['close', 1000]]),
  closed(
    '7.1.3',
    'A ping after the close frame is not answered',
    [normal, rawFrame('89')],
    [['close', 1000]],
  ),
  closed('7.1.4', 'A message after the close frame does not come back', [normal, text], [['close', 1000]]),
  closed('7.1.5', 'A close frame ends an unfinished message', [one, normal, two], [['close', 1000]]),
  {
    ...closed(
      '7.1.6',
      'A long message comes back whole before the close frame is answered',
      [rawFrame('81', '*'.repeat(256 * 1024)), normal, rawFrame('89')],
      [
        ['text', '*'.repeat(256 * 1024)],
        ['close', 1000],
      ],
    ),
    deliveries: ['whole', 'frames'],
  },
  closed('7.3.1', 'A close frame without body is answered without', [rawFrame('88')], [['close', undefined]]),
  refused('7.3.2', 'A body of one byte', hex('61'), 1002),
  closed('7.3.3', 'A code without reason', [normal], [['close', 1000]]),
  closed(
    '7.3.4',
    'A code and a reason',
    [rawFrame('88', closeBody(1000, 'Enough — genug'))],
    [['close', 1000]],
  ),
  closed(
    '7.3.5',
    'The longest reason',
    [rawFrame('88', closeBody(1000, '*'.repeat(123)))],
    [['close', 1000]],
  ),
  refused('7.3.6', 'A reason of one byte more', closeBody(1000, '*'.repeat(124)), 1002),
  refused('7.5.1', 'A reason that is not UTF-8', Buffer.concat([hex('03e8'), hex('ceba ed a080 65')]), 1007),
  ...validCodes.map((code, index) =>
    closed(
      `7.7.${index + 1}`,
      `Code ${code} may be sent and is repeated`,
      [rawFrame('88', closeBody(code))],
      [['close', code]],
    ),
  ),
  ...invalidCodes.map((code, index) =>
    refused(`7.9.${index + 1}`, `Code ${code} must not be sent`, closeBody(code), 1002),
  ),
  refused('7.13.1', 'Code 5000 is outside every range', closeBody(5000), 1002),
  refused('7.13.2', 'Code 65535 is outside every range', closeBody(65_535), 1002),
]
