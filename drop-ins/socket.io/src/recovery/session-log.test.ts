import { randomBytes } from 'node:crypto'
import { heldMemory } from '@bothways/test-support/held-memory'
import { ByteBudget } from 'bothways/connection'
import { expect, onTestFinished, test } from 'vitest'
import { Server } from '../index.ts'
import { SessionLog } from './session-log.ts'

const mebibyte = 1024 * 1024

function logOf(budget: ByteBudget): SessionLog {
  const log = new SessionLog({ noticeMs: 1_000, budget })
  onTestFinished(() => log.close())
  return log
}

function append(log: SessionLog, length: number, room = 'room'): void {
  const offset = log.nextOffset()
  const parts = [randomBytes(length / 2).toString('hex')]
  log.append({ offset, parts, rooms: new Set([room]), except: new Set() })
}

function persist(log: SessionLog, at: number, rooms: readonly string[]): void {
  log.persist({ sid: `sid ${at}`, pid: `pid ${at}`, rooms: [...rooms], data: {}, since: log.position })
}

test.each([
  ['short packets', 20_000, (log: SessionLog) => append(log, 16)],
  ['packets of 1,000 characters', 10_000, (log: SessionLog) => append(log, 1_000)],
  ['clients that are away', 20_000, (log: SessionLog, at: number) => persist(log, at, [`own ${at}`])],
  [
    'clients in rooms with long names',
    5_000,
    (log: SessionLog, at: number) =>
      persist(log, at, [`own ${at}`, ...Array.from({ length: 4 }, () => randomBytes(250).toString('hex'))]),
  ],
])('%s count what they take, within a factor of two', async (_name, count, add) => {
  const log = logOf(new ByteBudget(1_000 * mebibyte))
  const before = await heldMemory()
  for (let at = 0; at < count; at++) add(log, at)
  const taken = (await heldMemory()) - before
  expect(taken / log.heldBytes).toBeGreaterThan(0.5)
  expect(taken / log.heldBytes).toBeLessThan(2)
})

test('All logs of a server together take what is allowed', async () => {
  const budget = new ByteBudget(4 * mebibyte)
  const logs = Array.from({ length: 5 }, () => logOf(budget))
  const before = await heldMemory()
  for (let at = 0; at < 40_000; at++) append(logs[at % 5]!, 1_000)
  for (let at = 0; at < 40_000; at++) persist(logs[at % 5]!, at, ['x'.repeat(1_000)])
  expect(budget.usedBytes).toBeLessThanOrEqual(4 * mebibyte)
  expect(budget.usedBytes).toBe(logs.reduce((sum, log) => sum + log.heldBytes, 0))
  expect((await heldMemory()) - before).toBeLessThan(8 * mebibyte)
})

test('All that a server remembers is 128 MiB, unless it is told otherwise', () => {
  const limitOf = (maxBytes?: number): number => {
    const io = new Server({ connectionStateRecovery: maxBytes === undefined ? {} : { maxBytes } })
    onTestFinished(() => io.close())
    return io._remembered.limitBytes
  }
  expect(limitOf()).toBe(128 * mebibyte)
  expect(limitOf(1_000_000)).toBe(1_000_000)
})

test('A session whose packets have gone starts anew; the last one to go away is remembered longest', async () => {
  const budget = new ByteBudget(100_000)
  const log = logOf(budget)
  persist(log, 1, ['room'])
  append(log, 1_000)
  expect((await log.restore('pid 1', undefined))?.missedPackets).toHaveLength(1)
  for (let at = 0; at < 200; at++) append(log, 1_000)
  persist(log, 2, ['room'])
  append(log, 1_000)
  expect(log.restore('pid 1', undefined)).toBeNull()
  expect((await log.restore('pid 2', undefined))?.missedPackets).toHaveLength(1)
})

test('A log that is closed gives back what it took', () => {
  const budget = new ByteBudget(mebibyte)
  const log = logOf(budget)
  append(log, 1_000)
  persist(log, 1, ['room'])
  log.close()
  expect(budget.usedBytes).toBe(0)
})
