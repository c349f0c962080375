import { startWithClock, tick } from '@bothways/test-support/clock'
import { heldMemory } from '@bothways/test-support/held-memory'
import { MemoryLink } from '@bothways/test-support/memory-transport'
import { framesTo, type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ByteBudget } from '../byte-budget.ts'
import { Connection } from '../connection.ts'
import type { Disconnect } from '../disconnect.ts'
import { ReadyState } from '../ending.ts'
import { type ConnectionOptions, resolveConnectionOptions } from '../options.ts'

/** A connection that has used up its share of a turn reads on in a later one. */
async function turns(): Promise<void> {
  for (let count = 0; count < 50; count++) await new Promise(resolve => setImmediate(resolve))
}

// The ticker does not tick by itself: the tests say what time it is.
beforeAll(() => void vi.useFakeTimers({ toFake: ['setInterval'] }))
afterAll(() => void vi.useRealTimers())

const KiB = 1024
const MiB = 1024 * KiB

/** A server's end, and what it tells. */
class Served {
  readonly connection: Connection
  readonly messages: (string | Buffer)[] = []
  readonly link = new MemoryLink()
  discards = 0
  disconnect: Disconnect | undefined
  #isInMessage = false

  constructor(budget: ByteBudget | undefined, options: ConnectionOptions = {}) {
    this.connection = new Connection(
      {
        onMessage: message => void this.messages.push(message),
        onDiscard: () => void this.discards++,
        onClose: disconnect => {
          this.disconnect = disconnect
        },
      },
      {
        role: 'server',
        transport: this.link.server,
        settings: resolveConnectionOptions({ keepalive: false, ...options }, 'server'),
        incomingBudget: budget,
        deflate: {
          incoming: { noContextTakeover: true, windowBits: 15 },
          outgoing: { noContextTakeover: true, windowBits: 15 },
        },
      },
    )
    startWithClock(this.connection)
  }

  get isOpen(): boolean {
    return this.connection.readyState === ReadyState.Open
  }

  receive(...frames: RawFrame[]): void {
    this.connection.receive(framesTo('server', frames))
  }

  /** A part of a message that goes on, of so many bytes. */
  receivePart(byteLength: number): void {
    this.receiveFrame(byteLength, false)
  }

  /** One frame of a message: the first, or the next. */
  receiveFrame(byteLength: number, isFinal: boolean): void {
    const first = (isFinal ? 0x80 : 0) | (this.#isInMessage ? 0 : 2)
    this.#isInMessage = !isFinal
    this.receive(rawFrame(first.toString(16).padStart(2, '0'), new Uint8Array(byteLength)))
  }

  async end(): Promise<Disconnect | undefined> {
    this.link.client.destroy()
    await this.link.settle()
    return this.disconnect
  }
}

describe('The memory of what is unfinished and unread', () => {
  test('is counted over all connections; at the bound the fullest is closed with 1013 and drops what it holds', async () => {
    const budget = new ByteBudget(1 * MiB)
    const [small, fullest, middle] = [1, 2, 3].map(() => new Served(budget)) as [Served, Served, Served]
    small.receivePart(100 * KiB)
    fullest.receivePart(200 * KiB)
    middle.receivePart(150 * KiB)
    expect([small, fullest, middle].every(it => it.isOpen)).toBe(true)
    fullest.receivePart(250 * KiB)
    // In a later turn, if this one has no time left.
    await expect.poll(() => fullest.isOpen).toBe(false)
    expect([small.isOpen, middle.isOpen]).toEqual([true, true])
    expect(fullest.connection.heldBytes).toBe(0)
    expect(budget.usedBytes).toBe(small.connection.heldBytes + middle.connection.heldBytes)
    small.receive(['80 00'])
    await turns()
    expect(small.messages.map(it => it.length)).toEqual([100 * KiB])
    expect(await fullest.end()).toMatchObject({
      by: 'policy',
      error: { code: 'BW_RECEIVED_TOO_MUCH', limit: 1 * MiB, unit: 'bytes' },
    })
    expect(fullest.discards).toBe(1)
  })

  test('counts what the handler has not read, and what waits while nothing is read', async () => {
    const budget = new ByteBudget(1 * MiB)
    const served = new Served(budget)
    served.connection.countUnread(1_000)
    expect(budget.usedBytes).toBe(1_000)
    served.connection.pause()
    const frames = framesTo('server', [['82 05', 'hello']])
    served.connection.receive(frames)
    expect(budget.usedBytes).toBe(1_000 + frames.buffer.byteLength)
    served.connection.countUnread(0)
    served.connection.resume()
    await turns()
    expect([budget.usedBytes, served.messages.length]).toEqual([0, 1])
  })

  test('is what the budget knows of, whatever comes in whatever pieces, and nothing in the end', async () => {
    const at = fc.nat(2)
    const bytes = fc.nat(9_000)
    const event = fc.oneof(
      fc.record({ kind: fc.constant('frame'), at, bytes, isFinal: fc.boolean() }),
      fc.record({ kind: fc.constantFrom('pause', 'resume', 'close', 'cut'), at }),
      fc.record({ kind: fc.constant('unread'), at, bytes }),
    )
    const act = (served: Served, { kind, bytes = 0 }: { kind: string; bytes?: number }): void => {
      const { connection } = served
      if (kind === 'pause') connection.pause()
      else if (kind === 'resume') connection.resume()
      else if (kind === 'close') connection.close()
      else if (kind === 'cut') connection.terminate()
      else if (kind === 'unread' && served.isOpen) connection.countUnread(bytes)
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 40 }),
        fc.integer({ min: 9_000, max: 60_000 }),
        async (events, limit) => {
          const budget = new ByteBudget(limit)
          const all = [1, 2, 3].map(() => new Served(budget))
          for (const it of events) {
            const served = all[it.at]
            if (served === undefined) continue
            if ('isFinal' in it) served.receiveFrame(it.bytes, it.isFinal)
            else act(served, it)
            const held = all.reduce((sum, one) => sum + one.connection.heldBytes, 0)
            expect(budget.usedBytes).toBe(held)
            expect(held).toBeLessThanOrEqual(limit)
          }
          for (const served of all) {
            await served.end()
            served.connection.countUnread(0)
          }
          expect(budget.usedBytes).toBe(0)
        },
      ),
      { numRuns: 200, seed: 11 },
    )
  })

  test('is real memory: 100 unfinished messages of 4 MiB take no more than the bound', async () => {
    const before = await heldMemory()
    const budget = new ByteBudget(32 * MiB)
    const all = Array.from({ length: 100 }, () => new Served(budget))
    for (const served of all) {
      served.receivePart(4 * MiB)
      await turns()
    }
    const taken = (await heldMemory()) - before
    expect(taken).toBeLessThan(32 * MiB + 4 * MiB)
    expect(taken).toBeGreaterThan(16 * MiB)
    expect(budget.usedBytes).toBeLessThanOrEqual(32 * MiB)
    expect(all.filter(it => it.isOpen).length).toBeGreaterThan(3)
  })
})

describe('An unfinished message', () => {
  test('that gets a byte now and then is closed with 1008, also when each is a fragment of its own', async () => {
    const served = new Served(undefined, { messageTimeoutMs: 10_000 })
    served.receive(['02 01', 'a'])
    for (let second = 0; second < 10; second++) {
      await turns()
      tick(served.connection, second * 1_000)
      served.receive(['00 01', 'a'], ['89 00'])
    }
    await turns()
    expect(served.isOpen).toBe(true)
    tick(served.connection, 10_000)
    expect(served.isOpen).toBe(false)
    await served.link.settle()
    expect(await served.end()).toMatchObject({
      by: 'policy',
      error: { code: 'BW_MESSAGE_TOO_SLOW', limit: 10_000, actual: 10_000, unit: 'milliseconds' },
    })
  })

  test('that grows by 64 KiB in each such time may take as long as it likes', async () => {
    const served = new Served(undefined, { messageTimeoutMs: 10_000 })
    served.receivePart(64 * KiB)
    await turns()
    for (let round = 0; round < 20; round++) {
      tick(served.connection, round * 9_000)
      served.receivePart(64 * KiB)
      await turns()
    }
    served.receive(['80 00'])
    await turns()
    tick(served.connection, 1_000_000)
    tick(served.connection, 2_000_000)
    expect(served.isOpen).toBe(true)
    expect(served.messages).toHaveLength(1)
  })

  test('is given the time that this side does not read', async () => {
    const served = new Served(undefined, { messageTimeoutMs: 10_000 })
    served.receive(['02 01', 'a'])
    await turns()
    tick(served.connection, 0)
    served.connection.pause()
    tick(served.connection, 50_000)
    served.connection.resume()
    await turns()
    tick(served.connection, 59_000)
    expect(served.isOpen).toBe(true)
    tick(served.connection, 69_000)
    expect(served.isOpen).toBe(false)
  })

  test('has no limit on a client', () => {
    expect(resolveConnectionOptions({}, 'client').messageTimeoutMs).toBe(Number.MAX_SAFE_INTEGER)
    expect(resolveConnectionOptions({}, 'server').messageTimeoutMs).toBe(60_000)
  })
})
