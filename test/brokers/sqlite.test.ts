import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteBroker, type SqliteBrokerOptions } from '@bothways/sqlite'
import { afterAll, expect, test } from 'vitest'
import { brokerContract } from './contract.ts'
import { requestOf } from './request.ts'

// Needs a SQLite: that of Node.js from 22.13 on, before that better-sqlite3, which `npm run build` compiles.

const folder = mkdtempSync(join(tmpdir(), 'bothways-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newFile = () => join(folder, `${files++}.db`)
const open = (options: Partial<SqliteBrokerOptions> = {}) =>
  SqliteBroker.open({ file: newFile(), ...options })

brokerContract('The SQLite broker', async ({ maxKeys }) => {
  let now = 1_800_000_000_000
  const broker = await open({ now: () => now, ...(maxKeys !== undefined && { maxKeys }) })
  return {
    broker,
    advance(ms) {
      now += ms
    },
    ...(maxKeys !== undefined && { maxKeys }),
    end: () => broker.close(),
  }
})

test('A broker that opens the file of another finds publications, positions and keys as they were', async () => {
  const file = newFile()
  const key = { name: 'k'.repeat(22), scope: 'me' }
  const one = await open({ file })
  const [untouched] = await one.heads(['b'])
  await one.publish(requestOf(1))
  const { position } = await one.publish(requestOf(2, { key, user: 'Li Si' }))
  await one.publish(requestOf('on', { topic: 's', isState: true, history: undefined }))
  const before = await one.history({ topic: 'a', last: 10, limit: 10 })
  await one.close()
  const two = await open({ file })
  expect(await two.history({ topic: 'a', last: 10, limit: 10 })).toEqual(before)
  expect(await two.heads(['a', 'b'])).toEqual([position, untouched])
  expect(await two.publish(requestOf(2, { key }))).toEqual({ position, isRepeated: true })
  const state = await two.history({ topic: 's', last: 1, limit: 1 })
  expect(state.publications.map(({ data }) => data)).toEqual(['"on"'])
  await two.close()
})

test('A copy of the file from before does not know the positions of what came later', async () => {
  const [file, backup] = [newFile(), newFile()]
  const one = await open({ file })
  await one.publish(requestOf(1))
  await one.close()
  const copy = readFileSync(file)
  const again = await open({ file })
  const { position } = await again.publish(requestOf(2))
  await again.close()
  writeFileSync(backup, copy)
  const restored = await open({ file: backup })
  const ask = () => restored.history({ topic: 'a', since: position, last: 0, limit: 10 })
  expect((await ask()).recovered).toBe(false)
  await restored.publish(requestOf('other'))
  expect((await ask()).recovered).toBe(false)
  await restored.close()
})

test('After kill -9 of the process everything acknowledged is there, once and in order', async () => {
  const file = newFile()
  const program = `
    import { SqliteBroker } from '@bothways/sqlite'
    const broker = await SqliteBroker.open({ file: ${JSON.stringify(file)} })
    const history = { count: 1_000_000, ageMs: 3_600_000 }
    let next = 0
    const publish = async () => {
      for (;;) {
        const data = String(next++)
        const { position } = await broker.publish({ topic: 'a', data, history, isState: false })
        process.stdout.write(data + ' ' + position + '\\n')
      }
    }
    for (let at = 0; at < 64; at++) void publish()
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  await new Promise<void>(resolve => {
    child.stdout.on('data', chunk => {
      output += chunk
      if (output.length > 200_000) resolve()
    })
  })
  const gone = new Promise(resolve => child.once('close', resolve))
  child.kill('SIGKILL')
  await gone
  const acknowledged = output
    .split('\n')
    .slice(0, -1)
    .map(line => line.split(' ') as [string, string])
  const broker = await open({ file })
  const { publications } = await broker.history({ topic: 'a', last: 1_000_000, limit: 1_000_000 })
  const stored = new Map(publications.map(({ data, position }) => [data, position]))
  expect(acknowledged.length).toBeGreaterThan(1000)
  expect(acknowledged.filter(([data, position]) => stored.get(data) !== position)).toEqual([])
  expect(publications.map(({ data }) => Number(data))).toEqual(publications.map((_, at) => at))
  await broker.close()
})

test('What was published before the end is stored, and afterwards the broker is unavailable', async () => {
  const file = newFile()
  const broker = await open({ file })
  const published = broker.publish(requestOf(1))
  await broker.close()
  await published
  await expect(broker.publish(requestOf(2))).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  await broker.close()
})

test('A file that another broker has, or that is none of ours, is refused with the reason', async () => {
  const file = newFile()
  const broker = await open({ file })
  await expect(open({ file })).rejects.toThrow(`${file} cannot be used: another process has it open.`)
  await broker.close()
  const text = newFile()
  writeFileSync(text, 'This is a text, and by no means a database. '.repeat(100))
  await expect(open({ file: text })).rejects.toThrow('file is not a database')
  await expect(open({ file: join(folder, 'no/such/folder.db') })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`there is no folder ${join(folder, 'no/such')}: make it`),
  })
  await expect(open({ file: '' })).rejects.toMatchObject({ code: 'BW_INVALID_OPTION' })
})

test('The file stays below its bound: then publications are busy, and go on once the old have gone', async () => {
  let now = 1_800_000_000_000
  const file = newFile()
  const maxFileBytes = 2 * 1024 * 1024
  const broker = await open({ file, maxFileBytes, now: () => now })
  const large = 'x'.repeat(50_000)
  const publish = (topic: string) => broker.publish(requestOf(large, { topic }))
  let stored = 0
  const refused = (async () => {
    for (;;) {
      await publish(`t${stored % 3}`)
      stored++
    }
  })()
  await expect(refused).rejects.toMatchObject({ code: 'busy', retryable: true })
  expect(stored).toBeGreaterThan(30)
  expect((await broker.history({ topic: 't0', last: 1, limit: 1 })).publications).toHaveLength(1)
  now += 600_001
  await publish('t0')
  await broker.close()
  expect(statSync(file).size).toBeLessThanOrEqual(maxFileBytes)
})

test('When there are as many topics as may be, those that are a day old and empty go, and are not mistaken for new', async () => {
  let now = 1_800_000_000_000
  const broker = await open({ maxTopics: 2, now: () => now })
  const [begin] = await broker.heads(['a'])
  await broker.publish(requestOf(1, { topic: 'a' }))
  await broker.publish(requestOf(1, { topic: 'b' }))
  await expect(broker.publish(requestOf(1, { topic: 'c' }))).rejects.toMatchObject({ code: 'busy' })
  now += 24 * 60 * 60 * 1000
  await broker.publish(requestOf(1, { topic: 'c' }))
  const { recovered } = await broker.history({ topic: 'a', since: begin, last: 0, limit: 1 })
  expect(recovered).toBe(false)
  await broker.close()
})

test('More than the disk takes is busy at once, and what was taken is stored', async () => {
  const broker = await open()
  const data = JSON.stringify('x'.repeat(4 * 1024 * 1024))
  const published = await Promise.allSettled(
    Array.from({ length: 9 }, () => broker.publish({ ...requestOf(0), data })),
  )
  expect(published.map(({ status }) => status)).toEqual([
    ...Array(7).fill('fulfilled'),
    'rejected',
    'rejected',
  ])
  expect(published.at(-1)).toMatchObject({ reason: { code: 'busy', retryable: true } })
  await broker.publish(requestOf(1))
  expect((await broker.history({ topic: 'a', last: 10, limit: 10 })).publications).toHaveLength(8)
  await broker.close()
})
