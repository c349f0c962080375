import {
  createReadMemory,
  type ReceivedFrame,
  type ReceivedMessage,
  Receiver,
  type ReceiverOptions,
} from '@bothways/protocol'
import { concat, hex, octets, split, toHex, utf8 } from '@bothways/test-support/bytes'
import { checkLaw, cuts } from '@bothways/test-support/law'
import { framesTo, type RawFrame } from '@bothways/test-support/raw-frame'
import { type ReceiverEvent, ReceiverLog, receive } from '@bothways/test-support/receiver-log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

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

test('Receivers amid frames and messages do not disturb each other, also when one is fed by the handler of another', () => {
  const bytes = framesTo('client', mixed)
  const expected = receive([bytes.slice()], options)
  const logs = [new ReceiverLog(), new ReceiverLog()]
  const inner = logs.map(log => new Receiver(log, options))
  const log = new ReactingLog(() => {
    for (const receiver of inner) receiver.push(bytes.slice(at, at + 1))
    at++
  })
  let at = 0
  const outer = new Receiver(log, options)
  for (const byte of bytes) outer.push(Uint8Array.of(byte))
  for (; at < bytes.length; at++) for (const receiver of inner) receiver.push(bytes.slice(at, at + 1))
  expect(log.events).toEqual(expected)
  for (const { events } of logs) expect(events).toEqual(expected)
})

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

/** Is asked how much may be read, and answers what is due; 0 pauses. */
class PacedLog extends ReceiverLog {
  readonly asked: number[] = []
  readonly #answers: readonly number[]
  readonly #onPause: () => void

  constructor(answers: readonly number[], onPause: () => void) {
    super()
    this.#answers = answers
    this.#onPause = onPause
  }

  allowWork(lastAllowed: number): number {
    const answer = this.#answers[this.asked.length % this.#answers.length] ?? 0
    this.asked.push(lastAllowed)
    if (answer === 0) this.#onPause()
    return answer
  }
}

test('A receiver whose handler allows a little at a time, or nothing for now, loses and reorders nothing', () => {
  const bytes = framesTo('server', mixed)
  const serverOptions = { ...options, role: 'server' } as const
  const expected = receive([bytes.slice()], serverOptions)
  const answers = fc.array(fc.constantFrom(0, 1, 64, 65, 100, 1_000), { minLength: 1 })
  checkLaw(
    fc.property(cuts(bytes.length), answers, fc.boolean(), (at, answered, isBorrowed) => {
      const memory = createReadMemory(bytes.length)
      let isPaused = false
      const log = new PacedLog([...answered, 1], () => {
        isPaused = true
        receiver.pause()
      })
      const receiver = new Receiver(log, serverOptions)
      const goOn = (): void => {
        while (isPaused) {
          isPaused = false
          receiver.resume()
        }
      }
      for (const chunk of split(bytes.slice(), at)) {
        if (isBorrowed) {
          memory.bytes.set(chunk)
          receiver.read(memory, chunk.length)
          memory.bytes.fill(0xee)
        } else {
          receiver.push(chunk)
        }
        goOn()
      }
      goOn()
      expect(log.events).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

const floods: readonly (readonly [string, RawFrame])[] = [
  ['messages of one byte', ['81 01', 'a']],
  ['empty messages', ['82 00']],
  ['pings', ['89 00']],
  ['pongs', ['8a 01', 'a']],
  ['empty fragments', ['00 00']],
  ['fragments of one byte', ['00 01', 'a']],
]

test.each(floods)('It asks between any two frames: %s', (_, frame) => {
  let isPaused = false
  const log = new PacedLog([0, 1], () => {
    isPaused = true
    receiver.pause()
  })
  const receiver = new Receiver(log, options)
  receiver.push(framesTo('client', [['01 00']]))
  const isContinued = frame[0].startsWith('00')
  if (!isContinued) receiver.push(framesTo('client', [['80 00']]))
  const before = log.asked.length
  receiver.push(concat(Array.from({ length: 1_000 }, () => framesTo('client', [frame]))))
  let turns = 1
  while (isPaused) {
    isPaused = false
    receiver.resume()
    turns++
  }
  // One frame at a time, and every second answer is to wait.
  expect(turns).toBeGreaterThan(480)
  expect(log.asked.length - before).toBeGreaterThan(turns)
})

test('Work that its bytes do not show is charged', () => {
  const log: PacedLog & { onMessage(message: ReceivedMessage): void } = Object.assign(
    new PacedLog([1_000_000], () => {}),
    {
      onMessage: () => receiver.charge(2_000_000),
    },
  )
  const receiver = new Receiver(log, options)
  receiver.push(
    framesTo('client', [
      ['81 01', 'a'],
      ['81 01', 'b'],
      ['81 01', 'c'],
    ]),
  )
  expect(log.asked).toEqual([1, 1_000_000, 1_000_000])
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

function giveAway({ buffer }: Uint8Array): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
}

/** How the same message may come: whole or in pieces, in chunks or in memory that is used again. */
const arrivals: readonly (readonly [string, (receiver: Receiver, bytes: Uint8Array<ArrayBuffer>) => void])[] =
  [
    ['in one chunk', (receiver, bytes) => receiver.push(bytes)],
    ['byte by byte', (receiver, bytes) => octets(bytes).forEach(octet => void receiver.push(octet))],
    [
      'in borrowed memory',
      (receiver, bytes) => {
        const memory = createReadMemory(bytes.length)
        memory.bytes.set(bytes)
        receiver.read(memory, bytes.length)
      },
    ],
  ]

describe.each(arrivals)('What comes %s', (_, arrive) => {
  const lengths = [0, 1, 3, 64, 65, 125, 126, 4_095, 4_096, 4_097, 70_000]
  const frameOf = (first: number, payload: Uint8Array): Uint8Array<ArrayBuffer> => {
    const { length } = payload
    const rest = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : undefined
    const header = rest ?? [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]
    return concat([Uint8Array.of(first, ...header), payload])
  }

  test.each(lengths)("is the handler's own: %i bytes are all that lies in their memory", length => {
    const given: Uint8Array[] = []
    const take = (payload: Uint8Array): void => void given.push(payload)
    const handler = Object.assign(new ReceiverLog(), {
      onMessage: (message: ReceivedMessage) => take(message.bytes()),
      onFrame: ({ payload }: ReceivedFrame) => take(payload),
      onPing: take,
      onPong: take,
    })
    const payload = Uint8Array.from({ length }, (_, at) => at)
    const opening = frameOf(0x02, payload.subarray(0, length >> 1))
    const fragmented = concat([opening, frameOf(0x80, payload.subarray(length >> 1))])
    const controls = length <= 125 ? [frameOf(0x89, payload), frameOf(0x8a, payload)] : []
    const bytes = concat([frameOf(0x82, payload), ...controls, fragmented, frameOf(0x82, payload)])
    arrive(new Receiver(handler, options), bytes.slice())
    arrive(new Receiver(handler, { ...options, delivers: 'frames' }), bytes.slice())
    expect(given.length).toBe(7 + 2 * controls.length)
    const others = given.map(toHex)
    for (const one of given) {
      expect(one.buffer.byteLength).toBe(one.length)
      expect(toHex(one)).toBe(others.shift())
      giveAway(one)
    }
  })
})

test('A handler that gives its payloads away leaves those that wait as they were', () => {
  const came: string[] = []
  const receiver: Receiver = new Receiver(
    Object.assign(new ReceiverLog(), {
      onMessage: (message: ReceivedMessage) => {
        const payload = message.bytes()
        came.push(toHex(payload))
        giveAway(payload)
        receiver.pause()
      },
    }),
    options,
  )
  const memory = createReadMemory(65_536)
  const frames = framesTo('client', [
    ['82 01', 'a'],
    ['82 00', ''],
    ['82 02', 'bc'],
  ])
  memory.bytes.set(frames)
  receiver.read(memory, frames.length)
  memory.bytes.fill(0xff)
  receiver.resume()
  receiver.resume()
  expect(came).toEqual(['61', '', '6263'])
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
