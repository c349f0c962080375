// Some of the clients of a deploy: `node clients.mjs URL COUNT`. They hear a topic whose publications are 0, 1, 2 …
import { createClient } from '@bothways/client'
import { WebSocket } from 'bothways'

const [, , url, count] = process.argv
let isDeploying = false
let gapCount = 0
const tries = []
const wrong = []
const now = () => performance.timeOrigin + performance.now()

const clients = Array.from({ length: Number(count) }, (_, at) => {
  const it = { last: undefined, comeBack: 0 }
  const client = createClient(url, { WebSocket })
  const room = client.topic('room/1')
  room.on('publication', ({ data }) => {
    if (it.last !== undefined && data !== it.last + 1) wrong.push(`${at}: ${data} after ${it.last}`)
    it.last = data
  })
  room.on('gap', () => gapCount++)
  client.on('status', ({ status, reason }) => {
    if (!isDeploying) return
    // The kernel takes a connection as soon as it is asked for: this is when.
    if (status === 'connecting') tries.push({ at: now(), code: reason?.code })
    if (status === 'open') it.comeBack++
  })
  return { it, client, room }
})

const calls = {
  ready: () => Promise.all(clients.map(({ room }) => room.ready())).then(() => null),
  deploy: () => {
    isDeploying = true
  },
  /** How many have come back, and how many have heard the publication. */
  count: last => ({
    backCount: clients.filter(({ it }) => it.comeBack > 0).length,
    heardCount: clients.filter(({ it }) => it.last === last).length,
  }),
  look: () => ({ tries, wrong: wrong.slice(0, 10), gapCount }),
}
process.on('message', async ([name, ...given]) => process.send((await calls[name](...given)) ?? null))
process.on('disconnect', () => process.exit())
process.send('ready')
