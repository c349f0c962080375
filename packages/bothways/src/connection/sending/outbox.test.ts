import { Buffer } from 'node:buffer'
import { Opcode } from '@bothways/protocol'
import { heldMemory } from '@bothways/test-support/held-memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteBudget } from '../byte-budget.ts'
import type { Transport } from '../transports/transport.ts'
import { firstOctet, frame, textFrame } from './frame.ts'
import { Outbox } from './outbox.ts'
import { NotSentError } from './send-outcome.ts'
import { SharedBytes } from './shared-bytes.ts'
import { Turn } from './turn.ts'

const KiB = 1024

/** An operating system that takes what a script says: all at once, or only when {@link finish} is called. */
class StallingTransport implements Transport {
  readonly bytesRead = 0
  bytesWritten = 0
  readonly queues = false
  readonly tellsLater = false
  readonly copiesBorrowed: boolean
  readonly taken: Buffer[] = []
  readonly writes: number[] = []
  /** Whether the next write is taken at once. */
  takes: () => boolean = () => true
  isEnded = false
  isDestroyed = false
  #underWay: { readonly bytes: Uint8Array; readonly asGiven: Buffer } | undefined

  constructor(copiesBorrowed = false) {
    this.copiesBorrowed = copiesBorrowed
  }

  get queuedBytes(): number {
    return this.isDestroyed ? 0 : (this.#underWay?.bytes.length ?? 0)
  }

  get isWriting(): boolean {
    return this.#underWay !== undefined
  }

  start(): void {}
  pause(): void {}
  resume(): void {}

  write(bytes: Uint8Array, isBorrowed: boolean): boolean {
    if (this.#underWay !== undefined) throw new Error('A second write while one is under way.')
    if (this.isEnded || this.isDestroyed) throw new Error('A write behind the end.')
    this.bytesWritten += bytes.length
    this.writes.push(bytes.length)
    if (this.takes()) {
      this.taken.push(Buffer.from(bytes))
      return true
    }
    const kept = isBorrowed && this.copiesBorrowed ? Buffer.from(bytes) : bytes
    this.#underWay = { bytes: kept, asGiven: Buffer.from(bytes) }
    return false
  }

  /** The bytes under way are taken, from where they lie now. */
  finish(outbox: Outbox): void {
    if (this.#underWay === undefined) return
    const { bytes, asGiven } = this.#underWay
    if (!asGiven.equals(bytes)) throw new Error('Memory changed while it was lent.')
    this.taken.push(Buffer.from(bytes))
    this.#underWay = undefined
    outbox.onTaken(bytes.length)
  }

  end(): void {
    this.isEnded = true
  }

  destroy(): void {
    this.isDestroyed = true
  }
}

interface Peer {
  readonly outbox: Outbox
  readonly transport: StallingTransport
  readonly sent: Buffer[]
  rooms: number
}

function connect(turn: Turn, budget?: ByteBudget, transport = new StallingTransport()): Peer {
  const handler = { onRoom: () => void peer.rooms++, onTotalExceeded: () => {} }
  const outbox = new Outbox({ transport, handler, highWaterMarkBytes: 64 * KiB, budget }, turn)
  const peer: Peer = { outbox, transport, sent: [], rooms: 0 }
  return peer
}

const binary = firstOctet(Opcode.Binary)

/** A frame whose bytes tell which it is. */
function frameOf(length: number, seed: number): Buffer {
  return frame(Buffer.alloc(length, seed & 0xff), binary)
}

function send(peer: Peer, length: number, seed: number): void {
  peer.sent.push(frameOf(length, seed))
  peer.outbox.appendFrame(Buffer.alloc(length, seed & 0xff), binary, undefined)
}

function tick(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

const lengths = fc.constantFrom(0, 5, 100, 126, 300, 2_000, 15_000, 16_384, 17_000, 70_000, 200_000)

type Act =
  | {
      readonly act: 'send' | 'encoded' | 'publish' | 'text' | 'later'
      readonly who: number
      readonly length: number
    }
  | { readonly act: 'finish' | 'flush'; readonly who: number }
  | { readonly act: 'end' }

const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: record(['send', 'encoded', 'publish', 'text', 'later']) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom('finish', 'flush'), who: fc.nat(2) }) as fc.Arbitrary<Act>,
  },
  { weight: 3, arbitrary: fc.constant<Act>({ act: 'end' }) },
)

function record(names: readonly ('send' | 'encoded' | 'publish' | 'text' | 'later')[]): fc.Arbitrary<Act> {
  return fc.record({ act: fc.constantFrom(...names), who: fc.nat(2), length: lengths })
}

describe('Frames leave in order, and memory that is lent does not change', () => {
  for (const copiesBorrowed of [false, true]) {
    test(`whatever is taken when; borrowed memory is ${copiesBorrowed ? 'copied' : 'lent'}`, async () => {
      const property = fc.asyncProperty(
        fc.array(acts, { maxLength: 60 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
        async (script, takes) => {
          const turn = new Turn()
          const budget = new ByteBudget(Number.MAX_SAFE_INTEGER)
          const peers = [0, 1, 2].map(() => connect(turn, budget, new StallingTransport(copiesBorrowed)))
          let writeCount = 0
          for (const { transport } of peers) transport.takes = () => takes[writeCount++ % takes.length]!
          let seed = 0
          for (const step of script) {
            seed++
            await perform(step, peers, turn, seed)
            for (const { outbox, sent, transport } of peers) {
              const bytes = Buffer.concat(sent).length - Buffer.concat(transport.taken).length
              expect(outbox.bufferedBytes).toBe(bytes)
            }
          }
          await tick()
          turn.end()
          for (const peer of peers) {
            while (peer.transport.isWriting) peer.transport.finish(peer.outbox)
            expect(Buffer.concat(peer.transport.taken).equals(Buffer.concat(peer.sent))).toBe(true)
            expect(peer.outbox.bufferedBytes).toBe(0)
          }
          expect(budget.usedBytes).toBe(0)
        },
      )
      await fc.assert(property, { seed: 20_261_120, numRuns: 150 })
    })
  }

  async function perform(step: Act, peers: readonly Peer[], turn: Turn, seed: number): Promise<void> {
    if (step.act === 'end') {
      turn.end()
      return
    }
    const peer = peers[step.who]!
    if (step.act === 'flush') peer.outbox.flush()
    else if (step.act === 'finish') peer.transport.finish(peer.outbox)
    else if (step.act === 'send') send(peer, step.length, seed)
    else if (step.act === 'encoded') {
      const made = frameOf(step.length, seed)
      peer.sent.push(made)
      peer.outbox.push(Buffer.from(made))
    } else if (step.act === 'publish') {
      const made = frameOf(step.length, seed)
      const shared = new SharedBytes(made)
      for (const each of peers) {
        each.sent.push(made)
        each.outbox.push(shared)
      }
    } else if (step.act === 'text') {
      const text = 'ä'.repeat(Math.floor(step.length / 8))
      if (peer.outbox.appendText(text, undefined) !== undefined)
        peer.sent.push(frame(Buffer.from(text), firstOctet(Opcode.Text)))
    } else if (step.act === 'later') {
      const made = frameOf(step.length, seed)
      peer.sent.push(made)
      peer.outbox.pushLater(
        made.length,
        tick().then(() => made),
      )
      peer.outbox.push(frameOf(3, seed))
      peer.sent.push(frameOf(3, seed))
      await tick()
      await tick()
    }
  }
})

describe('A peer that does not read', () => {
  function stalled(budget?: ByteBudget): Peer & { readonly turn: Turn } {
    const turn = new Turn()
    const peer = connect(turn, budget)
    peer.transport.takes = () => false
    send(peer, 100, 0)
    turn.end()
    return { ...peer, turn }
  }

  test.each([16, 91, 1_000, 20_000])('holds about what is counted, for messages of %i bytes', length => {
    const budget = new ByteBudget(Number.MAX_SAFE_INTEGER)
    const peer = stalled(budget)
    for (let count = 0; count < 500; count++) {
      send(peer, length, count)
      peer.turn.end()
    }
    const counted = peer.outbox.bufferedBytes
    expect(counted).toBe(Buffer.concat(peer.sent).length)
    expect(budget.usedBytes).toBeGreaterThan(counted * 0.9)
    expect(budget.usedBytes).toBeLessThan(2 * counted)
  })

  test('shares what others wait for, too: it is counted once', () => {
    const budget = new ByteBudget(Number.MAX_SAFE_INTEGER)
    const turn = new Turn()
    const peers = Array.from({ length: 100 }, () => connect(turn, budget))
    for (const peer of peers) peer.transport.takes = () => false
    for (let count = 0; count < 50; count++) {
      const shared = new SharedBytes(frameOf(1_000, count))
      for (const peer of peers) peer.outbox.push(shared)
      turn.end()
    }
    expect(peers[0]?.outbox.bufferedBytes).toBe(50 * 1_004)
    expect(budget.usedBytes).toBeLessThan(50 * 1_004 + 100 * 50 * 32)
    for (const peer of peers) peer.outbox.cut()
    expect(budget.usedBytes).toBe(0)
  })

  test('does not keep the blocks of the turns in which it was sent something', async () => {
    const before = await heldMemory()
    const turn = new Turn()
    const busy = connect(turn)
    busy.transport.write = () => true
    const line = Buffer.alloc(12_000)
    const slow: Peer[] = []
    for (let count = 0; count < 200; count++) {
      const peer = connect(turn)
      peer.transport.takes = () => false
      slow.push(peer)
      send(peer, 20, count)
      // The block is used up beside it.
      for (let more = 0; more < 12; more++) busy.outbox.appendFrame(line, binary, undefined)
      turn.end()
    }
    // 200 blocks would be 25 MiB.
    expect((await heldMemory()) - before).toBeLessThan(4 * KiB * KiB)
    for (const { transport, outbox, sent } of slow) {
      transport.finish(outbox)
      expect(Buffer.concat(transport.taken)).toEqual(Buffer.concat(sent))
    }
  })

  test('gets long frames joined to nothing, and short ones in pieces of 64 KiB when it reads again', () => {
    const peer = stalled()
    for (let count = 0; count < 3_000; count++) send(peer, 60, count)
    peer.turn.end()
    peer.transport.takes = () => true
    peer.transport.finish(peer.outbox)
    expect(Buffer.concat(peer.transport.taken).equals(Buffer.concat(peer.sent))).toBe(true)
    expect(peer.transport.writes.length).toBeLessThan(12)
    expect(peer.outbox.bufferedBytes).toBe(0)
  })

  test('is told of room once, and later than the call', async () => {
    const peer = stalled()
    send(peer, 70_000, 1)
    peer.outbox.oweRoom()
    expect(peer.outbox.hasRoom).toBe(false)
    peer.transport.takes = () => true
    peer.transport.finish(peer.outbox)
    await tick()
    expect(peer.outbox.hasRoom).toBe(true)
  })

  test('FIN goes out behind everything', () => {
    const peer = stalled()
    send(peer, 200_000, 1)
    peer.outbox.end()
    expect(peer.transport.isEnded).toBe(false)
    peer.transport.takes = () => true
    peer.transport.finish(peer.outbox)
    expect([peer.transport.isEnded, Buffer.concat(peer.transport.taken).length]).toEqual([
      true,
      Buffer.concat(peer.sent).length,
    ])
  })

  test('Callbacks come as their bytes are taken, and an error only for what was not', async () => {
    const peer = stalled()
    const log: string[] = []
    const note = (name: string) => (error?: Error) =>
      void log.push(error instanceof NotSentError ? `${name} not` : name)
    peer.outbox.whenTaken(note('first'))
    for (const name of ['second', 'third']) {
      send(peer, 70_000, 1)
      peer.outbox.whenTaken(note(name))
    }
    await tick()
    expect(log).toEqual([])
    peer.transport.finish(peer.outbox)
    await tick()
    expect(log).toEqual(['first'])
    peer.transport.finish(peer.outbox)
    await tick()
    expect(log).toEqual(['first'])
    peer.transport.finish(peer.outbox)
    await tick()
    expect(log).toEqual(['first', 'second'])
    peer.outbox.cut()
    peer.outbox.cut()
    peer.outbox.abandon(undefined)
    await tick()
    expect(log).toEqual(['first', 'second', 'third not'])
  })
})

test('Joined bytes are joined once for all who have the same to send', () => {
  const turn = new Turn()
  const peers = Array.from({ length: 10 }, () => connect(turn))
  peers[3]!.transport.takes = () => false
  for (let count = 0; count < 3; count++) {
    const shared = new SharedBytes(frameOf(300, count))
    for (const peer of peers) {
      peer.sent.push(Buffer.from(shared.bytes))
      peer.outbox.push(shared)
    }
  }
  turn.end()
  for (const peer of peers) {
    expect(peer.transport.writes).toEqual([3 * 304])
    peer.transport.finish(peer.outbox)
    expect(Buffer.concat(peer.transport.taken).equals(Buffer.concat(peer.sent))).toBe(true)
  }
})

test('A turn ends early at 262,144 shared pieces, so that what is ready to be written has a bound', async () => {
  const turn = new Turn()
  let pieceCount = 0
  let endCount = 0
  const writer = { addPiece: () => void pieceCount++, onTurnEnd: () => void endCount++ }
  const shared = new SharedBytes(new Uint8Array(100))
  turn.join(writer)
  while (pieceCount < 256 * 1024) turn.addShared(writer, shared)
  expect(endCount).toBe(0)
  turn.addShared(writer, shared)
  expect(endCount).toBe(1)
  await new Promise(resolve => setImmediate(resolve))
  expect(endCount).toBe(1)
})

describe('What a loop sends to very many in one turn', () => {
  /** So many messages of 64 bytes for each, one round after the other. */
  function sendRounds(turn: Turn, peers: readonly Peer[], count: number): void {
    for (let round = 0; round < count; round++) {
      for (const [at, peer] of peers.entries()) send(peer, 64, round * 7 + at)
    }
    turn.end()
  }

  test('goes out as one write for each, though it is more than one block has room for', () => {
    const turn = new Turn()
    const peers = Array.from({ length: 1_000 }, () => connect(turn))
    sendRounds(turn, peers, 8)
    for (const { transport, sent } of peers) {
      expect(transport.writes).toEqual([8 * 66])
      expect(Buffer.concat(transport.taken).equals(Buffer.concat(sent))).toBe(true)
    }
  })

  test('is at most 1 MiB before it is written', () => {
    const turn = new Turn()
    const peers = Array.from({ length: 2_000 }, () => connect(turn))
    sendRounds(turn, peers, 20)
    for (const { transport, sent } of peers) {
      expect(Math.max(...transport.writes)).toBeLessThanOrEqual(Math.ceil((KiB * KiB) / 2_000 / 66) * 66)
      expect(Buffer.concat(transport.taken).equals(Buffer.concat(sent))).toBe(true)
    }
  })

  test('does not change under a write of a part of it that has not been taken', () => {
    const turn = new Turn()
    const slow = connect(turn)
    slow.transport.takes = () => false
    const peers = Array.from({ length: 1_000 }, () => connect(turn))
    for (let turns = 0; turns < 4; turns++) {
      if (!slow.transport.isWriting) send(slow, 64, turns)
      sendRounds(turn, peers, 8)
    }
    // It compares what it took with what it was given.
    slow.transport.finish(slow.outbox)
    expect(Buffer.concat(slow.transport.taken)).toEqual(Buffer.concat(slow.sent))
    sendRounds(turn, peers, 8)
    for (const { transport, sent } of peers) {
      expect(Buffer.concat(transport.taken).equals(Buffer.concat(sent))).toBe(true)
    }
  })
})

describe('What is sent while others write', () => {
  /** Outboxes of one turn; the writing of one may send by another, as a stream of the program can. */
  function stage(count: number) {
    const turn = new Turn()
    const transports = Array.from({ length: count }, () => new StallingTransport())
    const outboxes = transports.map(
      transport =>
        new Outbox(
          {
            transport,
            handler: { onRoom() {}, onTotalExceeded() {} },
            highWaterMarkBytes: 1024 * KiB,
            budget: undefined,
          },
          turn,
        ),
    )
    const received = (at: number): string => Buffer.concat(transports[at]?.taken ?? []).toString('latin1')
    const send = (at: number, text: string): void =>
      outboxes[at]?.appendFrame(Buffer.from(text), textFrame, undefined)
    return { transports, received, send }
  }
  const framed = (text: string): string => frame(Buffer.from(text), textFrame).toString('latin1')

  test('goes out in the next turn, as it was', async () => {
    const { transports, received, send } = stage(3)
    Object.assign(transports[0] as object, {
      takes: () => {
        send(1, 'from the writing of the first')
        return true
      },
    })
    send(0, 'first')
    await new Promise(setImmediate)
    // Any frame that goes through the memory of the turn now.
    send(2, 'x'.repeat(10_000))
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(received(1)).toBe(framed('from the writing of the first'))
    expect(received(2)).toContain('x'.repeat(10_000))
  })

  test('spoils nothing of those that are still to write, also when it is more than there is room for', async () => {
    const { transports, received, send } = stage(3)
    const chunk = (at: number): string => String.fromCharCode(97 + at).repeat(15_000)
    let isFirst = true
    Object.assign(transports[0] as object, {
      takes: () => {
        if (!isFirst) return true
        isFirst = false
        for (let at = 0; at < 12; at++) send(1, chunk(at))
        return true
      },
    })
    send(0, 'first')
    send(2, 'third')
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(received(2)).toBe(framed('third'))
    expect(received(1)).toBe(Array.from({ length: 12 }, (_, at) => framed(chunk(at))).join(''))
  })
})
