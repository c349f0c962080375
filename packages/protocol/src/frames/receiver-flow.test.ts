import { type ReceivedMessage, Receiver, type ReceiverOptions } from '@bothways/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, hex, octets, split, utf8 } from '../../../../test/support/bytes.ts'
import { checkLaw, cuts } from '../../../../test/support/law.ts'
import { framesTo, type RawFrame } from '../../../../test/support/raw-frame.ts'
import { type ReceiverEvent, ReceiverLog, receive } from '../../../../test/support/receiver-log.ts'

const options: ReceiverOptions = { role: 'client', maxMessageBytes: 1024 * 1024 }

const mixed: readonly RawFrame[] = [
  ['81 01', 'a'],
  ['01 02', 'bc'],
  ['89 01', 'd'],
  ['00 00'],
  ['8a 00'],
  ['80 02', 'ef'],
  ['82 7e 0080', new Uint8Array(128)],
  ['81 00'],
  ['88 05', concat([hex('03e8'), utf8('end')])],
  ['89 00'],
]

/** Calls `react` after each event, as a program would from its handlers. */
class ReactingLog extends ReceiverLog {
  readonly #react: (eventCount: number) => void

  constructor(react: (eventCount: number) => void) {
    super()
    this.#react = react
  }

  override onMessage(message: ReceivedMessage): void {
    super.onMessage(message)
    this.#react(this.events.length)
  }

  override onPing(payload: Uint8Array): void {
    super.onPing(payload)
    this.#react(this.events.length)
  }

  override onPong(payload: Uint8Array): void {
    super.onPong(payload)
    this.#react(this.events.length)
  }
}

test('A receiver paused by its handler delivers nothing more until it is resumed, and then all of it', () => {
  const log = new ReactingLog(() => receiver.pause())
  const receiver = new Receiver(log, options)
  const bytes = framesTo('client', mixed)
  receiver.push(bytes.slice())
  for (let count = 1; count <= 7; count++) {
    expect(log.events).toHaveLength(count)
    receiver.resume()
  }
  expect(log.events).toEqual(receive([bytes], options))
})

test('Pausing and resuming at any point, also inside handlers, loses and reorders nothing', () => {
  const bytes = framesTo('server', mixed)
  const serverOptions = { ...options, role: 'server' } as const
  const expected = receive([bytes.slice()], serverOptions)
  const steps = fc.array(fc.constantFrom('pause', 'resume', 'both', 'none'), { minLength: 1 })
  checkLaw(
    fc.property(cuts(bytes.length), steps, steps, (at, inside, outside) => {
      const act = (step: string | undefined): void => {
        if (step === 'pause' || step === 'both') receiver.pause()
        if (step === 'resume' || step === 'both') receiver.resume()
      }
      const log = new ReactingLog(count => act(inside[count % inside.length]))
      const receiver = new Receiver(log, serverOptions)
      for (const [index, chunk] of split(bytes, at).entries()) {
        receiver.push(chunk)
        act(outside[index % outside.length])
      }
      for (let count = 0; count <= expected.length; count++) receiver.resume()
      expect(log.events).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('A chunk pushed from inside a handler is read after the one at hand, without another push', () => {
  const first = framesTo('client', [
    ['81 01', '1'],
    ['81 01', '2'],
  ])
  const second = framesTo('client', [['81 01', '3']])
  const log = new ReactingLog(count => {
    if (count === 1) receiver.push(second)
  })
  const receiver = new Receiver(log, options)
  receiver.push(first)
  expect(log.events).toEqual([
    ['text', '1'],
    ['text', '2'],
    ['text', '3'],
  ])
})

test('A receiver stopped by its handler delivers nothing more, however it is fed', () => {
  const log = new ReactingLog(() => receiver.stop())
  const receiver = new Receiver(log, options)
  receiver.push(framesTo('client', mixed))
  receiver.push(framesTo('client', mixed))
  receiver.resume()
  expect(receiver.isDone).toBe(true)
  expect(log.events).toEqual([['text', 'a']])
})

test('A receiver stopped while paused has forgotten what waited', () => {
  const log = new ReceiverLog()
  const receiver = new Receiver(log, options)
  receiver.pause()
  receiver.push(framesTo('client', mixed))
  receiver.stop()
  receiver.resume()
  expect(log.events).toEqual([])
})

test('A receiver is done after a close frame and after a violation, and not before', () => {
  for (const last of [['88 00'], ['83 00']] as RawFrame[]) {
    const receiver = new Receiver(new ReceiverLog(), options)
    receiver.push(framesTo('client', [['81 01', 'a']]))
    expect(receiver.isDone).toBe(false)
    receiver.push(framesTo('client', [last]))
    expect(receiver.isDone).toBe(true)
  }
})

test('The payload of a message within one chunk is a view into that chunk, unmasked in place', () => {
  const chunk = framesTo('server', [['82 03', hex('01 02 03')]])
  let delivered: Uint8Array | undefined
  const receiver = new Receiver(
    Object.assign(new ReceiverLog(), {
      onMessage: (message: ReceivedMessage) => (delivered = message.bytes()),
    }),
    { ...options, role: 'server' },
  )
  receiver.push(chunk)
  expect(delivered?.buffer).toBe(chunk.buffer)
  expect(chunk.subarray(6)).toEqual(hex('01 02 03'))
})

test('Payloads that were delivered stay as they are while later messages come', () => {
  const kept: Uint8Array[] = []
  const receiver = new Receiver(
    Object.assign(new ReceiverLog(), { onMessage: (message: ReceivedMessage) => kept.push(message.bytes()) }),
    options,
  )
  const frames = ['one', 'two', 'six'].flatMap((text): RawFrame[] => [
    ['01 01', text.slice(0, 1)],
    ['80 02', text.slice(1)],
  ])
  for (const chunk of octets(framesTo('client', frames))) receiver.push(chunk)
  expect(kept.map(payload => new TextDecoder().decode(payload))).toEqual(['one', 'two', 'six'])
})

test('Headers that announce 16 MiB take no memory, for one frame or for many fragments', () => {
  const limit = 16 * 1024 * 1024
  const wide = { ...options, maxMessageBytes: limit }
  const before = process.memoryUsage().arrayBuffers
  const receivers = [hex('82 7f 0000000001000000 61'), hex('02 01 61 80 7f 0000000000ffffff 62')].flatMap(
    bytes =>
      Array.from({ length: 50 }, () => {
        const log = new ReceiverLog()
        const receiver = new Receiver(log, wide)
        receiver.push(bytes.slice())
        expect(log.events).toEqual([])
        return receiver
      }),
  )
  // 100 receivers of one or two bytes each: at most one smallest buffer of 4 KiB each, and room for the test itself.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 4096 + 1024 * 1024)
  expect(receivers).toHaveLength(100)
})

test('A message in many one-byte fragments takes time in proportion to its length', () => {
  const fragments = 200_000
  const head = framesTo('client', [['02 01', 'a']])
  const middle = concat(Array.from({ length: fragments }, () => hex('00 01 61')))
  const events: ReceiverEvent[] = []
  const log = Object.assign(new ReceiverLog(), {
    onMessage: (message: ReceivedMessage) => events.push(['binary', String(message.byteLength)]),
  })
  const receiver = new Receiver(log, options)
  const start = performance.now()
  receiver.push(head)
  receiver.push(middle)
  receiver.push(hex('80 00'))
  expect(events).toEqual([['binary', String(fragments + 1)]])
  // Copying what is there for each fragment would move 20 GB: seconds. In proportion it is some 10 ms.
  expect(performance.now() - start).toBeLessThan(1_000)
})
