// The crowd of the soak, in a process of its own: random clients and hostile ones, as many at a time as soak.mjs says.
import { Random } from '../../test/fuzz/random.mjs'
import { randomClient } from './soak-client.mjs'
import { attack } from './soak-hostile.mjs'

process.once('message', async ({ ports, seed, durationMs, clients, attackers, only }) => {
  const random = new Random(seed)
  const endMs = performance.now() + durationMs
  const finished = { clients: 0, attacks: {} }
  const keepComing = async one => {
    while (performance.now() < endMs) await one()
  }
  const report = setInterval(() => process.send(finished), 1_000)
  await Promise.all([
    ...Array.from({ length: clients }, () =>
      keepComing(async () => {
        await randomClient(ports.port, random)
        finished.clients++
      }),
    ),
    ...Array.from({ length: attackers }, () =>
      keepComing(async () => {
        const name = await attack(ports, random, only)
        finished.attacks[name] = (finished.attacks[name] ?? 0) + 1
      }),
    ),
  ])
  clearInterval(report)
  process.send({ ...finished, isOver: true }, () => process.disconnect())
})
