// The cost of topics. Server and load are two processes; measurements without a network run in a third, with nothing
// else in it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connectRaw } from '../load/raw-client.mjs'
import { median } from './statistics.mjs'

const program = new URL('../peers/topics.mjs', import.meta.url)
const subscriberCount = 1_000
const dataBytes = 64
const measureMs = 1_000
const rounds = 3

/** A process of `peers/topics.mjs`, and its first message. */
async function start(...args) {
  const child = fork(program, args, { execArgv: ['--expose-gc'] })
  const [said] = await once(child, 'message')
  return { child, said }
}

/** The processor time of a process so far, in seconds: unlike the time that passes, it does not depend on its neighbours. */
async function cpuSeconds({ child }) {
  child.send('cpu')
  const [{ user, system }] = await once(child, 'message')
  return (user + system) / 1e6
}

async function stop({ child }) {
  child.kill()
  await once(child, 'exit')
}

const data = 'x'.repeat(dataBytes - 2)
const publish = JSON.stringify({ type: 'publish', topic: 'room', data })
const subscribe = JSON.stringify({ type: 'subscribe', id: 1, topic: 'room' })

/** Publications that reach every one of the subscribers, for a second of the server's work. */
async function fanOut(kind, inFlight, text) {
  const server = await start(kind)
  const clients = []
  let bytes = 0
  let wake = () => {}
  for (let at = 0; at < subscriberCount; at++) {
    const client = await connectRaw(server.said.port, kind === 'topics' ? 'bothways.v1' : undefined)
    clients.push(client)
    if (kind === 'topics') {
      client.send(subscribe)
      await client.until('"subscribed"')
    }
    client.onBytes = count => {
      bytes += count
      wake()
    }
  }
  const [publisher] = clients
  // The first tells how long each is on the wire.
  bytes = 0
  publisher.send(text)
  await new Promise(resolve => setTimeout(resolve, 300))
  const each = bytes
  const run = async forMs => {
    bytes = 0
    let sent = 0
    const end = performance.now() + forMs
    while (performance.now() < end) {
      while (sent - Math.floor(bytes / each) < inFlight) {
        publisher.send(text)
        sent++
      }
      await new Promise(resolve => {
        wake = resolve
      })
    }
    return Math.floor(bytes / each)
  }
  await run(300)
  const before = await cpuSeconds(server)
  const count = await run(measureMs)
  const perSecond = count / ((await cpuSeconds(server)) - before)
  for (const client of clients) client.end()
  await stop(server)
  return { perSecond, frameBytes: Math.round(each / subscriberCount) }
}

/** Interleaved, so that both meet the same machine. */
async function fanOutRatio(inFlight) {
  const [topics, plain] = [[], []]
  for (let round = 0; round < rounds; round++) {
    const one = await fanOut('topics', inFlight, publish)
    topics.push(one.perSecond)
    // As long on the wire as the publication of a topic.
    plain.push((await fanOut('plain', inFlight, 'x'.repeat(one.frameBytes - 4))).perSecond)
  }
  const perSecond = { topics: median(topics), plain: median(plain) }
  return { ...perSecond, ratio: perSecond.topics / perSecond.plain }
}

/** Counts a text in what comes, also where it is cut. */
function countOf(text, tell) {
  let rest = ''
  return piece => {
    const parts = (rest + piece).split(text)
    rest = parts.at(-1).slice(1 - text.length)
    if (parts.length > 1) tell(parts.length - 1)
  }
}

/** Publications a second of one client, each of which it knows to have arrived. */
async function acknowledged(inFlight) {
  const server = await start('topics')
  const client = await connectRaw(server.said.port, 'bothways.v1')
  let answered = 0
  let wake = () => {}
  client.onText = countOf('"published"', count => {
    answered += count
    wake()
  })
  const started = performance.now()
  for (let sent = 0; performance.now() - started < measureMs; ) {
    for (; sent - answered < inFlight; sent++) {
      client.send(JSON.stringify({ type: 'publish', id: sent, topic: 'room', data }))
    }
    await new Promise(resolve => {
      wake = resolve
    })
  }
  const perSecond = (answered * 1000) / (performance.now() - started)
  client.end()
  await stop(server)
  return perSecond
}

/** From the call to the last of a hundred missed publications, in ms. */
async function join() {
  const server = await start('topics')
  const writer = await connectRaw(server.said.port, 'bothways.v1')
  writer.send(subscribe)
  const { position } = JSON.parse(/\{"type":"subscribed".*?\}/.exec(await writer.until('"subscribed"'))[0])
  for (let at = 0; at < 100; at++) writer.send(publish)
  await new Promise(resolve => setTimeout(resolve, 300))
  const times = []
  for (let at = 0; at < 100; at++) {
    const client = await connectRaw(server.said.port, 'bothways.v1')
    let count = 0
    const whole = new Promise(resolve => {
      client.onText = countOf('"publication"', more => {
        count += more
        if (count === 100) resolve()
      })
    })
    const started = performance.now()
    client.send(JSON.stringify({ type: 'subscribe', id: 1, topic: 'room', since: position }))
    await whole
    times.push(performance.now() - started)
    client.end()
  }
  writer.end()
  await stop(server)
  return median(times)
}

async function alone(kind) {
  const { child, said } = await start(kind)
  await stop({ child })
  return said
}

/** Publications a second that the file has, beside bare inserts of as many in one transaction. */
async function sqlite(inFlight) {
  const { child, said } = await start('sqlite', String(inFlight))
  await stop({ child })
  return said
}

/** The measurements of topics: numbers by what they count. */
export const topicRows = [
  row('publish 64 B to 1,000 subscribers, 1 in flight', () => fanOutRatio(1)),
  row('publish 64 B to 1,000 subscribers, 8 in flight', () => fanOutRatio(8)),
  row('acknowledged publishes of one client, 1 in flight', async () => ({
    'publishes/s': await acknowledged(1),
  })),
  row('acknowledged publishes of one client, 32 in flight', async () => ({
    'publishes/s': await acknowledged(32),
  })),
  row('SQLite, acknowledged publishes, 1 in flight', () => sqlite(1)),
  row('SQLite, acknowledged publishes, 64 in flight', () => sqlite(64)),
  row('join with 100 missed', async () => ({ ms: await join() })),
  row('10,000 resumes at once, 100 missed', () => alone('resumes')),
  row('memory of an idle subscription', async () => ({ bytes: await alone('subscriptions') })),
  row('memory of an idle topic', () => alone('idle-topics')),
  row('10,000 slow readers of 1 MB/s', () => alone('slow-readers')),
]

function row(name, measure) {
  return { name: `topics: ${name}`, measure }
}
