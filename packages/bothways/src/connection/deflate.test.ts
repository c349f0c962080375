import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Deflater, Inflater, isInflateError } from './deflate.ts'

const tuning = { level: 6, thresholdBytes: 0 }
const limit = 1024 * 1024

/** Words from a small set, so that messages refer to each other, and noise, so that some do not compress. */
const message = fc
  .array(fc.oneof(fc.constantFrom('topic', 'frame', 'opcode', '频道', '消息'), fc.string()), {
    maxLength: 200,
  })
  .map(words => Buffer.from(words.join(' ')))

describe('permessage-deflate', () => {
  test.each([
    [false, 9],
    [false, 15],
    [true, 9],
    [true, 15],
  ])(
    'Messages survive with noContextTakeover %s and %i window bits',
    async (noContextTakeover, windowBits) => {
      const direction = { noContextTakeover, windowBits }
      await fc.assert(
        fc.asyncProperty(fc.array(message, { maxLength: 20 }), async messages => {
          const deflater = new Deflater(direction, tuning)
          const inflater = new Inflater(direction, limit)
          for (const sent of messages) {
            const received = await inflater.inflate(await deflater.deflate(sent))
            expect(received).toEqual(sent)
          }
        }),
        { numRuns: 40, seed: 7 },
      )
    },
  )

  test('One zlib stream kept by the peer reads and writes the same messages', async () => {
    const direction = { noContextTakeover: false, windowBits: 15 }
    const deflater = new Deflater(direction, tuning)
    const inflater = new Inflater(direction, limit)
    const theirInflate = createInflateRaw()
    const theirDeflate = createDeflateRaw()
    const through = (stream: typeof theirInflate | typeof theirDeflate, input: Buffer) =>
      new Promise<Buffer>(resolve => {
        const chunks: Buffer[] = []
        const collect = (chunk: Buffer) => void chunks.push(chunk)
        stream.on('data', collect)
        stream.write(input)
        stream.flush(constants.Z_SYNC_FLUSH, () => {
          stream.off('data', collect)
          resolve(Buffer.concat(chunks))
        })
      })
    const tail = Buffer.from([0, 0, 0xff, 0xff])
    // Longer than a window, so that the oldest bytes have to leave it on both sides.
    for (let round = 0; round < 60; round++) {
      const text = Buffer.from(`round ${round} `.repeat(100 + round))
      expect(await through(theirInflate, Buffer.concat([await deflater.deflate(text), tail]))).toEqual(text)
      const theirs = await through(theirDeflate, text)
      expect(await inflater.inflate(theirs.subarray(0, -4))).toEqual(text)
    }
    theirInflate.close()
    theirDeflate.close()
  })

  test('A block that says it is the last is read, and so is the message after it (RFC 7692 §7.2.3.4)', async () => {
    const inflater = new Inflater({ noContextTakeover: false, windowBits: 15 }, limit)
    const hello = Buffer.from([0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00])
    expect(String(await inflater.inflate(hello))).toBe('Hello')
    expect(String(await inflater.inflate(hello))).toBe('Hello')
  })

  test('The examples of RFC 7692 §7.2.3 inflate', async () => {
    const inflater = new Inflater({ noContextTakeover: false, windowBits: 15 }, limit)
    expect(String(await inflater.inflate(Buffer.from('f248cdc9c90700', 'hex')))).toBe('Hello')
    expect(String(await inflater.inflate(Buffer.from('f200110000', 'hex')))).toBe('Hello')
    expect(String(await inflater.inflate(Buffer.from('000500faff48656c6c6f00', 'hex')))).toBe('Hello')
    expect(String(await inflater.inflate(Buffer.from('00', 'hex')))).toBe('')
  })

  test.each([
    ['exactly the limit', 100_000, true],
    ['one byte more', 100_001, false],
    ['a thousand times the limit', 100_000_000, false],
  ])('Inflating %s: accepted is %s', async (_, size, isAccepted) => {
    const direction = { noContextTakeover: true, windowBits: 15 }
    const bomb = await new Deflater(direction, tuning).deflate(Buffer.alloc(size))
    const before = process.memoryUsage().arrayBuffers
    const result = await new Inflater(direction, 100_000).inflate(bomb)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
    expect(!isInflateError(result)).toBe(isAccepted)
    if (isInflateError(result)) expect(result.code).toBe('BW_MESSAGE_TOO_BIG')
  })

  test.each([10, 100_000])('A message of %i words that is cut short anywhere is refused', async count => {
    const direction = { noContextTakeover: true, windowBits: 15 }
    const words = Array.from({ length: count }, (_, at) => `word ${(at * 7919) % 10_007}`).join(' ')
    const payload = await new Deflater(direction, tuning).deflate(Buffer.from(words))
    for (const cut of [1, 2, payload.length >> 1]) {
      const result = await new Inflater(direction, limit * 10).inflate(
        payload.subarray(0, payload.length - cut),
      )
      expect(result).toMatchObject({ code: 'BW_INFLATE_FAILED', closeCode: 1007 })
    }
  })

  test('Data behind a block that says it is the last are refused, not lost', async () => {
    const inflater = new Inflater({ noContextTakeover: true, windowBits: 15 }, limit)
    const hello = 'f348cdc9c90700'
    expect(String(await inflater.inflate(Buffer.from(hello, 'hex')))).toBe('Hello')
    expect(await inflater.inflate(Buffer.from(hello + hello, 'hex'))).toMatchObject({
      code: 'BW_INFLATE_FAILED',
    })
  })

  test('Any bytes at all inflate or are refused, and nothing throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => {
        const inflater = new Inflater({ noContextTakeover: false, windowBits: 15 }, 10_000)
        const result = await inflater.inflate(bytes)
        if (isInflateError(result)) expect(['BW_INFLATE_FAILED', 'BW_MESSAGE_TOO_BIG']).toContain(result.code)
        else expect(result.length).toBeLessThanOrEqual(10_000)
      }),
      { numRuns: 500, seed: 7 },
    )
  })
})
