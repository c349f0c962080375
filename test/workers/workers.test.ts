import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@bothways/client'
import { WebSocket } from 'bothways'
import { afterEach, expect, test } from 'vitest'

const running: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of running.splice(0).toReversed()) await stop()
})

type Client = ReturnType<typeof createClient>

class Program {
  readonly lines: { readonly pids?: number[]; readonly port?: number; readonly ended?: string | number }[] =
    []
  readonly child: ChildProcess
  errors = ''

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [join(import.meta.dirname, 'program.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stderr?.on('data', chunk => {
      this.errors += chunk
    })
    if (this.child.stdout !== null) {
      createInterface({ input: this.child.stdout }).on('line', line => this.lines.push(JSON.parse(line)))
    }
    running.push(() => this.end())
  }

  get pids(): number[] {
    return this.lines.findLast(line => line.pids !== undefined)?.pids ?? []
  }

  get port(): number {
    return this.lines.find(line => line.port !== undefined)?.port ?? 0
  }

  async listening(): Promise<this> {
    await expect.poll(() => this.pids.length).toBeGreaterThan(0)
    await expect.poll(() => this.port).toBeGreaterThan(0)
    return this
  }

  client(): Client {
    const client = createClient(`ws://127.0.0.1:${this.port}/bothways`, { WebSocket: WebSocket as never })
    running.push(() => client.close())
    return client
  }

  /** A client for each of the workers. */
  async clients(): Promise<Map<number, Client>> {
    const byPid = new Map<number, Client>()
    while (byPid.size < this.pids.length) {
      const client = this.client()
      byPid.set((await client.request('pid')) as number, client)
    }
    return byPid
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    this.child.kill()
    await once(this.child, 'close')
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('What a client of one worker publishes, those of all workers hear, in one order; members are seen by all', async () => {
  const program = await new Program('2').listening()
  const clients = [...(await program.clients()).values()]
  expect(clients.length).toBe(2)
  const heard: unknown[][] = clients.map(() => [])
  const rooms = clients.map((client, at) => {
    const room = client.topic('room/1', { presence: { at } })
    room.on('publication', ({ data }) => heard[at]?.push(data))
    return room
  })
  await expect.poll(() => rooms.map(room => room.members.length)).toEqual([2, 2])
  await Promise.all(Array.from({ length: 40 }, (_, at) => (rooms[at % 2] as (typeof rooms)[0]).publish(at)))
  await expect.poll(() => heard.map(({ length }) => length)).toEqual([40, 40])
  expect(heard[0]).toEqual(heard[1])
})

test('A worker that is killed is replaced, its members leave, and its clients miss nothing', async () => {
  const program = await new Program('2').listening()
  const byPid = await program.clients()
  const [[victim, ofVictim], [, other]] = [...byPid] as [[number, Client], [number, Client]]
  const heard: unknown[] = []
  const room = ofVictim.topic('room/1', { presence: 'victim' })
  room.on('publication', ({ data }) => heard.push(data))
  const seen: string[] = []
  const watched = other.topic('room/1')
  watched.on('members', members => seen.push(members.map(({ data }) => data).join()))
  await expect.poll(() => seen.at(-1)).toBe('victim')
  await watched.publish(1)
  process.kill(victim, 'SIGKILL')
  await watched.publish(2)
  await expect.poll(() => program.lines.some(line => line.ended === 'SIGKILL')).toBe(true)
  await watched.publish(3)
  await expect.poll(() => heard).toEqual([1, 2, 3])
  await expect.poll(() => seen).toContain('')
  await expect.poll(() => seen.at(-1)).toBe('victim')
})

test('A connection that was handed to a worker which dies before it has taken it goes to another one', async () => {
  const program = await new Program('2').listening()
  const [victim] = program.pids as [number]
  // A stopped one is handed one connection, and takes it not.
  process.kill(victim, 'SIGSTOP')
  const answers: string[] = []
  const ask = (): void => {
    const socket = connect(program.port, '127.0.0.1')
    running.push(() => socket.destroy())
    socket.once('data', chunk => answers.push(String(chunk).slice(0, 12)))
    socket.on('error', ({ message }) => answers.push(message))
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  }
  for (let at = 0; at < 4; at++) ask()
  await expect.poll(() => answers.length).toBe(3)
  process.kill(victim, 'SIGKILL')
  await expect.poll(() => answers.length).toBe(4)
  // The dead one is handed nothing more.
  for (let at = 0; at < 8; at++) ask()
  await expect.poll(() => answers.length).toBe(12)
  expect(new Set(answers).size).toBe(1)
  expect(answers[0]).toMatch(/^HTTP\/1.1 4/)
})

test('SIGHUP replaces all, one after the other, and SIGTERM ends all in order', async () => {
  const program = await new Program('2').listening()
  const before = program.pids
  const client = program.client()
  const heard: unknown[] = []
  const room = client.topic('room/1')
  room.on('publication', ({ data }) => heard.push(data))
  await room.publish('before')
  program.child.kill('SIGHUP')
  await expect.poll(() => program.pids).not.toEqual(before)
  expect(program.pids.filter(pid => before.includes(pid))).toEqual([])
  expect(before.filter(isAlive)).toEqual([])
  await room.publish('after')
  await expect.poll(() => heard).toEqual(['before', 'after'])
  const { pids } = program
  client.close()
  program.child.kill('SIGTERM')
  const [code, signal] = await once(program.child, 'close')
  expect({ code, signal, errors: program.errors }).toEqual({ code: 0, signal: null, errors: '' })
  expect(pids.filter(isAlive)).toEqual([])
})

test('Connections are spread evenly', async () => {
  const program = await new Program('2').listening()
  const counts = new Map<number, number>()
  for (let at = 0; at < 20; at++) {
    const client = program.client()
    const pid = (await client.request('pid')) as number
    counts.set(pid, (counts.get(pid) ?? 0) + 1)
  }
  expect([...counts.values()]).toEqual([10, 10])
})

test('A program that ends before it listens is told, and nothing is left behind', async () => {
  const program = new Program('2', 'broken')
  const [code] = await once(program.child, 'close')
  expect(code).toBe(1)
  expect(program.errors).toContain('A worker has ended with 3 before it listened')
})
