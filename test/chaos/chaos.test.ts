import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BrokerProcess } from './broker-process.mjs'
import { runChaos } from './run-chaos.mjs'
import { type Entry, logOf, wrongInBroker, wrongInLog, wrongInSubscriber } from './verify.mjs'

// Needs the built packages, as npm test makes them. For longer: npm run chaos -- --kills 30

test('SQLite: a server is killed with -9 three times under bad networks, and every log is the log of its topic', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bothways-chaos-'))
  const seed = 1
  const { wrong, counts } = await runChaos({
    broker: `sqlite:${join(folder, 'topics.db')}`,
    seed,
    kills: 3,
    subscribers: 4,
    deadlineMs: 90_000,
  })
  rmSync(folder, { recursive: true, force: true })
  expect(wrong, `npm run chaos -- --kills 3 --subscribers 4 --seed ${seed}`).toEqual([])
  for (const name of ['deliveries', 'losses', 'cuts', 'webSockets', 'streams', 'longPolls', 'polls']) {
    expect([name, counts[name]]).toEqual([name, expect.any(Number)])
    expect(counts[name]).toBeGreaterThan(0)
  }
}, 120_000)

test.each([
  ['Redis', 'redis'],
  ['NATS', 'nats'],
] as const)(
  '%s: of three servers some are killed and some stopped, it is killed itself and hard to reach, and every log is the log of its topic',
  async (_, kind) => {
    const seed = 9
    const broker = await BrokerProcess.start(kind, seed)
    const { wrong, counts } = await runChaos({
      broker: broker.name,
      directBroker: broker.directName,
      seed,
      servers: 3,
      kills: 4,
      subscribers: 4,
      restartBroker: () => broker.restart(),
      deadlineMs: 90_000,
    })
    const { troubles } = broker
    await broker.end()
    const replay = `npm run chaos -- --broker ${kind} --servers 3 --kills 4 --subscribers 4 --seed ${seed}`
    expect(wrong, replay).toEqual([])
    expect(troubles).toBeGreaterThan(0)
    for (const name of ['deliveries', 'kills', 'pauses', 'brokerRestarts']) {
      expect(counts[name], name).toBeGreaterThan(0)
    }
  },
  120_000,
)

const at = (offset: number, from: string, n: number): Entry => ({
  topic: 'log/1',
  from,
  n,
  position: `e.${offset.toString(36)}.c`,
})
const log = [at(1, 'p', 0), at(2, 'q', 0), at(3, 'p', 1), at(4, 'q', 1)]
const [one, two, three, four] = log as [Entry, Entry, Entry, Entry]
const lost = { lost: true } as const
const again = { comesAgain: true } as const

test('A place that was acknowledged without its check is that of one with any, and of no other place', () => {
  const bare = { ...two, position: 'e.2.' }
  const acknowledged = [one, bare, three, four]
  expect([...wrongInSubscriber('s', 'log/1', acknowledged, log)]).toEqual([])
  expect([...wrongInSubscriber('s', 'log/1', log, acknowledged)]).not.toEqual([])
  expect([...wrongInSubscriber('s', 'log/1', acknowledged, [one, at(2, 'q', 7)])]).not.toEqual([])
  const kept = log.map(({ from, n, position }) => ({ position, data: JSON.stringify({ from, n }) }))
  expect([...wrongInBroker('log/1', acknowledged, kept)]).toEqual([])
  expect([...wrongInBroker('log/1', [one, { ...two, position: 'e.2.x' }, three, four], kept)]).not.toEqual([])
})

test('The log is what was acknowledged in the order of positions; missing, twice and out of order are found', () => {
  expect(logOf('log/1', [four, one, { ...two, topic: 'log/2' }, three])).toEqual([one, three, four])
  expect([...wrongInLog('log/1', log)]).toEqual([])
  expect([...wrongInLog('log/1', [one, two, four])]).not.toEqual([])
  expect([...wrongInLog('log/1', [one, two, three, three])]).not.toEqual([])
  expect([...wrongInLog('log/1', [at(1, 'p', 1), at(2, 'p', 0)])]).not.toEqual([])
})

test('What the broker keeps is the log, or its end where the history is short', () => {
  const kept = log.map(({ from, n, position }) => ({ position, data: JSON.stringify({ from, n }) }))
  expect([...wrongInBroker('log/1', log, kept)]).toEqual([])
  expect([...wrongInBroker('short/1', log, kept.slice(2))]).toEqual([])
  expect([...wrongInBroker('log/1', log, kept.slice(1))]).not.toEqual([])
  expect([...wrongInBroker('short/1', log, kept.slice(0, 2))]).not.toEqual([])
})

test.each([
  ['all', 'log/1', [one, two, three, four], true],
  ['from its beginning on', 'log/1', [three, four], true],
  ['not the last', 'log/1', [one, two, three], false],
  ['one left out in silence', 'log/1', [one, two, four], false],
  ['one twice', 'log/1', [one, two, two, three, four], false],
  ['two the other way round', 'log/1', [one, three, two, four], false],
  ['one that is not in the log', 'log/1', [one, at(2, 'p', 7)], false],
  ['a loss where the history has all', 'log/1', [one, lost, three, four], false],
  ['a loss that was told', 'short/1', [one, lost, three, four], true],
  ['a loss up to the end', 'short/1', [one, lost], true],
  ['a loss where nothing was lost', 'short/1', [one, lost, two, three, four], false],
  ['values skipped', 'state/1', [one, one, four], true],
  ['an older value', 'state/1', [two, one, four], false],
  ['an older value at another server', 'state/1', [two, again, one, four], true],
  ['the newest value and then, at another server, an older one', 'state/1', [four, again, one], false],
  ['not the newest value', 'state/1', [one, three], false],
] as const)('A subscriber that has seen %s of %s is judged', (_, topic, seen, isRight) => {
  expect([...wrongInSubscriber('s', topic, log, [...seen])].length === 0).toBe(isRight)
})
