import { concat, hex, utf8 } from '@bothways/test-support/bytes'
import { type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import { endsWithWholeCharacter, firstHopelessByte } from '@bothways/test-support/utf8-reference'
import type { Row } from './row.ts'

const section = 'RFC 6455 §8.1, RFC 3629'

/** A text as bytes, with its number in the suite and what is special about it. */
type Sample = readonly [id: string, what: string, bytes: Uint8Array]

const greek = utf8('κόσμε')
const mixed = utf8('Grüße, κόσμε, 世界, 😀')

const samples: readonly Sample[] = [
  ['6.2', 'two, three and four bytes', mixed],
  ['6.3', 'a surrogate amid text', concat([greek, hex('eda080'), utf8('edited')])],
  ['6.5', 'Greek', greek],
  ...Array.from(
    greek.keys(),
    (end): Sample => [`6.6.${end + 1}`, `the first ${end + 1} bytes of it`, greek.slice(0, end + 1)],
  ),
  ...list('6.7', 'the first character', ['00', 'c280', 'e0a080', 'f0908080']),
  ...list('6.8', 'the first form of five and six bytes', ['f888808080', 'fc8480808080']),
  ...list('6.9', 'the last character', ['7f', 'dfbf', 'efbfbf', 'f48fbfbf']),
  ...list('6.10', 'beyond the last character', ['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf']),
  ...list('6.11', 'around the surrogates and at the end', [
    'ed9fbf',
    'ee8080',
    'efbfbd',
    'f48fbfbf',
    'f4908080',
  ]),
  ...list('6.12', 'continuation bytes alone', [
    '80',
    'bf',
    '80bf',
    '80bf80',
    '80bf80bf',
    '80bf80bf80',
    '80bf80bf80bf',
  ]),
  ['6.12.8', 'all continuation bytes', Uint8Array.from({ length: 64 }, (_, index) => 0x80 + index)],
  ['6.13.1', 'lead bytes of two, each before a blank', loneLeads(0xc0, 0xdf)],
  ['6.13.2', 'lead bytes of three', loneLeads(0xe0, 0xef)],
  ['6.13.3', 'lead bytes of four', loneLeads(0xf0, 0xf7)],
  ['6.13.4', 'lead bytes of five', loneLeads(0xf8, 0xfb)],
  ['6.13.5', 'lead bytes of six', loneLeads(0xfc, 0xfd)],
  ...list('6.14', 'the last byte is missing', [
    ...['c0', 'e080', 'f08080', 'f8808080', 'fc80808080'],
    ...['df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'],
  ]),
  ...list('6.14.x', 'the last byte of a good character is missing', ['c3', 'e282', 'f09f98']),
  ['6.15', 'all of those in a row', hex('c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf')],
  ...list('6.16', 'bytes that never occur', ['fe', 'ff', 'fefeffff']),
  ...list('6.17', 'a slash in too many bytes', ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af']),
  ...list('6.18', 'the largest of too many bytes', [
    'c1bf',
    'e09fbf',
    'f08fbfbf',
    'f887bfbfbf',
    'fc83bfbfbfbf',
  ]),
  ...list('6.19', 'NUL in too many bytes', ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080']),
  ...list('6.20', 'a lone surrogate', ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf']),
  ...list('6.21', 'a pair of surrogates', [
    ...['eda080edb080', 'eda080edbfbf', 'edadbfedb080', 'edadbfedbfbf'],
    ...['edae80edb080', 'edae80edbfbf', 'edafbfedb080', 'edafbfedbfbf'],
  ]),
  ...nonCharacters().map(
    (character, index): Sample => [`6.22.${index + 1}`, 'a noncharacter is text', utf8(character)],
  ),
  ...['\ufff9', '\ufffa', '\ufffb', '\ufffc', '\ufffd', '\ufffe', '\uffff'].map(
    (character, index): Sample => [`6.23.${index + 1}`, 'a special is text', utf8(character)],
  ),
]

/**
 * Section 6: each sample as one frame, with one octet per fragment, and amid a longer message. A text that is not
 * UTF-8 is written up to the octet that makes it hopeless, and no further: the endpoint must not wait for more.
 */
export const text: readonly Row[] = [
  row('6.1.1', 'An empty text', [rawFrame('81')], ''),
  row('6.1.2', 'A text of three empty fragments', [rawFrame('01'), rawFrame('00'), rawFrame('80')], ''),
  row(
    '6.1.3',
    'Empty fragments around a text',
    [rawFrame('01'), rawFrame('00', 'middle'), rawFrame('80')],
    'middle',
  ),
  row('6.2.2', 'A text cut between characters', [rawFrame('01', 'κό'), rawFrame('80', 'σμε')], 'κόσμε'),
  failing('6.4.1', 'Three fragments, the second has a hopeless octet', [
    rawFrame('01', greek),
    rawFrame('00', hex('f490')),
  ]),
  failing('6.4.2', 'The same, the octet ends the second fragment and the third never comes', [
    rawFrame('01', greek),
    rawFrame('00', hex('f48f bfbf f490'), 8),
  ]),
  failing('6.4.3', 'One frame in pieces; the last piece never comes', [
    rawFrame('81', concat([greek, hex('f490')]), 100),
  ]),
  failing('6.4.4', 'The same behind 60 kilobytes of text', [
    rawFrame('81', concat([new Uint8Array(60_000).fill(0x61), hex('f490')]), 65_000),
  ]),
  ...samples.flatMap(sample),
]

function list(id: string, what: string, texts: readonly string[]): Sample[] {
  return texts.map((bytes, index) => [`${id}.${index + 1}`, what, hex(bytes)])
}

function loneLeads(first: number, last: number): Uint8Array {
  return Uint8Array.from({ length: (last - first + 1) * 2 }, (_, index) =>
    index % 2 === 0 ? first + index / 2 : 0x20,
  )
}

/** U+FFFE and U+FFFF of each of the 17 planes. */
function nonCharacters(): string[] {
  return Array.from({ length: 17 }, (_, plane) => [0xfffe, 0xffff].map(last => plane * 0x10000 + last))
    .flat()
    .map(codePoint => String.fromCodePoint(codePoint))
}

function sample([id, what, bytes]: Sample): Row[] {
  const prefix = utf8('Ein Satz davor, lang genug: αβγ ')
  const hopeless = firstHopelessByte(bytes)
  const came = hopeless < 0 ? bytes : bytes.slice(0, hopeless + 1)
  const write: [string, string, readonly RawFrame[]][] = [
    ['', 'in one frame', [rawFrame('81', came, bytes.length)]],
    [' octets', 'in one fragment per octet', fragments(came, came.length === bytes.length)],
    [' behind', 'behind a fragment of text', [rawFrame('01', prefix), rawFrame('80', came, bytes.length)]],
  ]
  return write.map(([suffix, how, frames]) => {
    const rule = `${what}, ${how}`
    if (hopeless >= 0 || !endsWithWholeCharacter(bytes)) return failing(`${id}${suffix}`, rule, frames)
    const expected = suffix === ' behind' ? concat([prefix, bytes]) : bytes
    return row(`${id}${suffix}`, rule, frames, expected)
  })
}

function fragments(bytes: Uint8Array, isWhole: boolean): RawFrame[] {
  return Array.from(bytes, (byte, index) => {
    const isFinal = isWhole && index === bytes.length - 1
    return rawFrame(`${isFinal ? 8 : 0}${index === 0 ? 1 : 0}`, Uint8Array.of(byte))
  })
}

function row(id: string, rule: string, write: readonly RawFrame[], expected: string | Uint8Array): Row {
  return { id, section, rule, write, expect: [['text', expected]] }
}

function failing(id: string, rule: string, write: readonly RawFrame[]): Row {
  return { id, section, rule, write, expect: [['close', 1007]], end: 'failed' }
}
