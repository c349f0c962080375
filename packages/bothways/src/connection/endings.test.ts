import { constants, deflateRawSync } from 'node:zlib'
import { concat } from '@bothways/test-support/bytes'
import { MemoryLink } from '@bothways/test-support/memory-transport'
import { framesTo, rawFrame } from '@bothways/test-support/raw-frame'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteBudget } from './byte-budget.ts'
import { Connection } from './connection.ts'
import type { ConnectionHandler } from './connection-init.ts'
import type { Disconnect } from './disconnect.ts'
import { resolveConnectionOptions } from './options.ts'

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** Long enough that it is inflated in the thread pool, in its turn. */
const longText = Array.from({ length: 40_000 }, (_, at) => (at * 7_919).toString(36)).join('')

function compressed(text: string) {
  const payload = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  return framesTo('server', [rawFrame('c1', payload)])
}

const kinds = {
  short: (at: number) => ({ text: `${at}`, bytes: framesTo('server', [rawFrame('81', `${at}`)]) }),
  long: (at: number) => ({ text: at + longText, bytes: compressed(at + longText) }),
}
type Kind = keyof typeof kinds

class Log implements ConnectionHandler {
  readonly messages: string[] = []
  readonly ends: (number | undefined)[] = []
  onEvent: () => void = () => {}

  onMessage(message: string | Buffer): void {
    this.messages.push(message.toString())
    this.onEvent()
  }

  onClose({ code }: Disconnect): void {
    this.ends.push(code)
  }

  async untilClosed(): Promise<void> {
    while (this.ends.length === 0) await turn()
  }
}

function serve(budget?: ByteBudget, log = new Log()) {
  const deflate = { noContextTakeover: true, windowBits: 15 }
  const transport = new MemoryLink().server
  const connection = new Connection(log, {
    role: 'server',
    transport,
    settings: resolveConnectionOptions({ keepalive: false }, 'server'),
    deflate: { incoming: deflate, outgoing: deflate },
    incomingBudget: budget,
  })
  connection.start()
  return { connection, log, transport }
}

/** A stream tells its end also when it was asked to pause with the chunk before. */
describe('The end of the stream, told while nothing is read', () => {
  const sequences = fc.array(fc.constantFrom<Kind>('short', 'long', 'short'), { maxLength: 6 })

  test('comes behind everything that came before it, and the budget is free again', async () => {
    const law = fc.asyncProperty(
      sequences,
      fc.boolean(),
      fc.constantFrom('end', 'destroyed', 'both'),
      fc.nat(6),
      async (sequence, hasCloseFrame, end, pauseAt) => {
        const budget = new ByteBudget(64 * 1024 * 1024)
        const { connection, log, transport } = serve(budget)
        const messages = sequence.map((kind, at) => kinds[kind](at))
        const close = hasCloseFrame ? [framesTo('server', [rawFrame('88', Uint8Array.of(3, 232))])] : []
        let isPaused = false
        log.onEvent = () => {
          // Whose handler pauses and never hears of the end would miss something: it goes on later.
          if (log.messages.length !== pauseAt || end !== 'end') return
          isPaused = true
          connection.pause()
        }
        connection.receive(concat([...messages.map(({ bytes }) => bytes), ...close]))
        if (end !== 'destroyed') transport.handler?.onEnd()
        if (end !== 'end') transport.handler?.onDestroyed(undefined)
        while (log.messages.length < messages.length && log.ends.length === 0) {
          if (isPaused) connection.resume()
          await turn()
        }
        if (isPaused) connection.resume()
        await turn()
        transport.handler?.onDestroyed(undefined)
        await log.untilClosed()
        expect(log.messages).toEqual(messages.map(({ text }) => text))
        expect(log.ends).toEqual([hasCloseFrame ? 1000 : 1006])
        expect(budget.usedBytes).toBe(0)
      },
    )
    await fc.assert(law, { seed: 11, numRuns: 60 })
  })

  test.each(['terminate', 'fail'] as const)('is told when %s gives up what is being inflated', async how => {
    const budget = new ByteBudget(64 * 1024 * 1024)
    const { connection, log, transport } = serve(budget)
    connection.receive(kinds.long(0).bytes)
    transport.handler?.onDestroyed(undefined)
    await turn()
    expect(log.ends).toEqual([])
    if (how === 'terminate') connection.terminate()
    else connection.fail(1011, new Error('bug'))
    expect(log.ends).toEqual([])
    await log.untilClosed()
    expect(log.messages).toEqual([])
    expect(log.ends).toEqual([1006])
    expect(budget.usedBytes).toBe(0)
  })

  test('is told when what is being inflated breaks a rule', async () => {
    const { connection, log, transport } = serve()
    let error: unknown
    Object.assign(log, {
      onViolation: (violation: unknown) => {
        error = violation
      },
    })
    const broken = new Uint8Array(40_000).fill(0xff)
    connection.receive(framesTo('server', [rawFrame('c1', broken)]))
    transport.handler?.onDestroyed(undefined)
    await log.untilClosed()
    expect(error).toMatchObject({ code: 'BW_INFLATE_FAILED' })
    expect(log.ends).toEqual([1006])
  })
})

test('A handler that has kept messages for itself has time for them after the end, too', async () => {
  const { connection, log, transport } = serve()
  const kept = Array.from({ length: 10 }, (_, at) => at)
  const handled: number[] = []
  const handle = (): void => {
    while (kept.length > 0 && connection.hasTime()) {
      handled.push(kept.shift() ?? -1)
      const endMs = performance.now() + 1
      while (performance.now() < endMs);
    }
  }
  Object.assign(log, { onTurn: handle })
  connection.receive(framesTo('server', [rawFrame('88', Uint8Array.of(3, 232))]))
  handle()
  expect(kept).not.toEqual([])
  transport.handler?.onDestroyed(undefined)
  expect(log.ends).toEqual([1000])
  handle()
  for (let turns = 0; turns < 100 && kept.length > 0; turns++) await turn()
  expect(handled).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
