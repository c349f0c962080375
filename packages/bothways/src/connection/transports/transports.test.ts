import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type TransportEnds, transportKinds } from '@bothways/test-support/transport-ends'
import { TransportLog } from '@bothways/test-support/transport-log'
import { afterEach, describe, expect, test } from 'vitest'
import { streamBinding } from './tcp-handle.ts'

const KiB = 1024
const MiB = 1024 * KiB
/** More than both ends' operating system holds for a peer that does not read. */
const tooMuch = 32 * MiB

const opened: TransportEnds[] = []
afterEach(() => {
  for (const { transport, peer } of opened.splice(0)) {
    transport.destroy()
    peer.destroy()
  }
})

test('Handles are used on this version of Node.js, unless the environment says otherwise', () => {
  expect(streamBinding !== undefined).toBe(process.env.BOTHWAYS_TRANSPORT !== 'stream')
})

describe.each(transportKinds)('%s', (_, openEnds) => {
  async function open(): Promise<TransportEnds> {
    const ends = await openEnds()
    ends.peer.on('error', () => {})
    opened.push(ends)
    return ends
  }

  async function start(): Promise<{
    log: TransportLog
    transport: TransportEnds['transport']
    peer: Socket
  }> {
    const { transport, peer } = await open()
    return { log: new TransportLog(transport), transport, peer }
  }

  describe('Data', () => {
    const sizes = [1, 2, 125, 0, 65_536, 511 * KiB, 513 * KiB, 3 * MiB, 7]
    const pieces = sizes.map((size, at) => noise(size, at))

    test('arrive in order, whatever the sizes', async () => {
      const { log, peer } = await start()
      for (const piece of pieces) peer.write(piece)
      const sent = Buffer.concat(pieces)
      await log.until(() => log.receivedBytes >= sent.length)
      expect(log.received.equals(sent)).toBe(true)
    })

    test('leave in order, whatever the sizes', async () => {
      const { transport, peer } = await start()
      for (const piece of pieces) transport.write(piece, false)
      transport.end()
      expect((await readAll(peer)).equals(Buffer.concat(pieces))).toBe(true)
    })

    test('go both ways at once', async () => {
      const { log, transport, peer } = await start()
      const there = noise(5 * MiB, 1)
      const back = noise(6 * MiB, 2)
      transport.write(there, false)
      transport.end()
      peer.end(back)
      expect((await readAll(peer)).equals(there)).toBe(true)
      await log.untilDestroyed()
      expect(log.received.equals(back)).toBe(true)
    })

    test('end once, however often reading is resumed after that', async () => {
      const { log, transport, peer } = await start()
      // A peer that does not read keeps this side from ending.
      transport.write(noise(tooMuch, 3), false)
      peer.end()
      await log.until(() => log.events.includes('end'))
      for (let count = 0; count < 20; count++) {
        transport.resume()
        await turn()
      }
      expect(log.events.filter(it => it === 'end')).toHaveLength(1)
    })

    test('that came before the start are not lost', async () => {
      const { transport, peer } = await open()
      await written(peer, Buffer.from('early '))
      // The other readers have read by then.
      await turn()
      const log = new TransportLog(transport)
      peer.end('late')
      await log.until(() => log.events.includes('end'))
      expect(log.received.toString()).toBe('early late')
    })

    test('are counted, also when all is over', async () => {
      const { log, transport, peer } = await start()
      expect([transport.bytesRead, transport.bytesWritten]).toEqual([0, 0])
      peer.write(noise(1_000, 0))
      await log.until(() => log.receivedBytes === 1_000)
      transport.write(noise(300, 0), false)
      transport.write(noise(200, 0), true)
      expect([transport.bytesRead, transport.bytesWritten]).toEqual([1_000, 500])
      transport.end()
      peer.resume()
      peer.end()
      await log.untilDestroyed()
      expect([transport.bytesRead, transport.bytesWritten]).toEqual([1_000, 500])
    })
  })

  describe('Backpressure', () => {
    test('queuedBytes rises while the peer does not read, and is 0 when all is taken; the notices count all', async () => {
      const { log, transport, peer } = await start()
      expect(transport.queuedBytes).toBe(0)
      transport.write(noise(tooMuch, 1), false)
      const queuedBefore = transport.queuedBytes
      expect(queuedBefore).toBeGreaterThan(tooMuch / 4)
      expect(transport.write(noise(tooMuch, 2), false)).toBe(false)
      expect(transport.queuedBytes).toBeGreaterThan(queuedBefore)
      expect(log.events).toEqual([])
      let queuedAtNotice = -1
      log.on = () => {
        queuedAtNotice = transport.queuedBytes
      }
      peer.resume()
      await log.until(() => log.takenBytes === 2 * tooMuch)
      expect(queuedAtNotice).toBe(0)
      transport.end()
      peer.end()
      await log.untilDestroyed()
      expect(log.takenBytes).toBe(2 * tooMuch)
      expect(log.events).toEqual(['end', 'destroyed'])
    })

    test('A write that is taken at once says so, and there is no notice', async () => {
      const { log, transport } = await start()
      expect(transport.write(Buffer.from('a'), true)).toBe(true)
      expect(transport.write(Buffer.from('b'), false)).toBe(true)
      expect(transport.queuedBytes).toBe(0)
      await turn()
      await turn()
      expect(log.events).toEqual([])
    })

    test('pause() makes the peer wait; resume() loses nothing', async () => {
      const { log, transport, peer } = await start()
      const sent = noise(tooMuch, 3)
      peer.write(sent.subarray(0, 10))
      await log.until(() => log.receivedBytes > 0)
      transport.pause()
      const atPause = log.receivedBytes
      peer.write(sent.subarray(10))
      await sameElsewhere(start, sent)
      expect(log.receivedBytes - atPause).toBeLessThanOrEqual(MiB)
      expect(peer.writableLength).toBeGreaterThan(0)
      transport.resume()
      await log.until(() => log.receivedBytes >= sent.length)
      expect(log.received.equals(sent)).toBe(true)
    })

    test('pause() within the handler of data, again and again, loses nothing', async () => {
      const { log, transport, peer } = await start()
      log.on = happening => {
        if (happening !== 'data') return
        transport.pause()
        transport.pause()
        setImmediate(() => transport.resume())
      }
      const sent = noise(4 * MiB, 4)
      peer.end(sent)
      await log.until(() => log.events.includes('end'))
      expect(log.received.equals(sent)).toBe(true)
    })

    test('A paused transport still writes', async () => {
      const { transport, peer } = await start()
      transport.pause()
      const sent = noise(tooMuch, 5)
      transport.write(sent, false)
      transport.end()
      expect((await readAll(peer)).equals(sent)).toBe(true)
    })

    test('Borrowed memory may change when the bytes are taken, or copied', async () => {
      const { transport, peer } = await start()
      const sizes = [1, 100, 16 * KiB, 64 * KiB, 128 * KiB]
      const sent: Buffer[] = []
      let shared = Buffer.alloc(128 * KiB)
      for (let round = 0; round < 500; round++) {
        const bytes = shared.subarray(0, sizes[round % sizes.length])
        bytes.fill(round & 0xff)
        sent.push(Buffer.from(bytes))
        if (transport.write(bytes, true) || transport.copiesBorrowed) shared.fill(0xee)
        else shared = Buffer.alloc(128 * KiB)
      }
      transport.end()
      expect(transport.queuedBytes).toBeGreaterThan(0)
      expect((await readAll(peer)).equals(Buffer.concat(sent))).toBe(true)
    })
  })

  describe('The end in order', () => {
    test('The peer ends: that is told, and writing goes on until we end too', async () => {
      const { log, transport, peer } = await start()
      peer.end('bye')
      await log.until(() => log.events.includes('end'))
      expect(log.received.toString()).toBe('bye')
      expect(log.isDestroyed).toBe(false)
      const reading = readAll(peer)
      log.transport.end()
      expect((await reading).length).toBe(0)
      await log.untilDestroyed()
      expect(log.events).toEqual(['end', 'destroyed'])
      expect(log.error).toBeUndefined()
      expect(transport.queuedBytes).toBe(0)
    })

    test('The peer ends and still reads: what was queued and what is written then reach it', async () => {
      const { log, transport, peer } = await start()
      const queued = noise(tooMuch, 6)
      const answer = noise(3 * MiB, 7)
      transport.write(queued, false)
      log.on = happening => {
        if (happening !== 'end') return
        transport.write(answer, false)
        transport.end()
      }
      peer.end()
      await log.until(() => log.events.includes('end'))
      expect(log.isDestroyed).toBe(false)
      expect((await readAll(peer)).equals(Buffer.concat([queued, answer]))).toBe(true)
      await log.untilDestroyed()
      expect(log.events).toEqual(['end', 'destroyed'])
      expect(log.error).toBeUndefined()
    })

    test('We end: FIN goes out behind megabytes for a slow reader, and the peer may still send', async () => {
      const { log, transport, peer } = await start()
      const queued = noise(tooMuch, 8)
      transport.write(queued, false)
      transport.end()
      transport.end()
      const slowly: Buffer[] = []
      peer.on('data', (chunk: Buffer) => {
        slowly.push(chunk)
        peer.pause()
        setImmediate(() => peer.resume())
      })
      await once(peer, 'end')
      expect(Buffer.concat(slowly).equals(queued)).toBe(true)
      expect(log.events).toEqual([])
      peer.end('and thanks')
      await log.untilDestroyed()
      expect(log.received.toString()).toBe('and thanks')
      expect(log.events).toEqual(['end', 'destroyed'])
      expect(log.error).toBeUndefined()
    })

    test('A peer that ended before the start is heard', async () => {
      const { transport, peer } = await open()
      peer.end()
      await once(peer, 'finish')
      await turn()
      const log = new TransportLog(transport)
      await log.until(() => log.events.includes('end'))
      transport.end()
      await log.untilDestroyed()
      expect(log.events).toEqual(['end', 'destroyed'])
    })

    test('A write behind end() does nothing', async () => {
      const { log, transport, peer } = await start()
      transport.write(Buffer.from('all'), false)
      transport.end()
      transport.write(Buffer.from('too late'), true)
      expect(transport.write(Buffer.from('too late'), false)).toBe(false)
      expect((await readAll(peer)).toString()).toBe('all')
      peer.end()
      await log.untilDestroyed()
      expect(log.events).toEqual(['end', 'destroyed'])
      expect(log.error).toBeUndefined()
      expect(transport.bytesWritten).toBe(3)
    })
  })

  describe('destroy()', () => {
    test.each([0, 4])('before the start is told once it has begun, also %i turns later', async turns => {
      const { transport } = await open()
      transport.destroy()
      for (let count = 0; count < turns; count++) await turn()
      const log = new TransportLog(transport)
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
      expect(log.error).toBeUndefined()
    })

    test.each<[string, (ends: TransportEnds, log: TransportLog) => Promise<void> | void]>([
      ['right after the start', ({ transport }) => transport.destroy()],
      [
        'twice',
        ({ transport }) => {
          transport.destroy()
          transport.destroy()
        },
      ],
      [
        'while it is paused',
        ({ transport }) => {
          transport.pause()
          transport.destroy()
          transport.resume()
        },
      ],
      [
        'while writes are pending',
        ({ transport }) => {
          transport.write(noise(tooMuch, 1), true)
          transport.write(noise(tooMuch, 1), false)
          transport.destroy()
        },
      ],
      [
        'before the notice of a write that was taken at once',
        ({ transport }) => {
          transport.write(Buffer.from('a'), true)
          transport.destroy()
        },
      ],
      [
        'behind end(), while writes are pending',
        ({ transport }) => {
          transport.write(noise(tooMuch, 1), true)
          transport.end()
          transport.destroy()
        },
      ],
      [
        'before end()',
        ({ transport }) => {
          transport.destroy()
          transport.end()
        },
      ],
      [
        'when the peer is gone already',
        async ({ transport, peer }) => {
          peer.resetAndDestroy()
          await once(peer, 'close')
          transport.destroy()
        },
      ],
    ])('%s, the end is told once, last, without error', async (_name, act) => {
      const ends = await open()
      const log = new TransportLog(ends.transport)
      await act(ends, log)
      expect(log.events).toEqual([])
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
      expect(log.error).toBeUndefined()
      expect(ends.transport.queuedBytes).toBe(0)
    })

    test('before the start is told behind it', async () => {
      const { transport } = await open()
      transport.destroy()
      const log = new TransportLog(transport)
      expect(log.events).toEqual([])
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
    })

    test.each(['data', 'taken', 'end'] as const)('may be called within the handler of "%s"', async moment => {
      const { log, transport, peer } = await start()
      log.on = happening => {
        if (happening === moment) transport.destroy()
      }
      transport.write(noise(tooMuch, 1), false)
      peer.resume()
      peer.end(noise(2 * MiB, 1))
      await log.untilDestroyed()
      expect(log.events.filter(it => it === 'destroyed')).toHaveLength(1)
      expect(log.events.at(-1)).toBe('destroyed')
      expect(log.error).toBeUndefined()
    })

    test('The peer sees the end of the connection', async () => {
      const { transport, peer } = await start()
      const over = once(peer, 'close')
      peer.on('end', () => peer.end())
      peer.resume()
      transport.destroy()
      await over
    })

    test('Nothing that is called afterwards does anything', async () => {
      const { log, transport } = await start()
      transport.destroy()
      await log.untilDestroyed()
      transport.write(Buffer.from('a'), true)
      expect(transport.write(Buffer.from('a'), false)).toBe(false)
      transport.pause()
      transport.resume()
      transport.end()
      transport.destroy()
      await turn()
      expect(log.events).toEqual(['destroyed'])
      expect([transport.bytesWritten, transport.queuedBytes]).toEqual([0, 0])
    })
  })

  describe("The peer's reset", () => {
    const connectionReset = {
      name: 'Error',
      message: 'read ECONNRESET',
      code: 'ECONNRESET',
      syscall: 'read',
      errno: expect.any(Number),
    }

    async function reset(peer: Socket): Promise<void> {
      peer.resetAndDestroy()
      await once(peer, 'close')
    }

    test('ends both directions with the error of the read', async () => {
      const { log, peer } = await start()
      await reset(peer)
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
      expect(facts(log.error)).toEqual(connectionReset)
    })

    test('comes while writes are pending', async () => {
      const { log, transport, peer } = await start()
      transport.write(noise(tooMuch, 1), true)
      transport.write(noise(tooMuch, 2), true)
      await reset(peer)
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
      expect(facts(log.error)).toEqual(connectionReset)
      expect(transport.queuedBytes).toBe(0)
    })

    test('comes while writes are pending and FIN behind them', async () => {
      const { log, transport, peer } = await start()
      transport.write(noise(tooMuch, 1), true)
      transport.end()
      await reset(peer)
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
      expect(facts(log.error)).toEqual(connectionReset)
    })

    test('comes before the start', async () => {
      const { transport, peer } = await open()
      await reset(peer)
      await turn()
      const log = new TransportLog(transport)
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
      expect(facts(log.error)).toEqual(connectionReset)
    })

    test('comes while paused: heard at the latest with resume()', async () => {
      const { log, transport, peer } = await start()
      transport.pause()
      await reset(peer)
      transport.resume()
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
      expect(facts(log.error)).toEqual(connectionReset)
    })

    test('comes while paused, before end() and resume(): the error is that of the read', async () => {
      const { log, transport, peer } = await start()
      transport.pause()
      await reset(peer)
      transport.end()
      transport.resume()
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
      expect(facts(log.error)).toEqual(connectionReset)
    })

    test.each([false, true])('fails a write while paused, with notice %s', async wantsNotice => {
      const { log, transport, peer } = await start()
      transport.pause()
      await reset(peer)
      // A transport that reads ahead hears of the reset first; one that does not, of the write that failed.
      for (let count = 0; count < 3 && !log.isDestroyed; count++) {
        transport.write(Buffer.from('a'), wantsNotice)
        await turn()
      }
      await log.untilDestroyed()
      expect(log.events).toEqual(['destroyed'])
      expect(facts(log.error)).toMatchObject({
        message: expect.stringMatching(/^(read|write) ECONNRESET$/),
        code: 'ECONNRESET',
      })
    })

    test('answers bytes for a peer that has closed: EPIPE or ECONNRESET, told once', async () => {
      const { log, transport, peer } = await start()
      transport.pause()
      peer.destroy()
      await once(peer, 'close')
      for (let count = 0; count < 20 && !log.isDestroyed; count++) {
        transport.write(noise(64 * KiB, count), true)
        await turn()
      }
      await log.untilDestroyed()
      expect(log.events.filter(it => it !== 'end')).toEqual(['destroyed'])
      expect(log.events.at(-1)).toBe('destroyed')
      expect(facts(log.error)).toMatchObject({
        message: expect.stringMatching(/^(read ECONNRESET|write EPIPE|write ECONNRESET)$/),
        code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/),
      })
    })
  })
})

/** Bytes that show where they belong: the same for the same seed. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; at++) bytes[at] = (at ^ (at >> 8) ^ (at >> 16)) + seed
  return bytes
}

/** The bytes that a peer gets until FIN; it reads from now on. */
async function readAll(peer: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  peer.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(peer, 'end')
  return Buffer.concat(chunks)
}

function written(peer: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    peer.write(bytes, error => (error ? reject(error) : resolve()))
  })
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** As long as the same bytes take on another connection, where nothing is in the way. */
async function sameElsewhere(
  start: () => Promise<{ log: TransportLog; peer: Socket }>,
  bytes: Buffer,
): Promise<void> {
  const { log, peer } = await start()
  peer.write(bytes)
  await log.until(() => log.receivedBytes >= bytes.length)
}

function facts(error: unknown): object {
  const { name, message, code, syscall, errno } = error as NodeJS.ErrnoException
  return { name, message, code, syscall, errno }
}
