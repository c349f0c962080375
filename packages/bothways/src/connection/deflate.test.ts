import { createHook } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync } from 'node:zlib'
import { heldMemory } from '@bothways/test-support/held-memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Deflater } from './deflate.ts'
import { type InflateResult, Inflater, isInflateError } from './receiving/inflate.ts'
import { WorkGate } from './work-gate.ts'

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
  ])('Inflating %s is accepted: %s', async (_, size, isAccepted) => {
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

  test('Data behind a block that says it is the last belong to the message (RFC 7692 §7.2.1, §7.2.3.5)', async () => {
    const part = fc.record({ bytes: message, isFinal: fc.boolean() })
    const parts = fc.array(part, { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 4 }), async messages => {
        const inflater = new Inflater({ noContextTakeover: false, windowBits: 15 }, limit)
        for (const list of messages) {
          const blocks = list.map(({ bytes, isFinal }) =>
            isFinal ? deflateRawSync(bytes) : deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }),
          )
          const payload = Buffer.concat([...blocks, Buffer.of(0)])
          const expected = Buffer.concat(list.map(({ bytes }) => bytes))
          expect(await inflater.inflate(payload)).toEqual(expected)
        }
      }),
      { numRuns: 100, seed: 7 },
    )
  })

  test('What comes behind a final block may refer to what came before it', async () => {
    const inflater = new Inflater({ noContextTakeover: false, windowBits: 15 }, limit)
    const first = Buffer.from('a dictionary of words that are used again')
    const second = deflateRawSync(first, { dictionary: first })
    expect(second.length).toBeLessThan(10)
    const payload = Buffer.concat([deflateRawSync(first), second])
    expect(String(await inflater.inflate(payload))).toBe(String(first).repeat(2))
    expect(String(await inflater.inflate(second))).toBe(String(first))
  })

  test('The limit counts all that comes of a message, over any number of final blocks', async () => {
    const direction = { noContextTakeover: true, windowBits: 15 }
    const part = deflateRawSync(Buffer.alloc(100_000))
    const inflate = (count: number, limitBytes: number) =>
      new Inflater(direction, limitBytes).inflate(Buffer.concat(Array.from({ length: count }, () => part)))
    expect(await inflate(10, 1_000_000)).toHaveLength(1_000_000)
    expect(await inflate(10, 999_999)).toMatchObject({ code: 'BW_MESSAGE_TOO_BIG' })
    expect(await inflate(200, 1_000_000)).toMatchObject({ code: 'BW_MESSAGE_TOO_BIG' })
  })

  test('A message has at most 1,000 final blocks, so that it does not cost much more than its bytes', async () => {
    const inflater = new Inflater({ noContextTakeover: true, windowBits: 15 }, limit)
    const empty = deflateRawSync(Buffer.alloc(0))
    expect(await inflater.inflate(Buffer.concat(Array(1_000).fill(empty)))).toHaveLength(0)
    expect(await inflater.inflate(Buffer.concat(Array(1_001).fill(empty)))).toMatchObject({
      code: 'BW_INFLATE_FAILED',
    })
  })

  test.each([3, 100, 5_000, 16_384, 40_000, 300_000])(
    'A message of %i bytes has memory of its own',
    async length => {
      const inflater = new Inflater({ noContextTakeover: true, windowBits: 15 }, limit)
      const payload = await new Deflater({ noContextTakeover: true, windowBits: 15 }, tuning).deflate(
        Buffer.alloc(length, 'x'),
      )
      const result = await inflater.inflate(payload)
      expect((result as Buffer).buffer.byteLength).toBe(length)
    },
  )

  test('A short message that becomes long does not take the turn of the event loop', async () => {
    const direction = { noContextTakeover: true, windowBits: 15 }
    const payload = deflateRawSync(Buffer.alloc(limit), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
      0,
      -4,
    )
    expect(payload.length).toBeLessThan(2_000)
    const result = new Inflater(direction, limit).inflate(payload)
    expect(result).toBeInstanceOf(Promise)
    expect(await result).toHaveLength(limit)
  })

  test('Long messages are inflated in their order, as many at once as the gate lets in, and given up ones make way', async () => {
    const direction = { noContextTakeover: true, windowBits: 15 }
    const gate = new WorkGate({ maxCount: 2 })
    const payload = await new Deflater(direction, tuning).deflate(Buffer.alloc(limit))
    const ended: number[] = []
    const inflaters = Array.from({ length: 6 }, () => new Inflater(direction, limit, gate))
    const results = inflaters.map((inflater, at) =>
      Promise.resolve(inflater.inflate(payload)).then(() => {
        expect(gate.runningCount).toBeLessThanOrEqual(2)
        ended.push(at)
      }),
    )
    expect(gate.runningCount).toBe(2)
    for (const at of [1, 4]) inflaters[at]?.abandon()
    await Promise.all([0, 2, 3, 5].map(at => results[at]))
    expect(ended).toHaveLength(4)
    expect([gate.runningCount, gate.heldBytes]).toEqual([0, 0])
  })

  test('Fifty bombs at once hold no more than 32 MiB and what one message needs', async () => {
    const direction = { noContextTakeover: true, windowBits: 15 }
    const size = 8 * 1024 * 1024
    const payload = await new Deflater(direction, tuning).deflate(Buffer.alloc(size))
    const before = await heldMemory()
    let peak = 0
    const results = Array.from({ length: 50 }, async () => {
      expect(await new Inflater(direction, size).inflate(payload)).toHaveLength(size)
    })
    for (const result of results) {
      await result
      peak = Math.max(peak, (await heldMemory()) - before)
    }
    // The first in line in pieces and put together, and those that were handed over last.
    expect(peak).toBeLessThan(32 * 1024 * 1024 + 4 * size)
  })

  test('Long messages are compressed in their order, no more at once than the gate lets in', async () => {
    const direction = { noContextTakeover: true, windowBits: 15 }
    const message = Buffer.alloc(40 * 1024, 'to be compressed ')
    const gate = new WorkGate({ maxBytes: 1024 * 1024 })
    const ended: number[] = []
    const before = await heldMemory()
    const results = Array.from({ length: 50 }, async (_, at) => {
      const { length } = await new Deflater(direction, tuning, gate).deflate(message)
      expect(length).toBeLessThan(1_000)
      expect(gate.heldBytes).toBeLessThanOrEqual(1024 * 1024)
      ended.push(at)
    })
    // Three have begun: each needs some 300 KiB. A message that waits is held once, as the copy that is to be compressed.
    expect(gate.runningCount).toBe(3)
    expect((await heldMemory()) - before).toBeLessThan(50 * message.length + 2 * 1024 * 1024)
    await Promise.all(results)
    expect(ended.slice(0, 3).sort()).toEqual([0, 1, 2])
    expect([ended.length, gate.runningCount, gate.heldBytes]).toEqual([50, 0, 0])
  })

  test('All that is compressed at once holds 32 MiB at most', async () => {
    let begunCount = 0
    const hook = createHook({
      init(_, type) {
        if (type === 'ZLIB') begunCount++
      },
    }).enable()
    const message = Buffer.alloc(40 * 1024, 'to be compressed ')
    const direction = { noContextTakeover: true, windowBits: 15 }
    const results = Array.from({ length: 300 }, () => new Deflater(direction, tuning).deflate(message))
    hook.disable()
    // Each holds its message and 268 KiB of zlib's.
    expect(begunCount).toBe(Math.floor((32 * 1024) / (268 + 40)))
    await Promise.all(results)
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

describe('What is inflated at once, and what in the thread pool', () => {
  const direction = { noContextTakeover: true, windowBits: 15 }
  const compressed = (bytes: Buffer): Buffer =>
    deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  /** It compresses to less than a half, and to more than a sixteenth. */
  const text = Buffer.from(
    Array.from({ length: 20_000 }, (_, at) => `${(at * at * 7) % 9_973} `)
      .join('')
      .slice(0, 60_000),
  )

  test.each([
    ['text', text, true],
    ['32 KiB of nothing but zeros', Buffer.alloc(32 * 1024), true],
    ['one byte more of them', Buffer.alloc(32 * 1024 + 1), false],
    ['200,000 of them', Buffer.alloc(200_000), false],
    ['more than 256 KiB', Buffer.concat([text, text, text]), false],
  ])('%s', async (_, bytes, isAtOnce) => {
    const result = new Inflater(direction, limit).inflate(compressed(bytes))
    expect(Buffer.isBuffer(result)).toBe(isAtOnce)
    expect(await result).toEqual(bytes)
  })

  test('A message of a few KiB of a connection that has used some of its turn goes through the pool', async () => {
    const gate = new WorkGate({})
    const inflater = new Inflater(direction, limit, gate)
    const result = inflater.inflate(compressed(text), false)
    expect([Buffer.isBuffer(result), gate.runningCount]).toEqual([false, 1])
    expect(await result).toEqual(text)
    expect(gate.runningCount).toBe(0)
    expect(inflater.inflate(compressed(text), true)).toEqual(text)
  })

  test.each([
    [4_096, true],
    [4_097, false],
  ])('A message of %i bytes is inflated at once: %s', async (length, isAtOnce) => {
    // Stored blocks (RFC 1951 §3.2.4): five bytes and the data.
    const payload = deflateRawSync(text.subarray(0, length - 6), {
      level: 0,
      finishFlush: constants.Z_SYNC_FLUSH,
    }).subarray(0, -4)
    expect(payload).toHaveLength(length)
    const result = new Inflater(direction, limit).inflate(payload, false)
    expect(Buffer.isBuffer(result)).toBe(isAtOnce)
    expect(await result).toEqual(text.subarray(0, length - 6))
  })

  test('A message is inflated at once where it would have to wait for others', () => {
    const gate = new WorkGate({ maxCount: 1 })
    const other = gate.enter(1, () => {})
    const inflater = new Inflater(direction, limit, gate)
    expect(inflater.inflate(compressed(text), false)).toEqual(text)
    gate.leave(other)
  })

  test('What is inflated in turns here and there keeps the window', async () => {
    const takeover = { noContextTakeover: false, windowBits: 15 }
    const deflater = new Deflater(takeover, tuning)
    const inflater = new Inflater(takeover, limit)
    for (let at = 0; at < 20; at++) {
      const sent = Buffer.from(text.subarray(0, 3_000 * (at + 1)))
      expect(await inflater.inflate(await deflater.deflate(sent), at % 3 === 0)).toEqual(sent)
    }
  })

  test('Behind a message that has become too long to be done at once, the next one is not tried so, until one is short', async () => {
    const gate = new WorkGate({})
    const inflater = new Inflater(direction, limit, gate)
    const isAtOnce = (bytes: Buffer) => Buffer.isBuffer(inflater.inflate(compressed(bytes)))
    expect(isAtOnce(text)).toBe(true)
    expect(await inflater.inflate(compressed(Buffer.alloc(200_000)))).toHaveLength(200_000)
    expect(await inflater.inflate(compressed(Buffer.alloc(30_000)))).toHaveLength(30_000)
    expect(isAtOnce(text)).toBe(true)
    const bomb = compressed(Buffer.alloc(200_000))
    expect(await inflater.inflate(bomb)).toHaveLength(200_000)
    const begun = inflater.inflate(compressed(text.subarray(0, 1_000)))
    expect([Buffer.isBuffer(begun), gate.runningCount]).toEqual([false, 1])
    expect(await begun).toEqual(text.subarray(0, 1_000))
    expect(isAtOnce(text)).toBe(true)
  })
})

describe('A zlib that is kept for what comes', () => {
  const direction = { noContextTakeover: true, windowBits: 15 }
  const takeover = { noContextTakeover: false, windowBits: 15 }
  const long = Buffer.from(
    Array.from({ length: 40_000 }, (_, at) => `${(at * at * 7) % 9_973} `)
      .join('')
      .slice(0, 150_000),
  )
  const twice = Buffer.concat([deflateRawSync(long), deflateRawSync(long)])
  /** Comparing them as the test library does takes long. */
  const isSame = (result: InflateResult, expected: Buffer): boolean =>
    Buffer.isBuffer(result) && result.equals(expected)
  const flushed = (bytes: Buffer): Buffer =>
    deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

  test('Long messages of any connections, one after the other, need no further one', async () => {
    const payload = flushed(long)
    await new Inflater(direction, limit).inflate(payload)
    let count = 0
    const hook = createHook({
      init(_, type) {
        if (type === 'ZLIB') count++
      },
    }).enable()
    for (let at = 0; at < 10; at++)
      expect(isSame(await new Inflater(direction, limit).inflate(payload), long)).toBe(true)
    hook.disable()
    expect(count).toBe(0)
  })

  test('Whatever it had to do before, it inflates as a new one does', async () => {
    const kinds = ['whole', 'cut', 'too long', 'given up', 'final blocks', 'window'] as const
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 10 }), async order => {
        const withWindow = new Inflater(takeover, limit)
        for (const kind of order) {
          const inflater = new Inflater(direction, kind === 'too long' ? 100_000 : limit)
          switch (kind) {
            case 'whole':
              expect(isSame(await inflater.inflate(flushed(long)), long)).toBe(true)
              break
            case 'cut':
              expect(await inflater.inflate(flushed(long).subarray(0, -20))).toMatchObject({
                code: 'BW_INFLATE_FAILED',
              })
              break
            case 'too long':
              expect(await inflater.inflate(flushed(long))).toMatchObject({ code: 'BW_MESSAGE_TOO_BIG' })
              break
            case 'given up':
              void inflater.inflate(flushed(long))
              inflater.abandon()
              break
            case 'final blocks':
              expect(isSame(await inflater.inflate(twice), Buffer.concat([long, long]))).toBe(true)
              break
            case 'window':
              expect(isSame(await withWindow.inflate(flushed(long)), long)).toBe(true)
          }
        }
      }),
      { numRuns: 20, seed: 7 },
    )
  })

  test.each([
    ['all of whose data are read', flushed],
    [
      'with a last block in the middle',
      (bytes: Buffer) =>
        Buffer.concat([deflateRawSync(bytes.subarray(0, -100)), deflateRawSync(bytes.subarray(-100))]),
    ],
  ])('Many at once get what is theirs, paused at the gate or not: messages %s', async (_, compress) => {
    const gate = new WorkGate({ maxBytes: 600_000 })
    const inflate = (bytes: Buffer) => new Inflater(direction, limit, gate).inflate(bytes)
    // Bytes that do not shrink come out in one piece, at their end.
    const random = randomBytes(40_000)
    const messages = Array.from({ length: 300 }, (_, at) =>
      Buffer.concat([Buffer.from(`${at} `), at % 3 === 0 ? long : random]),
    )
    const inflated = await Promise.all(messages.map(it => inflate(compress(it))))
    expect(inflated.every((it, at) => isSame(it, messages[at]!))).toBe(true)
    for (let at = 0; at < 6; at++) expect(isSame(await inflate(flushed(long)), long)).toBe(true)
    expect([gate.runningCount, gate.heldBytes]).toEqual([0, 0])
  })
})
