import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, startChild } from '@bothways/test-support/child'
import { bin, run } from '@bothways/test-support/command'
import { NatsServer } from '@bothways/test-support/nats'
import { RedisServer } from '@bothways/test-support/redis'
import { afterAll, afterEach, expect, test } from 'vitest'
import { readBroker } from './broker-option.ts'

// The command as its users start it: needs the built packages, as npm test makes them.
const folder = mkdtempSync(join(tmpdir(), 'bothways-serve-'))
const children: Child[] = []
afterEach(async () => {
  for (const child of children.splice(0)) await child.stop()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('The broker is memory, a file of SQLite, also as a URL, or that of a Redis or a NATS; anything else is wrong use', async () => {
  expect(readBroker('memory')).toEqual({ kind: 'memory' })
  expect(readBroker('sqlite:a/b.db')).toEqual({ kind: 'sqlite', file: 'a/b.db' })
  expect(readBroker('sqlite:///var/lib/b.db')).toEqual({ kind: 'sqlite', file: '/var/lib/b.db' })
  expect(readBroker('redis://h:1')).toEqual({ kind: 'redis', url: 'redis://h:1' })
  expect(readBroker('nats://h:1')).toEqual({ kind: 'nats', url: 'nats://h:1' })
  for (const text of ['', 'sqlite:', 'sqlite', 'topics.db', 'oracle://x', 'redis://']) {
    expect(() => readBroker(text)).toThrow('--broker takes memory, sqlite:')
  }
  expect(await run(['serve', '--broker', 'sqlite'])).toMatchObject({ code: 2 })
})

test('serve with a file has after kill -9 what it acknowledged, and clients resume', async () => {
  const args = ['serve', '--port', '0', '--no-page', '--broker', `sqlite:${join(folder, 'topics.db')}`]
  const serve = async () => {
    const child = await startChild('node', [bin, ...args])
    children.push(child)
    const [url] = /http:\S+/.exec(child.firstLine) ?? []
    return { child, topics: `${url}bothways` }
  }
  const poll = async (topics: string, since = '') => {
    const response = await fetch(`${topics}/poll?topic=room/1&waitMs=0${since && `&since=${since}`}`)
    return (await response.json()) as { since: string; recovered?: boolean; messages: { data: unknown }[] }
  }
  const one = await serve()
  const { since } = await poll(one.topics)
  for (const data of [{ text: '你好' }, 2]) {
    const response = await fetch(`${one.topics}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ topic: 'room/1', data }),
    })
    expect(response.status).toBe(200)
  }
  await one.child.stop('SIGKILL')
  const { messages, recovered } = await poll((await serve()).topics, since)
  expect([recovered, messages.map(({ data }) => data)]).toEqual([true, [{ text: '你好' }, 2]])
})

test.each([
  ['Redis', () => RedisServer.start()],
  ['NATS', () => NatsServer.start()],
] as const)(
  'Two servers on one %s have the same topics; one that cannot be reached ends serve with the reason',
  async (name, start) => {
    const own = await start()
    try {
      const serve = async () => {
        const child = await startChild('node', [
          bin,
          'serve',
          '--port',
          '0',
          '--no-page',
          '--broker',
          own.url,
        ])
        children.push(child)
        return `${/http:\S+/.exec(child.firstLine)?.[0]}bothways`
      }
      const [one, other] = await Promise.all([serve(), serve()])
      await fetch(`${one}/publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ topic: 'room/1', data: '你好' }),
      })
      const { messages } = (await (await fetch(`${other}/history?topic=room/1`)).json()) as {
        messages: object[]
      }
      expect(messages).toMatchObject([{ data: '你好' }])
    } finally {
      for (const child of children.splice(0)) await child.stop()
      await own.end()
    }
    const { code, errors } = await run(['serve', '--port', '0', '--broker', own.url])
    expect(code).toBe(1)
    expect(errors).toMatch(
      new RegExp(`^${name} at 127\\.0\\.0\\.1:\\d+ cannot be used: .*(ECONNREFUSED|refused)`),
    )
  },
)

test('A file that cannot be used ends serve with 1 and the reason, without a stack', async () => {
  const { code, errors } = await run(['serve', '--port', '0', '--broker', `sqlite:${folder}`])
  expect(code).toBe(1)
  expect(errors).toContain(`${folder} cannot be used`)
  expect(errors).not.toContain('    at ')
})
