import { Buffer } from 'node:buffer'
import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteBudget } from '../connection/byte-budget.ts'
import { Connection } from '../connection/connection.ts'
import { type ConnectionOptions, resolveConnectionOptions } from '../connection/options.ts'
import { FanOut } from '../connection/sending/fan-out.ts'
import { Publication } from '../connection/sending/publication.ts'
import { turnOfProcess } from '../connection/sending/turn.ts'
import type { Transport, TransportHandler } from '../connection/transports/transport.ts'
import { Topics } from './plain-topics/topics.ts'

/** An operating system that takes all, or nothing until {@link finish}. */
class ScriptedTransport implements Transport {
  readonly bytesRead = 0
  readonly bytesWritten = 0
  readonly queues = false
  readonly tellsLater = false
  readonly copiesBorrowed = false
  readonly taken: Buffer[] = []
  takes = true
  isEnded = false
  isDestroyed = false
  #underWay: Uint8Array | undefined
  #handler: TransportHandler | undefined

  get queuedBytes(): number {
    return this.isDestroyed ? 0 : (this.#underWay?.length ?? 0)
  }

  start(handler: TransportHandler): void {
    this.#handler = handler
  }

  pause(): void {}
  resume(): void {}

  write(bytes: Uint8Array): boolean {
    if (this.isEnded || this.isDestroyed) return false
    if (this.#underWay !== undefined) throw new Error('A second write while one is under way.')
    if (this.takes) this.taken.push(Buffer.from(bytes))
    else this.#underWay = bytes
    return this.takes
  }

  /** Takes the write that is under way, and all that come. */
  finish(): void {
    this.takes = true
    const bytes = this.#underWay
    if (bytes === undefined || this.isDestroyed) return
    this.taken.push(Buffer.from(bytes))
    this.#underWay = undefined
    this.#handler?.onTaken(bytes.length)
  }

  end(): void {
    this.isEnded = true
  }

  destroy(): void {
    this.isDestroyed = true
  }
}

interface WorldOptions extends ConnectionOptions {
  readonly isTogether?: boolean
  readonly deflate?: { readonly noContextTakeover: boolean; readonly windowBits: number }
  readonly budget?: ByteBudget
}

/** Server connections that subscribe to topics; `isTogether`: publishes of a turn are kept once for all. */
function world(count: number, { isTogether = true, deflate, budget, ...options }: WorldOptions = {}) {
  const counted = { messages: 0, bytes: 0 }
  const onSent = (sinks: number, bytes: number): void => {
    counted.messages += sinks
    counted.bytes += sinks * bytes
  }
  const topics = isTogether
    ? new Topics<Publication>(size => new FanOut(size, onSent))
    : new Topics<Publication>()
  const settings = resolveConnectionOptions(options, 'server')
  const members = Array.from({ length: count }, () => {
    const transport = new ScriptedTransport()
    const handler = { onMessage() {}, onClose() {} }
    const connection = new Connection(handler, {
      role: 'server',
      transport,
      settings,
      ...(deflate && { deflate: { outgoing: deflate, incoming: deflate } }),
      ...(budget && { outgoingBudget: budget }),
    })
    connection.start()
    return { transport, connection }
  })
  const bytesOf = (index: number): string =>
    Buffer.concat(members[index]?.transport.taken ?? []).toString('latin1')
  return { topics, members, counted, bytesOf }
}

type World = ReturnType<typeof world>

const endTurn = (): void => turnOfProcess().end()
const text = (length: number, seed: number): string => String.fromCharCode(97 + (seed % 26)).repeat(length)
const count = 8

/** The steps of a script, taken in one world as in another; their results are compared. */
const steps = {
  publish: ({ topics }: World, index: number, size: number) =>
    topics.publish('a', new Publication(text(size, index))),
  publishElsewhere: ({ topics }: World, index: number, size: number) =>
    topics.publish('b', new Publication(text(size, index))),
  publishToOthers: ({ topics, members }: World, index: number, size: number) =>
    topics.publish('a', new Publication(text(size, index)), members[index]!.connection),
  publishToSome: ({ topics, members }: World, index: number, size: number) =>
    topics.publish(
      'a',
      new Publication(text(size, index)),
      new Set([members[index]!.connection, members[0]!.connection]),
    ),
  send: ({ members }: World, index: number, size: number) =>
    members[index]!.connection.send(text(size, index + 1)),
  sendBytes: ({ members }: World, index: number, size: number) =>
    members[index]!.connection.send(Buffer.from(text(size, index + 2))),
  ping: ({ members }: World, index: number) => void members[index]!.connection.ping(Buffer.from('p')),
  flush: ({ members }: World, index: number) => members[index]!.connection.flush(),
  close: ({ members }: World, index: number) => members[index]!.connection.close(1000),
  terminate: ({ members }: World, index: number) => members[index]!.connection.terminate(),
  subscribe: ({ topics, members }: World, index: number) => topics.subscribe('a', members[index]!.connection),
  unsubscribe: ({ topics, members }: World, index: number) =>
    topics.unsubscribe('a', members[index]!.connection),
  stall: ({ members }: World, index: number) => {
    members[index]!.transport.takes = false
  },
  finish: ({ members }: World, index: number) => members[index]!.transport.finish(),
  endTurn: () => endTurn(),
} as const

const step = fc.record({
  // Mostly publishes, so that there is something to go along with.
  name: fc.oneof(
    { weight: 2, arbitrary: fc.constant('publish' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[])) },
  ),
  index: fc.nat(count - 1),
  size: fc.constantFrom(0, 5, 126, 300, 2_000),
})

describe('What is published in one turn is kept once for all, and', () => {
  for (const deflate of [undefined, { noContextTakeover: true, windowBits: 12 }]) {
    const how = deflate === undefined ? '' : ', compressed'
    test(`each gets the same bytes as if it were sent to each${how}`, () => {
      checkLaw(
        fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), script => {
          const worlds = [true, false].map(isTogether => {
            const it = world(count, {
              isTogether,
              ...(deflate && { deflate, compression: { thresholdBytes: 200 } }),
            })
            for (const [index, { connection }] of it.members.entries()) {
              it.topics.subscribe('a', connection)
              if (index % 2 === 0) it.topics.subscribe('b', connection)
            }
            return it
          })
          const [together, apart] = worlds as [World, World]
          for (const { name, index, size } of script) {
            const results = worlds.map(it => steps[name](it, index, size))
            expect(results[0]).toEqual(results[1])
            const waiting = worlds.map(it => it.members.map(({ connection }) => connection.bufferedAmount))
            expect(waiting[0]).toEqual(waiting[1])
          }
          for (const { members } of worlds) for (const { transport } of members) transport.finish()
          endTurn()
          for (const { members } of worlds) for (const { transport } of members) transport.finish()
          for (let index = 0; index < count; index++)
            expect(together.bytesOf(index)).toBe(apart.bytesOf(index))
        }),
      )
    })
  }

  test('a further message costs nothing for each: all have it, counted, in one write', () => {
    const { topics, members, counted, bytesOf } = world(100)
    let askedCount = 0
    for (const { connection } of members) {
      const sendShared = connection.sendShared.bind(connection)
      topics.subscribe('a', {
        sendShared(message, fanOut) {
          askedCount++
          return sendShared(message, fanOut)
        },
      })
    }
    for (let n = 0; n < 10; n++) expect(topics.publish('a', new Publication('four'))).toBe(100)
    expect(askedCount).toBe(100)
    expect(counted).toEqual({ messages: 900, bytes: 3_600 })
    endTurn()
    for (const [index, { transport }] of members.entries()) {
      expect(bytesOf(index)).toBe('\x81\x04four'.repeat(10))
      expect(transport.taken.length).toBe(1)
    }
  })

  test('who has something else to send, or does not get one of them, goes by itself from there on', () => {
    const { topics, members, bytesOf } = world(10)
    for (const { connection } of members) topics.subscribe('a', connection)
    topics.publish('a', new Publication('1'))
    members[3]!.connection.send('own')
    expect(topics.publish('a', new Publication('2'), members[5]!.connection)).toBe(9)
    expect(topics.publish('a', new Publication('3'))).toBe(10)
    endTurn()
    const all = '\x81\x011\x81\x012\x81\x013'
    for (let index = 0; index < 10; index++) {
      const expected =
        index === 3 ? '\x81\x011\x81\x03own\x81\x012\x81\x013' : index === 5 ? '\x81\x011\x81\x013' : all
      expect(bytesOf(index)).toBe(expected)
    }
  })

  test('listeners among them come, go and publish in the midst of it as ever', () => {
    const heard = [true, false].map(isTogether => {
      const { topics, members, bytesOf } = world(count, { isTogether })
      const log: string[] = []
      const listener = (name: string, act: (message: string) => void = () => {}) => ({
        sendShared({ data }: Publication) {
          log.push(`${name} ${data}`)
          act(data as string)
          return 'sent' as const
        },
      })
      const late = listener('late')
      const second = listener('second')
      const first = listener('first', message => {
        if (message === '3') topics.unsubscribe('a', second)
        if (message === '4') topics.subscribe('a', late)
        if (message === '5') log.push(`inner to ${topics.publish('a', new Publication('inner'))}`)
        if (message === '6') members[0]!.connection.send('own')
      })
      for (const { connection } of members) topics.subscribe('a', connection)
      topics.subscribe('a', first)
      topics.subscribe('a', second)
      for (let n = 1; n < 9; n++) log.push(`${n} to ${topics.publish('a', new Publication(`${n}`))}`)
      endTurn()
      return [log, members.map((_, index) => bytesOf(index))]
    })
    expect(heard[0]).toEqual(heard[1])
  })

  test('at 64 KiB, or the high-water mark, it goes out before the turn ends', () => {
    for (const [highWaterMarkBytes, limitBytes] of [
      [1024 * 1024, 64 * 1024],
      [10_000, 10_000],
    ] as const) {
      const { topics, members } = world(10, { highWaterMarkBytes })
      for (const { connection } of members) topics.subscribe('a', connection)
      let most = 0
      for (let n = 0; n < 200; n++) {
        expect(topics.publish('a', new Publication(text(1_000, n)))).toBe(10)
        for (const { connection } of members) most = Math.max(most, connection.bufferedAmount)
      }
      expect(most).toBeLessThanOrEqual(limitBytes)
      endTurn()
    }
  })

  test('nobody goes along whose peer does not read, nor while too much waits for all together', () => {
    const budget = new ByteBudget(100_000)
    const { topics, members } = world(10, { budget, whenBufferFull: 'drop' })
    for (const { connection } of members) topics.subscribe('a', connection)
    members[0]!.transport.takes = false
    for (let n = 0; n < 120; n++) {
      topics.publish('a', new Publication(text(1_000, n)))
      endTurn()
    }
    expect(budget.isExceeded).toBe(true)
    expect(members[0]!.connection.bufferedAmount).toBeLessThan(110_000)
    expect(topics.publish('a', new Publication('full'))).toBe(9)
    expect(topics.publish('a', new Publication('full'))).toBe(9)
    members[0]!.transport.finish()
    endTurn()
    expect(topics.publish('a', new Publication('free'))).toBe(10)
    endTurn()
  })

  test('a turn ends early at 262,144 shared pieces, also of those who take what came so far along', () => {
    const { topics, members } = world(40)
    for (const { connection } of members) topics.subscribe('a', connection)
    for (let n = 0; n < 10_000; n++) topics.publish('a', new Publication('x'))
    for (const { connection } of members) connection.send('own')
    // 26 of them with 10,000 pieces each are too many.
    expect(members.filter(({ transport }) => transport.taken.length > 0).length).toBeGreaterThan(20)
    endTurn()
  })
})
