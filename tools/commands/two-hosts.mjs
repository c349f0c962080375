// npm run two-hosts -- [--cut SECONDS] [--broker redis|nats], as root on Linux, with iproute2 and curl, after `npm run build`
//
// Two hosts, which are network namespaces with a cable between them: one has the broker, a server and a publisher, the other a server
// and a subscriber who is a member. The cable is pulled while there is publishing, and plugged in again: nobody ends a connection,
// packets are lost in silence. Then the subscriber has to have everything in order, and members have to be right.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { WebSocket } from 'bothways'
import { systemPrograms } from '../lib/system-programs.mjs'

const { values } = parseArgs({
  options: {
    cut: { type: 'string', default: '20' },
    broker: { type: 'string', default: 'redis' },
    client: { type: 'string' },
  },
})

/** Follows a topic and is a member of another, as a process in the other namespace. Prints the messages that come. */
function follow(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/bothways`, 'bothways.v1')
  socket.addEventListener('message', ({ data }) => {
    console.log(data)
    if (JSON.parse(data).type !== 'welcome') return
    socket.send(JSON.stringify({ type: 'subscribe', id: 1, topic: 'log/1' }))
    socket.send(JSON.stringify({ type: 'subscribe', id: 2, topic: 'room/1', presence: {} }))
  })
  socket.addEventListener('close', ({ code }) => console.log(JSON.stringify({ type: 'closed', code })))
}

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })
const [near, far] = [`bothways-a-${process.pid}`, `bothways-b-${process.pid}`]
const nearAddress = '10.77.0.1'
const children = []

async function startIn(namespace, ...command) {
  const child = spawn('ip', ['netns', 'exec', namespace, ...command], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

function plug() {
  for (const [namespace, cable] of [
    [near, 'cable-a'],
    [far, 'cable-b'],
  ]) {
    ip('-n', namespace, 'link', 'set', cable, 'up')
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
  }
}

const server = fileURLToPath(new URL('../../test/chaos/server.mjs', import.meta.url))
const self = fileURLToPath(import.meta.url)

async function startServer(namespace, broker) {
  const child = await startIn(namespace, process.execPath, server, broker)
  const [port] = await once(createInterface({ input: child.stdout }), 'line')
  return port
}

/** A request from within a namespace. */
function request(namespace, port, path, body) {
  const args = [
    'netns',
    'exec',
    namespace,
    'curl',
    '-s',
    '--max-time',
    '10',
    `http://127.0.0.1:${port}/bothways/${path}`,
  ]
  if (body !== undefined) args.push('-H', 'content-type: application/json', '-d', JSON.stringify(body))
  return JSON.parse(execFileSync('ip', args, { encoding: 'utf8' }))
}

async function main(folder) {
  ip('netns', 'add', near)
  ip('netns', 'add', far)
  ip('link', 'add', 'cable-a', 'netns', near, 'type', 'veth', 'peer', 'name', 'cable-b', 'netns', far)
  ip('-n', near, 'addr', 'add', `${nearAddress}/24`, 'dev', 'cable-a')
  ip('-n', far, 'addr', 'add', '10.77.0.2/24', 'dev', 'cable-b')
  plug()
  const isNats = values.broker === 'nats'
  const [port, program, args] = isNats
    ? [
        '4222',
        systemPrograms().nats,
        [
          '--addr',
          '0.0.0.0',
          '--port',
          '4222',
          '--jetstream',
          '--store_dir',
          folder,
          '--log',
          `${folder}/log`,
        ],
      ]
    : [
        '6379',
        systemPrograms().redis,
        ['--bind', '0.0.0.0', '--protected-mode', 'no', '--save', '', '--dir', folder],
      ]
  const broker = await startIn(near, program, ...args)
  broker.stdout.resume()
  await sleep(1_000)
  const url = `${values.broker}://${nearAddress}:${port}`
  const [nearPort, farPort] = [await startServer(near, url), await startServer(far, url)]

  const told = []
  const follower = await startIn(far, process.execPath, self, '--client', farPort)
  createInterface({ input: follower.stdout }).on('line', line => told.push(JSON.parse(line)))
  const heard = () =>
    told
      .filter(({ type, topic, data }) => type === 'publication' && topic === 'log/1' && data.from === 'p')
      .map(({ data }) => data.n)
  const members = () => request(near, nearPort, 'members?topic=room/1').members.length
  const until = async (what, limitS, condition) => {
    const start = performance.now()
    while (!condition()) {
      if (performance.now() - start > limitS * 1000) throw new Error(`${what}: not within ${limitS} s`)
      await sleep(200)
    }
    console.log(`${what}: after ${((performance.now() - start) / 1000).toFixed(1)} s`)
  }
  let count = 0
  const publish = () => {
    const { position, code } = request(near, nearPort, 'publish', {
      topic: 'log/1',
      data: { from: 'p', n: count },
    })
    if (position === undefined) throw new Error(`a publication was refused: ${code}`)
    count++
  }
  await until('the far subscriber is a member', 30, () => members() === 1)
  for (let at = 0; at < 20; at++) publish()
  await until('it has heard all', 10, () => heard().length === count)

  const cutS = Number(values.cut)
  console.log(`the cable is pulled for ${cutS} s`)
  ip('-n', near, 'link', 'set', 'cable-a', 'down')
  const plugged = performance.now() + cutS * 1000
  for (let at = 0; at < 20; at++) publish()
  const refused = request(far, farPort, 'publish', { topic: 'log/1', data: { from: 'q', n: 0 } })
  console.log(`the far server says to a publisher: ${refused.code}, retryable: ${refused.retryable}`)
  if (cutS > 60) await until('the far member is believed dead', 60, () => members() === 0)
  await sleep(Math.max(0, plugged - performance.now()))
  ip('-n', near, 'link', 'set', 'cable-a', 'up')
  console.log('the cable is plugged in')
  for (let at = 0; at < 20; at++) publish()
  await until('the far subscriber has heard all', 60, () => heard().length >= count)
  await until('it is the only member', 60, () => members() === 1)
  await until(
    'the far server publishes again',
    60,
    () =>
      request(far, farPort, 'publish', { topic: 'log/1', data: { from: 'q', n: 1 } }).position !== undefined,
  )
  const log = heard().slice(0, count)
  const isRight = log.every((n, at) => n === at)
  const losses = told.filter(
    ({ type, topic, recovered }) =>
      type === 'closed' || (topic === 'log/1' && (type === 'gap' || recovered === false)),
  )
  console.log(
    `${count} publications: ${isRight && losses.length === 0 ? 'all of them, in order, on one connection' : JSON.stringify({ log, losses })}`,
  )
  return isRight && losses.length === 0
}

if (values.client !== undefined) follow(values.client)
else {
  const folder = mkdtempSync(join(tmpdir(), 'bothways-hosts-'))
  let isRight = false
  try {
    isRight = await main(folder)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map(child => child.exitCode ?? child.signalCode ?? once(child, 'close')))
    for (const namespace of [near, far]) ip('netns', 'del', namespace)
    rmSync(folder, { recursive: true, force: true })
  }
  process.exit(isRight ? 0 : 1)
}
