import { createRequire } from 'node:module'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type * as Parser from './index.ts'
import { Decoder, type DecoderOptions, Encoder, isPacketValid, type Packet, PacketType } from './index.ts'

// npm's, as npm's socket.io has it.
const load = createRequire(createRequire(import.meta.url).resolve('socket.io'))
const original = load('socket.io-parser') as typeof Parser

function decode(parts: readonly unknown[], options?: DecoderOptions): Packet[] {
  const decoder = new Decoder(options)
  const packets: Packet[] = []
  decoder.on('decoded', packet => packets.push(packet))
  for (const part of parts) decoder.add(part)
  return packets
}

function decodeByOriginal(parts: readonly unknown[]): Packet[] {
  const decoder = new original.Decoder({ maxAttachments: 1000 })
  const packets: Packet[] = []
  decoder.on('decoded', packet => packets.push(packet))
  for (const part of parts) decoder.add(part)
  return packets
}

/** The values that programs send: JSON, with bytes here and there. */
const value = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }),
    fc.uint8Array({ maxLength: 8 }).map(it => Buffer.from(it)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter(it => it !== '__proto__' && it !== 'toJSON' && it !== '_placeholder'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value

const packet = fc.record({
  type: fc.constantFrom(PacketType.EVENT, PacketType.ACK),
  nsp: fc.constantFrom('/', '/chat', '/a[b]'),
  id: fc.option(fc.nat(), { nil: undefined }),
  data: fc.array(value, { maxLength: 4 }).map(it => ['event', ...it]),
})

describe('Codec', () => {
  test('Packets are encoded as by npm socket.io-parser, and either decodes what the other has encoded', () => {
    fc.assert(
      fc.property(packet, sent => {
        const ours = new Encoder().encode({ ...sent })
        const theirs = new original.Encoder().encode({ ...sent } as never)
        expect(ours).toEqual(theirs)
        const [received] = decode(theirs, { maxAttachments: 1000 })
        expect(received).toEqual(decodeByOriginal(ours)[0])
      }),
      { numRuns: 500 },
    )
  })

  test('Bytes of another realm are bytes', () => {
    for (const data of ['new Uint8Array([7]).buffer', 'new Uint8Array([7])', 'new SharedArrayBuffer(1)']) {
      const packet: Packet = { type: PacketType.EVENT, nsp: '/', data: ['event', runInNewContext(data)] }
      const [text, bytes] = new Encoder().encode(packet)
      expect(text).toBe('51-["event",{"_placeholder":true,"num":0}]')
      const [decoded] = decode([text, bytes])
      expect(decoded?.data).toHaveProperty([1, 'byteLength'], 1)
    }
  })

  test('Texts are taken or refused as by npm socket.io-parser', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', ''),
          fc.constantFrom('', '1-', '2-', '0-', '11-', '-', '1'),
          fc.constantFrom('', '/', '/a', '/a,', ','),
          fc.constantFrom('', '0', '12', '007', '1.5'),
          fc.constantFrom(
            '',
            '[]',
            '["a"]',
            '["connect"]',
            '[1]',
            '[{}]',
            '{}',
            '{"a":1}',
            '"x"',
            'null',
            '[',
            '[]x',
          ),
        )
        .map(it => it.join('')),
    )
    const outcome = (decoding: () => unknown): unknown => {
      try {
        return decoding()
      } catch {
        return 'refused'
      }
    }
    fc.assert(
      fc.property(text, it => {
        // The original takes no text for a CONNECT, counts blanks as numbers, and wants no data for attachments.
        fc.pre(it !== '')
        fc.pre(!/^[56]/.test(it) || /^[56]\d*-(\/[^,]*,)?\d*[["{n]/.test(it))
        fc.pre(!/^\d?[^["{]*[ .\t\n\r]/.test(it))
        expect(outcome(() => decode([it]))).toEqual(outcome(() => decodeByOriginalDefault([it])))
      }),
      { numRuns: 3_000 },
    )
  })

  test('A packet that is sent stays as it was', () => {
    const data = ['event', { bytes: Buffer.from([1]), list: [Buffer.from([2])] }]
    new Encoder().encode({ type: PacketType.EVENT, nsp: '/', data })
    expect(data).toEqual(['event', { bytes: Buffer.from([1]), list: [Buffer.from([2])] }])
  })

  test('A Blob is refused by name', () => {
    const data = ['event', new Blob(['x'])]
    expect(() => new Encoder().encode({ type: PacketType.EVENT, nsp: '/', data })).toThrow(/arrayBuffer/)
  })

  test('More attachments than allowed are refused before any comes', () => {
    expect(() => decode(['511-["e"]'])).toThrow('too many attachments')
    expect(() => decode(['52-["e"]'], { maxAttachments: 1 })).toThrow('too many attachments')
    expect(() => decode(['599999999999999999999-["e"]'])).toThrow('too many attachments')
  })

  test.each([
    ['5-["e"]', 'Illegal attachments'],
    ['50-["e"]', 'Illegal attachments'],
    ['51', 'Illegal attachments'],
    ['51-', 'invalid payload'],
    ['2', 'ok'],
    ['2["disconnecting"]', 'invalid payload'],
    ['2[', 'invalid payload'],
    ['29999999999999999["e"]', 'invalid acknowledgement id'],
    ['', 'unknown packet type '],
    ['x', 'unknown packet type x'],
  ])('%s is %s', (text, outcome) => {
    if (outcome === 'ok') expect(decode([text])).toHaveLength(1)
    else expect(() => decode([text])).toThrow(outcome)
  })

  test('What is neither text nor bytes is refused', () => {
    for (const strange of [undefined, null, 1, {}]) {
      expect(() => decode([strange])).toThrow('Unknown type')
    }
  })

  test('Nothing may come between a packet and its attachments', () => {
    expect(() => decode(['51-["e",{"_placeholder":true,"num":0}]', '2["e"]'])).toThrow('plaintext')
    expect(() => decode([Buffer.from([1])])).toThrow('binary')
  })

  test.each(['-1', '1', '0.5', '"0"', 'null', '1e99'])('A placeholder for attachment %s is refused', num => {
    const text = `51-["e",{"_placeholder":true,"num":${num}}]`
    expect(() => decode([text, Buffer.from([1])])).toThrow('illegal attachments')
  })

  test('A destroyed decoder has forgotten the packet that was not complete', () => {
    const decoder = new Decoder()
    decoder.add('51-["e",{"_placeholder":true,"num":0}]')
    decoder.destroy()
    expect(() => decoder.add(Buffer.from([1]))).toThrow('binary')
  })

  test('Replacer and reviver are handed on', () => {
    const encoder = new Encoder((_key, it) => (typeof it === 'bigint' ? `${it}n` : it))
    const parts = encoder.encode({ type: PacketType.EVENT, nsp: '/', data: ['e', 1n] })
    expect(parts).toEqual(['2["e","1n"]'])
    const reviver = (_key: string, it: unknown): unknown => (it === '1n' ? 1n : it)
    expect(decode(parts, { reviver })[0]?.data).toEqual(['e', 1n])
  })

  test('A packet is valid as npm socket.io-parser says', () => {
    const any = fc.record({
      type: fc.integer({ min: 0, max: 4 }),
      nsp: fc.oneof(fc.constant('/'), fc.constant(1)),
      id: fc.oneof(fc.constant(undefined), fc.nat(), fc.constant('x')),
      data: fc.oneof(
        fc.constant(undefined),
        fc.constant('x'),
        fc.constant({}),
        fc.array(fc.constantFrom('a', 'connect', 1)),
      ),
    })
    fc.assert(
      fc.property(any, it => {
        expect(isPacketValid(it as never)).toBe(original.isPacketValid(it as never))
      }),
    )
  })
})

function decodeByOriginalDefault(parts: readonly unknown[]): Packet[] {
  const decoder = new original.Decoder()
  const packets: Packet[] = []
  decoder.on('decoded', it => packets.push(it))
  for (const part of parts) decoder.add(part)
  return packets
}
