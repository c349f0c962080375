import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'bothways'

const topic = 'room/1'

/** A server that has died, or that has come back, is told of within a minute, in ms. */
const knownWithinMs = 60_000
/** Longer than the leases of all brokers, and shorter than half their key windows, in ms. */
const pauseMs = 50_000

/**
 * Clients at each server are members of a topic; one server is killed, and another stands still until it is believed dead,
 * and comes back. Those who are there are members within a minute each time, and nobody else is.
 *
 * @param servers three at least, of which the first is killed
 * @returns what is wrong, in sentences, and how long it took to be right, in s
 */
export async function tryPresence(servers, broker) {
  const clients = await Promise.all(servers.flatMap(({ port }) => [join(port), join(port)]))
  const [dying, sleeping] = [clients.slice(0, 2), clients.slice(2, 4)]
  const wrong = []
  const seconds = []
  const expectMembers = async (what, expected) => {
    const start = performance.now()
    const wanted = expected.map(({ id }) => id).toSorted()
    let members
    for (;;) {
      members = (await broker.members(topic)).map(({ client }) => client).toSorted()
      if (String(members) === String(wanted)) break
      if (performance.now() - start > knownWithinMs) {
        wrong.push(`${topic}: ${what} ${members} are members instead of ${wanted}`)
        break
      }
      await sleep(200)
    }
    seconds.push(Math.round((performance.now() - start) / 1000))
  }
  await expectMembers('at first', clients)
  await servers[0].kill()
  await expectMembers(
    'after a server was killed',
    clients.filter(client => !dying.includes(client)),
  )
  const isBack = servers[1].pause(pauseMs)
  await expectMembers(
    'after a server was stopped',
    clients.filter(client => !dying.includes(client) && !sleeping.includes(client)),
  )
  await isBack
  await expectMembers(
    'after it came back',
    clients.filter(client => !dying.includes(client)),
  )
  for (const { socket } of clients) socket.close()
  return { wrong, seconds }
}

async function join(port) {
  // A client that notices that its server stands still would leave it.
  const socket = new WebSocket(`ws://127.0.0.1:${port}/bothways`, 'bothways.v1', { keepalive: false })
  socket.addEventListener('error', () => {})
  const [{ data }] = await once(socket, 'message')
  socket.send(JSON.stringify({ type: 'subscribe', id: 1, topic, presence: {} }))
  for (;;) {
    const [message] = await once(socket, 'message')
    if (JSON.parse(message.data).type === 'subscribed') return { socket, id: JSON.parse(data).client }
  }
}
