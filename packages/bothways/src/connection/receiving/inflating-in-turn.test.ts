import { randomBytes } from 'node:crypto'
import { constants, deflateRawSync } from 'node:zlib'
import { MemoryLink } from '@bothways/test-support/memory-transport'
import { framesTo, type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import { afterAll, expect, test, vi } from 'vitest'
import { Connection } from '../connection.ts'
import type { Disconnect } from '../disconnect.ts'
import { resolveConnectionOptions } from '../options.ts'
import { WorkGate, type WorkTicket } from '../work-gate.ts'

/** Time that passes only where a test lets it; before anything that keeps the clock is loaded. */
const clock = vi.hoisted(() => {
  const it = { nowMs: 0, restore: () => {} }
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => it.nowMs)
  it.restore = () => spy.mockRestore()
  return it
})
afterAll(() => clock.restore())

class CountingGate extends WorkGate {
  count = 0

  override enter(bytes: number, proceed: () => void): WorkTicket {
    this.count++
    return super.enter(bytes, proceed)
  }
}

const direction = { noContextTakeover: true, windowBits: 15 }

/** Noise in hexadecimal digits, which deflates to a half. */
const texts = Array.from({ length: 12 }, () => randomBytes(7_500).toString('hex'))

/** All of it in one read, a close frame behind it. */
const burst = framesTo('server', [
  ...texts.map((text): RawFrame => {
    const payload = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
    return [`c1 7e ${payload.length.toString(16).padStart(4, '0')}`, Uint8Array.from(payload)]
  }),
  ['88 02', Uint8Array.of(0x03, 0xe8)],
])

/** @param eachMs how long the handler is busy with each message */
async function receive(eachMs: number) {
  const link = new MemoryLink()
  const received: string[] = []
  const zlibGate = new CountingGate({})
  let onClose: (disconnect: Disconnect) => void
  const closed = new Promise<Disconnect>(resolve => {
    onClose = resolve
  })
  const connection = new Connection(
    {
      onMessage: message => {
        received.push(message.toString())
        clock.nowMs += eachMs
      },
      onClosing: () => void setImmediate(() => link.client.destroy()),
      onClose: disconnect => onClose(disconnect),
    },
    {
      role: 'server',
      transport: link.server,
      settings: resolveConnectionOptions({ keepalive: false }, 'server'),
      deflate: { incoming: direction, outgoing: direction },
      zlibGate,
    },
  )
  connection.start()
  link.client.write(burst)
  link.client.deliver()
  const atOnceCount = received.length
  const { by, received: closeFrame } = await closed
  expect(received).toEqual(texts)
  expect([by, closeFrame?.code]).toEqual(['peer', 1000])
  return { atOnceCount, inPoolCount: zlibGate.count }
}

test('Messages that take little of the turn are inflated at once', async () => {
  expect(await receive(0)).toEqual({ atOnceCount: texts.length, inPoolCount: 0 })
})

test('Behind the first that takes an eighth of a share they go through the pool, in order, the close behind them', async () => {
  const { atOnceCount, inPoolCount } = await receive(0.125)
  expect(atOnceCount).toBe(1)
  // The turn in which one comes back from there may begin with one more at once.
  expect(inPoolCount).toBeGreaterThanOrEqual(texts.length / 2)
})

test('What a handler takes for a message that was inflated in the thread pool counts in that turn', async () => {
  const link = new MemoryLink()
  const noise = randomBytes(100_000)
  const deflated = deflateRawSync(noise, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  let isTurnOfNoise = false
  let countBehind = 0
  let onLast: () => void
  const last = new Promise<void>(resolve => {
    onLast = resolve
  })
  const handler = {
    onMessage(message: string | Buffer) {
      if (message.length === noise.length) {
        clock.nowMs += 5
        isTurnOfNoise = true
        setImmediate(() => {
          isTurnOfNoise = false
        })
      } else if (isTurnOfNoise) {
        countBehind++
      }
      if (message.toString() === 'last') onLast()
    },
    onClose: () => {},
  }
  const connection = new Connection(handler, {
    role: 'server',
    transport: link.server,
    settings: resolveConnectionOptions({ keepalive: false }, 'server'),
    deflate: { incoming: direction, outgoing: direction },
  })
  connection.start()
  const short = Array.from({ length: 20 }, (): RawFrame => ['81 01', 'x'])
  link.client.write(framesTo('server', [rawFrame('c2', deflated), ...short, ['81 04', 'last']]))
  link.client.deliver()
  await last
  // One is read before the first look at the clock.
  expect(countBehind).toBeLessThanOrEqual(1)
  connection.terminate()
})
