import { expect, test } from 'vitest'
import { createHub } from '../create-hub.ts'
import { PresenceBudget } from './presence-budget.ts'

test('What all members show of themselves is bounded, and there is room again when one has gone', () => {
  const budget = new PresenceBudget(1000)
  const [one, other] = [{}, {}]
  budget.take(one, 700)
  expect(() => budget.take(other, 100)).toThrow(expect.objectContaining({ code: 'busy' }))
  budget.giveBack(other)
  budget.giveBack(one)
  budget.giveBack(one)
  budget.take(other, 700)
  expect(() => budget.take(one, 100)).toThrow(expect.objectContaining({ code: 'busy' }))
})

test('A member counts until it has left, and one that was refused does not', async () => {
  const hub = createHub({ topics: { t: { presence: true } }, maxMembersPerTopic: 1 })
  const sink = { sendShared: () => 'sent' as const }
  const join = (client: string) =>
    hub.subscribeAs(undefined, 't', sink, { presence: { client, data: 'x'.repeat(1000) } })
  const { subscription } = await join('a')
  expect(hub.presence.heldBytes).toBeGreaterThan(1000)
  await expect(join('b')).rejects.toMatchObject({ code: 'busy' })
  hub.unsubscribe(subscription, 'a')
  expect(hub.presence.heldBytes).toBe(0)
  await hub.close({ spreadMs: 0 })
})
