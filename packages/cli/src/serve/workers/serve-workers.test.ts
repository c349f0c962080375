import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, startChild } from '@bothways/test-support/child'
import { bin, run } from '@bothways/test-support/command'
import { WebSocket } from 'bothways'
import { afterEach, expect, test } from 'vitest'

// The command as its users start it: needs the built packages, as npm test makes them.
const children: Child[] = []
const folder = mkdtempSync(join(tmpdir(), 'bothways-workers-'))
afterEach(async () => {
  for (const child of children.splice(0)) await child.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function serve(...args: string[]) {
  const all = [bin, 'serve', '--port', '0', '--no-page', '--workers', '2', ...args]
  const child = await startChild('node', all)
  children.push(child)
  return { child, url: /http:\S+/.exec(child.firstLine)?.[0] as string }
}

const workersOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo().valueOf())) await new Promise(resolve => setTimeout(resolve, 20))
}

async function metric(url: string, name: string): Promise<number> {
  // node:cluster loses a connection that it hands to a worker which is being killed.
  const signal = AbortSignal.timeout(5_000)
  const page = await fetch(`${url}metrics`, { signal }).then(
    answer => answer.text(),
    () => '',
  )
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(page)?.[1])
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}echo`)
  await once(socket, 'open')
  return socket
}

test('Workers on one port have the same topics and one page of metrics; one that is killed is replaced', async () => {
  const { child, url } = await serve('--broker', `sqlite:${join(folder, 'topics.db')}`)
  const sockets: WebSocket[] = []
  for (let at = 0; at < 10; at++) sockets.push(await open(url))
  expect(await metric(url, 'bothways_connections')).toBe(10)
  expect(await metric(url, 'bothways_workers')).toBe(2)
  for (let at = 0; at < 4; at++) {
    const { status } = await fetch(`${url}bothways/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ topic: 'room/1', data: at }),
    })
    expect(status).toBe(200)
  }
  const history = async () =>
    (
      (await (
        await fetch(`${url}bothways/history?topic=room/1`, { headers: { connection: 'close' } })
      ).json()) as {
        messages: { data: number }[]
      }
    ).messages.map(({ data }) => data)
  for (let at = 0; at < 2; at++) expect(await history()).toEqual([0, 1, 2, 3])

  const [first = 0] = workersOf(child.pid)
  const gone = sockets.map(socket => once(socket, 'close'))
  process.kill(first, 'SIGKILL')
  await Promise.race(gone)
  await until(async () => (await metric(url, 'bothways_workers')) === 2)
  // They were dealt out evenly.
  expect(await metric(url, 'bothways_connections')).toBe(5)
  expect(await history()).toEqual([0, 1, 2, 3])
  for (const socket of sockets) socket.close()
})

test('SIGHUP replaces the workers one after the other, without a gap; SIGTERM ends all, with 0', async () => {
  const { child, url } = await serve()
  const before = workersOf(child.pid)
  let isOver = false
  const statuses = new Set<number | string>()
  // As many at once as it takes that a worker is handed a connection while it is told to end.
  const asking = Array.from({ length: 16 }, async () => {
    while (!isOver) {
      const signal = AbortSignal.timeout(10_000)
      const asked = fetch(`${url}healthz`, { headers: { connection: 'close' }, signal })
      statuses.add(
        await asked.then(
          ({ status }) => status,
          error => `${error}: ${error.cause}`,
        ),
      )
    }
  })
  process.kill(child.pid, 'SIGHUP')
  await until(() => {
    const now = workersOf(child.pid)
    return now.length === 2 && now.every(pid => !before.includes(pid))
  })
  isOver = true
  await Promise.all(asking)
  expect([...statuses]).toEqual([200])
  expect(await child.stop('SIGTERM')).toBe(0)
})

test('A number of workers that is none is wrong use, and a port in use is told once', async () => {
  expect(await run(['serve', '--workers', 'many'])).toMatchObject({ code: 2 })
  const { url } = await serve()
  const { code, errors } = await run(['serve', '--port', new URL(url).port, '--workers', '2'])
  expect(code).toBe(1)
  expect(errors.match(/is in use by another program/g)).toHaveLength(1)
})

test('The page of one worker is told the figures of all', async () => {
  const { url } = await serve()
  const sockets: WebSocket[] = []
  for (let at = 0; at < 6; at++) sockets.push(await open(url))
  const viewer = new WebSocket(`${url.replace('http', 'ws')}figures`, 'bothways.v1')
  const told = new Promise<void>(resolve => {
    viewer.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data as string)
      // The six, and this one.
      if (message.type === 'state' && message.data.workers === 2 && message.data.connections === 7) resolve()
    })
  })
  await once(viewer, 'open')
  viewer.send(JSON.stringify({ type: 'subscribe', id: 1, topic: 'load/500' }))
  await told
  for (const socket of [...sockets, viewer]) socket.close()
})
