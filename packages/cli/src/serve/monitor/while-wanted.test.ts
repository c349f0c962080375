import { createHub, type Hub } from 'bothways'
import { afterEach, expect, test } from 'vitest'
import { WhileWanted } from './while-wanted.ts'

let hub: Hub
afterEach(() => hub.close({ spreadMs: 0 }))

test('A topic is filled while somebody subscribes or asks, and not a moment longer', async () => {
  hub = createHub({ topics: { figures: { history: { count: 1_000, ageMs: 60_000 } } } })
  const topic = hub.topic('figures')
  let [made, ends] = [0, 0]
  const begin = () => ({ make: () => ++made, end: () => void ends++ })
  const filled = new WhileWanted(topic, begin, () => 5, 20)
  expect(filled.isRunning).toBe(false)
  await filled.ask()
  expect([filled.isRunning, made]).toEqual([true, 1])
  await expect.poll(() => filled.isRunning).toBe(false)
  expect(ends).toBe(1)

  let heard = 0
  const end = await topic.subscribe(() => heard++)
  await filled.ask()
  // Longer than anybody who only asks is waited for.
  await expect.poll(() => heard).toBeGreaterThan(20)
  end()
  await expect.poll(() => filled.isRunning).toBe(false)
})

test('What a filling makes after its end lets nothing else be asked for of the next one, which still makes its first', async () => {
  hub = createHub({ topics: { figures: {} } })
  const topic = hub.topic('figures')
  const end = await topic.subscribe(() => {})
  const made: ((value: number) => void)[] = []
  let turns = 0
  const make = () => new Promise(resolve => made.push(resolve))
  const filled = new WhileWanted(
    topic,
    () => ({ make }),
    () => {
      turns++
      return 5
    },
  )
  const first = filled.ask()
  filled.stop()
  const second = filled.ask()
  expect(made).toHaveLength(2)
  made[0]?.(1)
  await first
  const before = turns
  await expect.poll(() => turns).toBeGreaterThan(before + 3)
  expect(made).toHaveLength(2)
  filled.stop()
  made[1]?.(2)
  await second
  end()
})
