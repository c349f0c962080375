import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Pending, PendingConnections } from './pending-connections.ts'

interface Scene {
  readonly pending: PendingConnections
  /** Those cut, by the names that they came with. */
  readonly cut: string[]
  /** Told of, by address. */
  readonly told: string[]
  enter(name: string, address: string): Pending
}

class Client extends Pending {
  readonly cut: () => void

  constructor(address: string, cut: () => void) {
    super(address)
    this.cut = cut
  }
}

function scene(maxPendingHandshakes: number): Scene {
  const cut: string[] = []
  const told: string[] = []
  const pending = new PendingConnections({ maxPendingHandshakes }, address => void told.push(address))
  const enter = (name: string, address: string): Pending => {
    const client = new Client(address, () => void cut.push(name))
    pending.enter(client)
    return client
  }
  return { pending, cut, told, enter }
}

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await nextTurn()
}

test('At the bound the connections that were silent for longest go', async () => {
  const { pending, cut, told, enter } = scene(8)
  for (let at = 0; at < 10; at++) enter(`${at}`, `192.0.2.${at}`)
  await turns(3)
  expect(cut).toEqual(['0', '1'])
  expect(told).toEqual(['192.0.2.0', '192.0.2.1'])
  expect(pending.size).toBe(8)
})

test('An address has half of the places, of IPv6 a /64', async () => {
  const { pending, cut, enter } = scene(8)
  enter('quiet', '192.0.2.1')
  for (let at = 0; at < 6; at++) enter(`flood ${at}`, `2001:db8::${at}`)
  await turns(3)
  expect(cut).toEqual(['flood 0', 'flood 1'])
  expect(pending.size).toBe(5)
})

test('A herd that speaks at once is let in whole', async () => {
  const { pending, cut, enter } = scene(8)
  const herd = Array.from({ length: 1_000 }, (_, at) => enter(`${at}`, '192.0.2.1'))
  // Their bytes are read in the turn after that in which they came.
  await turns(1)
  for (const it of herd) pending.leave(it)
  await turns(3)
  expect(cut).toEqual([])
  expect(pending.size).toBe(0)
})

test('A flood without end stays at the bound, and clients that speak are not hurt', async () => {
  const { pending, cut, enter } = scene(100)
  let honest: Pending | undefined
  for (let turn = 0; turn < 50; turn++) {
    for (let at = 0; at < 500; at++) enter('flood', `10.0.${turn}.${at & 255}`)
    if (honest !== undefined) pending.leave(honest)
    honest = enter('honest', '192.0.2.1')
    await turns(1)
    // Those that came in this turn and the one before are heard first.
    expect(pending.size).toBeLessThanOrEqual(100 + 3 * 501)
  }
  pending.leave(honest as Pending)
  await turns(4)
  expect(pending.size).toBeLessThanOrEqual(100)
  expect(cut).not.toContain('honest')
})
