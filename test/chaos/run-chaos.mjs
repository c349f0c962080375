import { setTimeout as sleep } from 'node:timers/promises'
import { ChaosProxy } from '../../packages/cli/dist/chaos/chaos-proxy.js'
import { badNetwork, noFaults } from './bad-network.mjs'
import { Chance } from './chance.mjs'
import { openBroker } from './open-broker.mjs'
import { tryPresence } from './presence.mjs'
import { Publisher } from './publisher.mjs'
import { ServerProcess } from './server-process.mjs'
import { Subscriber } from './subscriber.mjs'
import { isState, topics } from './topics.mjs'
import { isAt, logOf, wrongInBroker, wrongInLog, wrongInSubscriber } from './verify.mjs'

/**
 * Publishers with keys and sequence numbers, subscribers that come, go, stall and are cut, over all wires, while servers are
 * killed with -9 and started again on the same broker.
 *
 * @param broker as `openBroker` takes it, such as `sqlite:FILE`
 * @param directBroker the same without the bad network between
 * @param servers how many run at a time; only one where the broker is of one process
 * @param kills how often one is killed; where there are several, or the broker can be restarted, some are stopped for a while
 *   instead, or the broker is restarted
 * @param restartBroker kills the broker itself and starts it again, where it is a server
 * @param withPresence whether members are tried at the end, which takes minutes; with three servers at least
 * @returns what is wrong, in sentences, and what happened
 */
export async function runChaos({
  broker,
  directBroker = broker,
  seed,
  servers = 1,
  kills,
  subscribers = 8,
  restartBroker,
  withPresence = false,
  deadlineMs,
}) {
  const chance = new Chance(seed, 'main')
  const network = new Chance(seed, 'network')
  const running = await Promise.all(Array.from({ length: servers }, () => ServerProcess.start(broker)))
  let isCalm = false
  const happened = { cut: 0, stalled: 0 }
  const proxy = new ChaosProxy({
    host: '127.0.0.1',
    port: 0,
    target() {
      const reachable = running.filter(server => server !== undefined)
      return reachable.length === 0 ? undefined : new URL(`http://127.0.0.1:${network.pick(reachable).port}`)
    },
    fateOf: () => (isCalm ? noFaults : badNetwork(network)),
    onFault(_, what) {
      if (what in happened) happened[what]++
    },
  })
  const port = await proxy.listen()

  let answers = 0
  let wake = () => {}
  const publishers = Array.from({ length: 4 }, (_, at) => {
    const name = `p${at}`
    return new Publisher(name, new Chance(seed, name), port, () => {
      answers++
      wake()
    })
  })
  const followers = Array.from(
    { length: subscribers },
    (_, at) => new Subscriber(new Chance(seed, `s${at}`), port),
  )
  const publishing = publishers.map((publisher, at) =>
    at % 2 === 0 ? publisher.overWebSocket() : publisher.overHttp(),
  )
  const following = followers.map(follower => follower.follow())
  const failed = Promise.all([...publishing, ...following]).then(() => new Promise(() => {}))
  const isOver = AbortSignal.timeout(deadlineMs)
  const late = new Promise((_, reject) => {
    isOver.addEventListener('abort', () => reject(new Error(`It was not over after ${deadlineMs} ms.`)))
  })
  const unless = work => Promise.race([work, failed, late])

  async function moreAnswers(count) {
    const target = answers + count
    while (answers < target) {
      await new Promise(resolve => {
        wake = resolve
      })
    }
  }

  const wrong = []
  let pauses = 0
  let brokerRestarts = 0
  let presenceSeconds = []
  try {
    for (let kill = 0; kill < kills; kill++) {
      await unless(moreAnswers(chance.between(20, 250)))
      const at = chance.between(0, servers - 1)
      const server = running[at]
      if (restartBroker !== undefined && chance.is(0.3)) {
        brokerRestarts++
        await unless(restartBroker())
        continue
      }
      if (servers > 1 && chance.is(0.3)) {
        pauses++
        await server.pause(chance.between(100, 1500))
        continue
      }
      running[at] = undefined
      await server.kill()
      if (chance.is(0.5)) await sleep(chance.between(0, 300))
      running[at] = await unless(ServerProcess.start(broker))
    }
    await unless(moreAnswers(chance.between(100, 250)))
    for (const publisher of publishers) publisher.isStopping = true
    await unless(Promise.all(publishing))
    isCalm = true
    const acknowledged = publishers.flatMap(publisher => publisher.acknowledged)
    const logs = new Map(topics.map(topic => [topic, logOf(topic, acknowledged)]))
    const isThere = follower =>
      topics.every(
        topic =>
          logs.get(topic).length === 0 ||
          isAt(follower.positions.get(topic), logs.get(topic).at(-1).position),
      )
    await unless(
      (async () => {
        while (!followers.every(isThere)) await sleep(20)
      })(),
    ).catch(error => wrong.push(error.message))
    for (const follower of followers) follower.stop()
    if (withPresence) {
      const opened = await openBroker(directBroker, 30_000)
      const presence = await tryPresence(running, opened)
      await opened.close()
      wrong.push(...presence.wrong)
      presenceSeconds = presence.seconds
    }
    for (const server of running.splice(0)) await server?.kill()
    const opened = await openBroker(directBroker, 30_000)
    for (const [topic, log] of logs) {
      wrong.push(...wrongInLog(topic, log, !broker.startsWith('nats:')))
      const most = isState(topic) ? 1 : log.length + 1
      const { publications } = await opened.history({ topic, last: most, limit: most })
      wrong.push(...wrongInBroker(topic, log, publications))
      for (const [at, follower] of followers.entries()) {
        wrong.push(...wrongInSubscriber(`s${at}`, topic, log, follower.logs.get(topic)))
      }
    }
    await opened.close()
  } catch (error) {
    wrong.push(error.stack)
  } finally {
    for (const publisher of publishers) publisher.isStopping = true
    for (const follower of followers) follower.stop()
    for (const server of running) await server?.kill()
    await proxy.close()
  }
  const visits = wire => followers.reduce((sum, follower) => sum + follower.visits.get(wire), 0)
  const seen = followers.flatMap(follower => [...follower.logs.values()].flat())
  return {
    wrong,
    counts: {
      publications: answers,
      deliveries: seen.filter(entry => entry.position !== undefined).length,
      losses: seen.filter(entry => entry.lost).length,
      kills: kills - pauses - brokerRestarts,
      pauses,
      brokerRestarts,
      cuts: happened.cut,
      stalls: happened.stalled,
      webSockets: visits('webSocket'),
      streams: visits('events'),
      longPolls: visits('longPoll'),
      polls: visits('poll'),
    },
    presenceSeconds,
  }
}
