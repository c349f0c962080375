import { expect, test } from 'vitest'
import { createHub } from '../create-hub.ts'
import type { Hub } from '../hub.ts'
import type { Schema, SchemaResult } from './schema.ts'

const history = { count: 10, ageMs: 60_000 }

function schemaOf(validate: (value: unknown) => SchemaResult | Promise<SchemaResult>): Schema {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

/** Text, or an object with a `text`; the text is stored, trimmed. */
const message = schemaOf(value => {
  const text = typeof value === 'string' ? value : (value as { text?: unknown } | null)?.text
  if (typeof text === 'string') return { value: text.trim() }
  return {
    issues: [
      { message: 'expected a string', path: ['text'] },
      { message: 'or none', path: [{ key: 'a' }, 0] },
    ],
  }
})

test('Data that the schema does not take are invalid_data with what is wrong and where, and nothing is stored', async () => {
  const hub: Hub = createHub({ topics: { room: { history, schema: message } } })
  for (const publish of [
    () => hub.publishAs(undefined, 'room', { text: 1 }),
    () => hub.topic('room').publish({ text: 1 }),
  ]) {
    await expect(publish()).rejects.toMatchObject({
      code: 'invalid_data',
      message: 'text: expected a string; a.0: or none',
      retryable: false,
    })
  }
  expect(await hub.topic('room').history()).toEqual([])
  await hub.topic('room').publish({ text: ' hello ' })
  expect((await hub.topic('room').history())[0]?.data).toBe('hello')
  await hub.close({ spreadMs: 0 })
})

test('A right that is withdrawn while a schema takes its time counts', async () => {
  let isTrusted = true
  const slow = schemaOf(async value => {
    await new Promise(resolve => setImmediate(resolve))
    return { value }
  })
  const hub: Hub = createHub({ topics: { room: { history, schema: slow, authorize: () => isTrusted } } })
  await hub.publishAs(undefined, 'room', 1)
  const publishing = hub.publishAs(undefined, 'room', 2)
  await Promise.resolve()
  isTrusted = false
  await expect(publishing).rejects.toMatchObject({ code: 'forbidden' })
  expect((await hub.topic('room').history()).map(({ data }) => data)).toEqual([1])
  await hub.close({ spreadMs: 0 })
})

test('A handler of requests sees what the schema made of its input, and nothing else', async () => {
  const seen: unknown[] = []
  const hub: Hub = createHub().handle('say', input => seen.push(input), message)
  expect(await hub.requestAs(undefined, 'say', { text: ' hello ' })).toBe(1)
  await expect(hub.requestAs(undefined, 'say', 7)).rejects.toMatchObject({ code: 'invalid_data' })
  expect(seen).toEqual(['hello'])
  await hub.close({ spreadMs: 0 })
})

test('What is no schema is refused where it is declared', () => {
  const schema = { parse: () => 1 } as unknown as Schema
  expect(() => createHub({ topics: { room: { schema } } })).toThrow(/schema.*~standard/s)
})
