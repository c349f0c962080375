import { expect, test } from 'vitest'
import { FairTime, type TurnMember } from './fair-time.ts'

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** Time that passes only where a test lets it. */
class Clock {
  nowMs = 0
}

function setUp() {
  const clock = new Clock()
  return { clock, time: new FairTime(() => clock.nowMs) }
}

/** Does pieces of work of the same length as long as it may, and waits for its next turn. */
class Worker implements TurnMember {
  readonly #time: FairTime
  readonly #clock: Clock
  readonly #pieceMs: number
  readonly #name: string
  readonly #log: string[]
  piecesLeft: number

  constructor(
    { time, clock }: ReturnType<typeof setUp>,
    name: string,
    piecesLeft: number,
    pieceMs: number,
    log: string[],
  ) {
    this.#time = time
    this.#clock = clock
    this.#name = name
    this.piecesLeft = piecesLeft
    this.#pieceMs = pieceMs
    this.#log = log
  }

  onTurn(): void {
    this.#time.begin(this)
    this.#log.push(this.#name)
    while (this.piecesLeft > 0) {
      if (this.#time.goOn(this, 1) === 0) {
        this.#time.wait(this)
        return
      }
      this.piecesLeft--
      this.#clock.nowMs += this.#pieceMs
    }
  }
}

test('A member that has used its share waits for a later turn, and goes on there until all is done', async () => {
  const world = setUp()
  const log: string[] = []
  const worker = new Worker(world, 'a', 10, 0.25, log)
  worker.onTurn()
  expect(worker.piecesLeft).toBe(8)
  // The turn that it began in ends: not yet its turn again.
  await turn()
  expect(worker.piecesLeft).toBe(8)
  for (let left = 6; left >= 0; left -= 2) {
    await turn()
    expect(worker.piecesLeft).toBe(left)
  }
  await turn()
  expect(log).toHaveLength(5)
})

test('Members that wait go on in the order in which they came, one share together in a turn', async () => {
  const world = setUp()
  const log: string[] = []
  const workers = ['a', 'b', 'c'].map(name => new Worker(world, name, 6, 0.25, log))
  for (const worker of workers) worker.onTurn()
  expect(log.splice(0)).toEqual(['a', 'b', 'c'])
  const turns: string[] = []
  while (workers.some(it => it.piecesLeft > 0)) {
    await turn()
    turns.push(log.splice(0).join(''))
  }
  expect(turns).toEqual(['', 'a', 'b', 'c', 'a', 'b', 'c'])
})

test('Several members that need little have their turn together', async () => {
  const world = setUp()
  const log: string[] = []
  const workers = ['a', 'b', 'c'].map(name => new Worker(world, name, 2, 0.0625, log))
  for (const worker of workers) world.time.wait(worker)
  await turn()
  await turn()
  expect(log).toEqual(['a', 'b', 'c'])
})

test('Two reads of one turn share its time, two reads of two turns do not', async () => {
  const { clock, time } = setUp()
  const member: TurnMember = { onTurn: () => {} }
  time.begin(member)
  expect(time.goOn(member, 1)).toBeGreaterThan(0)
  clock.nowMs += 0.375
  time.begin(member)
  clock.nowMs += 0.25
  expect(time.goOn(member, 1)).toBe(0)
  await turn()
  time.begin(member)
  expect(time.goOn(member, 1)).toBeGreaterThan(0)
})

test('Two members that alternate in one turn of the event loop use up their shares nevertheless', () => {
  const { clock, time } = setUp()
  const members: TurnMember[] = [{ onTurn: () => {} }, { onTurn: () => {} }]
  let pieces = 0
  const work = (member: TurnMember): boolean => {
    time.begin(member)
    if (time.goOn(member, 1) === 0) return false
    pieces++
    clock.nowMs += 0.025
    return true
  }
  while (members.map(work).some(Boolean)) expect(pieces).toBeLessThan(100)
  expect(pieces).toBeGreaterThanOrEqual(40)
})

test('Only a few of the waiting members go on in one turn', async () => {
  const world = setUp()
  const log: string[] = []
  for (let at = 0; at < 10; at++) world.time.wait(new Worker(world, `${at}`, 1, 0.01, log))
  const counts: number[] = []
  while (log.length < 10) {
    await turn()
    counts.push(log.length)
  }
  expect(counts).toEqual([0, 4, 8, 10])
})

test('The stretches between two looks at the clock grow while the work is cheap, and shrink when it is not', async () => {
  const { clock, time } = setUp()
  const member: TurnMember = { onTurn: () => {} }
  time.begin(member)
  let stretch = 512
  for (const expected of [1_024, 2_048, 4_096, 8_192, 8_192]) {
    clock.nowMs += 0.01
    stretch = time.goOn(member, stretch)
    expect(stretch).toBe(expected)
  }
  for (const expected of [1_024, 128, 16, 2, 1]) {
    await turn()
    time.begin(member)
    clock.nowMs += 0.15
    stretch = time.goOn(member, stretch)
    expect(stretch).toBe(expected)
  }
})

test('A member is early while it has used less than a quarter of its share of this turn, however many work in between', async () => {
  const { clock, time } = setUp()
  const [member, other]: TurnMember[] = [{ onTurn: () => {} }, { onTurn: () => {} }]
  time.begin(member!)
  expect(time.goOn(member!, 1)).toBeGreaterThan(0)
  clock.nowMs += 0.1
  expect(time.isEarly(member!)).toBe(true)
  clock.nowMs += 0.025
  expect(time.isEarly(member!)).toBe(false)
  expect(time.isEarly(other!)).toBe(true)
  expect(time.isEarly(member!)).toBe(false)
  await turn()
  expect(time.isEarly(member!)).toBe(true)
})

test('Nobody is early once all together have used a share', async () => {
  const { clock, time } = setUp()
  const [first, second, third]: TurnMember[] = Array.from({ length: 3 }, () => ({ onTurn: () => {} }))
  for (const member of [first!, second!]) {
    time.begin(member)
    expect(time.isEarly(member)).toBe(true)
    expect(time.goOn(member, 1)).toBeGreaterThan(0)
    clock.nowMs += 0.25
  }
  time.begin(third!)
  expect(time.isEarly(third!)).toBe(false)
  await turn()
  time.begin(third!)
  expect(time.isEarly(third!)).toBe(true)
})

test('A member that has left has no turn', async () => {
  const { time } = setUp()
  const log: string[] = []
  const member: TurnMember = { onTurn: () => void log.push('turn') }
  time.wait(member)
  time.leave(member)
  for (let count = 0; count < 3; count++) await turn()
  expect(log).toEqual([])
})

test('A member that throws in its turn takes it from nobody else', async () => {
  const { time } = setUp()
  const log: string[] = []
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', onError)
  time.wait({
    onTurn: () => {
      throw new Error('mine')
    },
  })
  time.wait({ onTurn: () => void log.push('other') })
  while (log.length === 0) await turn()
  process.off('uncaughtException', onError)
  for (const listener of others) process.on('uncaughtException', listener)
  expect(errors.map(String)).toEqual(['Error: mine'])
})

test('While much is to be written, work goes on for half of what that takes, 16 ms at most', async () => {
  const world = setUp()
  const worker = new Worker(world, 'a', 200, 0.5, [])
  /** The count of pieces done in a turn of which the end will take so long. */
  const done = async (writingMs: number) => {
    const before = worker.piecesLeft
    world.time.expectWriting(writingMs)
    await turn()
    return before - worker.piecesLeft
  }
  worker.onTurn()
  expect(worker.piecesLeft).toBe(199)
  await turn()
  expect(await done(19)).toBe(19)
  expect(await done(100)).toBe(32)
  expect(await done(0)).toBe(1)
})

test('Long work is that of all together: several have no more of it than one', async () => {
  const world = setUp()
  const log: string[] = []
  const workers = ['a', 'b', 'c'].map(name => new Worker(world, name, 100, 0.5, log))
  world.time.expectWriting(20)
  for (const worker of workers) worker.onTurn()
  // The first takes 10 ms, the others the least share each.
  expect(workers.map(it => 100 - it.piecesLeft)).toEqual([20, 1, 1])
  await turn()
  log.length = 0
  await turn()
  expect(log).toEqual(['a'])
})

test('What has been sent is written before those who wait go on, unless much is to be written at the turn’s end anyway', async () => {
  const world = setUp()
  const log: string[] = []
  world.time.writeFirst(() => void log.push('written'))
  const worker = new Worker(world, 'a', 5, 1, log)
  worker.onTurn()
  await turn()
  await turn()
  expect(log.splice(0)).toEqual(['a', 'written', 'a'])
  world.time.expectWriting(2)
  await turn()
  expect(log).toEqual(['a'])
})
