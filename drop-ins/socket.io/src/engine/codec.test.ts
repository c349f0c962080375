import { Buffer } from 'node:buffer'
import { createRequire } from 'node:module'
import { runInNewContext } from 'node:vm'
import { Publication } from 'bothways/connection'
import { describe, expect, test } from 'vitest'
import { decodePacket, decodePayload, encodePacket, encodePayload } from './codec.ts'
import { errorPacket, type Packet, packetTypes } from './packet.ts'
import { frameOf } from './publication-formats.ts'

interface OriginalParser {
  encodePacket(packet: Packet, takesBytes: boolean, callback: (encoded: string | Buffer) => void): void
  encodePayload(packets: readonly Packet[], callback: (encoded: string) => void): void
  decodePayload(payload: string): Packet[]
}
const original: OriginalParser = createRequire(import.meta.url)('engine.io-parser')

const text = 'hello ä€😀 \u0000'
const bytes = Buffer.from([1, 2, 3, 255])
const message = (data: Packet['data']): Packet => ({ type: 'message', data })

describe.each([4, 3] as const)('The codec of version %i', version => {
  test('reads each packet that it writes', () => {
    for (const type of packetTypes) {
      for (const data of [undefined, text]) {
        const encoded = encodePacket({ type, data }, version, true)
        expect(encoded).toBe(`${packetTypes.indexOf(type)}${data ?? ''}`)
        expect(decodePacket(encoded, version)).toEqual({ type, data })
      }
    }
  })

  test('reads bytes that it writes, as bytes and in base64', () => {
    for (const takesBytes of [true, false]) {
      for (const data of [bytes, Buffer.alloc(0)]) {
        const encoded = encodePacket(message(data), version, takesBytes)
        expect(typeof encoded).toBe(takesBytes ? 'object' : 'string')
        expect(decodePacket(encoded, version)).toEqual(message(data))
      }
    }
  })

  test('gives bytes from base64 in memory that holds nothing else', () => {
    const packet = decodePacket(encodePacket(message(bytes), version, false), version)
    expect((packet.data as Buffer).buffer.byteLength).toBe(bytes.length)
  })

  test('takes every kind of binary data', () => {
    const { buffer } = new Uint8Array([9, 1, 2, 3, 255, 9])
    const shared = new SharedArrayBuffer(4)
    new Uint8Array(shared).set(bytes)
    for (const data of [
      new Uint8Array(buffer, 1, 4),
      new DataView(buffer, 1, 4),
      buffer.slice(1, 5),
      new Uint8Array(shared),
      runInNewContext('new Uint8Array([1, 2, 3, 255]).buffer') as ArrayBuffer,
    ]) {
      expect(encodePacket(message(data), version, true)).toEqual(encodePacket(message(bytes), version, true))
      expect(encodePacket(message(data), version, false)).toBe(version === 4 ? 'bAQID/w==' : 'b4AQID/w==')
    }
  })

  test('reads payloads that it writes', () => {
    const packets = [message(text), { type: 'ping', data: undefined } as const, message(bytes), message('x')]
    for (const takesBytes of [true, false]) {
      expect([...decodePayload(encodePayload(packets, version, takesBytes), version)]).toEqual(packets)
    }
  })

  test.each(['', '7', 'a', 'b'])('takes %j for no packet', encoded => {
    const isBase64OfNothing = encoded === 'b' && version === 4
    expect(decodePacket(encoded, version)).toEqual(isBase64OfNothing ? message(Buffer.alloc(0)) : errorPacket)
  })

  test('writes a shared message as any other', () => {
    for (const data of [text, bytes]) {
      const shared = new Publication(data)
      const plain = [message(data), message('x')]
      const packets = [{ ...message(data), options: { shared } }, message('x')]
      for (const takesBytes of [true, false]) {
        expect(encodePayload(packets, version, takesBytes)).toEqual(encodePayload(plain, version, takesBytes))
      }
      const frame = frameOf(shared, version)
      expect(Buffer.from(frame.bytes.subarray(2))).toEqual(
        Buffer.from(encodePacket(message(data), version, true) as string),
      )
      expect(frameOf(shared, version)).toBe(frame)
    }
  })
})

describe('Whatever comes', () => {
  test('is packets, with an error packet at the end or none', () => {
    let seed = 1
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return (seed >>> 8) % below
    }
    const alphabet = ['0', '1', '2', '4', '9', ':', 'b', 'x', '\x1e', 'ä', '😀', '\xff', '=', '-']
    for (let round = 0; round < 20_000; round++) {
      const letters = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)])
      const noise = Buffer.from(
        Array.from({ length: random(12) }, () => [0, 1, 4, 52, 255, random(256)][random(6)]!),
      )
      const decoded = [
        [...decodePayload(letters.join(''), 4)],
        [...decodePayload(letters.join(''), 3)],
        [...decodePayload(noise, 3)],
      ]
      for (const packets of decoded) {
        expect(packets.slice(0, -1).every(({ type }) => type !== 'error')).toBe(true)
      }
    }
  })
})

describe('The codec of version 4', () => {
  test('writes and reads what engine.io-parser does', () => {
    const samples = [text, '', bytes, Buffer.alloc(0), 'a\x1db', new Uint8Array([7]).buffer]
    for (const data of samples) {
      const packets = packetTypes.filter(it => typeof data === 'string' || it === 'message')
      for (const type of packets) {
        for (const takesBytes of [true, false]) {
          original.encodePacket({ type, data }, takesBytes, encoded => {
            const ours = encodePacket({ type, data }, 4, takesBytes)
            expect(typeof ours === 'string' ? ours : Buffer.from(ours)).toEqual(
              typeof encoded === 'string' ? encoded : Buffer.from(encoded),
            )
          })
        }
      }
    }
    const all = samples.map(message)
    original.encodePayload(all, encoded => expect(encodePayload(all, 4, false)).toBe(encoded))
    for (const payload of [
      '4a',
      '4a\x1e',
      '\x1e4a',
      '',
      '4',
      '2probe\x1ebAQ==\x1e4x',
      '4a\x1ex\x1e4b',
      '9',
    ]) {
      expect([...decodePayload(payload, 4)]).toEqual(original.decodePayload(payload))
    }
  })
})

describe('The codec of version 3', () => {
  test('counts characters in text and bytes in bytes', () => {
    expect(encodePayload([message('ä😀')], 3, true)).toBe('4:4ä😀')
    expect([...(encodePayload([message('ä'), message(Buffer.from([0]))], 3, true) as Buffer)]).toEqual([
      0, 3, 255, 0x34, 0xc3, 0xa4, 1, 2, 255, 4, 0,
    ])
  })

  test.each(['', ':', '1', 'a:4x', '3:4x', '-1:4x', '1e1:4x', '99999999999999999999:4x', '2:9x', ' 2:4x'])(
    'takes %j for no payload',
    payload => {
      expect([...decodePayload(payload, 3)]).toEqual([errorPacket])
    },
  )

  test('reads what stands before an error', () => {
    expect([...decodePayload('2:4a2', 3)]).toEqual([message('a'), errorPacket])
    expect([...decodePayload(Buffer.from([0, 2, 255, 0x34, 0x61, 0]), 3)]).toEqual([
      message('a'),
      errorPacket,
    ])
  })

  test('passes over empty packets', () => {
    expect([...decodePayload('0:2:4a', 3)]).toEqual([message('a')])
  })

  test.each([
    ['neither text nor bytes', [2, 1, 255, 0x34]],
    ['no length', [0, 255, 0x34]],
    ['a digit that is none', [0, 10, 255, 0x34]],
    ['a length without end', [0, 1]],
    ['a length without bounds', [0, ...new Array(400).fill(9), 255]],
    ['more than there is', [0, 5, 255, 0x34]],
    ['text that is none', [0, 2, 255, 0x34, 0xff]],
    ['an unknown type', [1, 1, 255, 7]],
    ['no type', [1, 0, 255]],
  ])('takes bytes with %s for no payload', (_name, payload) => {
    expect([...decodePayload(Buffer.from(payload), 3)]).toEqual([errorPacket])
  })
})
