import { readPosition } from 'bothways/broker'
import { expect, test } from 'vitest'
import { entryOf, Positions, readPresence, readStamp, readWithdrawal, wordOf, writeStamp } from './wire.ts'

test('What a publication is stamped with is read as it was written, and nothing else is', () => {
  for (const user of [undefined, '', 'Li Si', '李四\n\ud800']) {
    for (const ageMs of [0, 1000, Number.POSITIVE_INFINITY]) {
      const stamp = { check: 'aB-_09', at: 1_800_000_000_000, policy: { count: 5, ageMs }, user }
      const header = writeStamp(stamp)
      expect(header).toMatch(/^[\x21-\x7e]+(?: [\x21-\x7e]+){4}$/)
      expect(readStamp(header)).toEqual(stamp)
    }
  }
  const foreign = ['aB 1 2 3 %', 'aB 1 2 3 %ff', 'aB 1 2 3 no', 'aB 1 2 3 5']
  for (const header of ['', 'x', 'aB 1 2 3', 'aB 1 2 3 - 4', '! 1 2 3 -', ...foreign])
    expect(readStamp(header)).toBeUndefined()
})

test('The beginning of a topic is good for half a day at least, and for less than a day', () => {
  const hourMs = 60 * 60 * 1000
  for (const start of [0, 1, 5.5, 11.99]) {
    let now = 1_800_000_000_000 + start * hourMs
    const positions = new Positions('epoch', () => now)
    const { offset, check } = readPosition(positions.beginning()) as { offset: number; check: string }
    const isGood = () => positions.isBeginning(offset, check)
    now += 12 * hourMs
    expect(isGood()).toBe(true)
    now += 12 * hourMs
    expect(isGood()).toBe(false)
  }
})

test('Who has come or gone is read as it was written, and nothing else is', () => {
  expect(readPresence('{"member":{"client":"a","data":1},"since":1,"process":"p"}')).toEqual({
    client: 'a',
    process: 'p',
    member: { client: 'a', data: 1 },
  })
  expect(readPresence('{"client":"a","process":"p"}')).toEqual({
    client: 'a',
    process: 'p',
    member: undefined,
  })
  for (const text of [
    '',
    'no JSON',
    'null',
    '5',
    '[]',
    '{}',
    '{"member":null}',
    '{"member":5}',
    '{"client":5}',
  ])
    expect(readPresence(text)).toBeUndefined()
})

test('Any name is one word of a subject, and a long one is no longer than the server takes', () => {
  expect(Buffer.from(wordOf('room/1 · 你好'), 'base64url').toString()).toBe('room/1 · 你好')
  const names = ['x'.repeat(255), 'x'.repeat(256), `${'x'.repeat(100_000)}1`, `${'x'.repeat(100_000)}2`]
  for (const name of names) expect(wordOf(name)).toMatch(/^[\w~-]{1,340}$/)
  expect(new Set(names.map(wordOf)).size).toBe(4)
})

test('A publication whose data are no JSON in one line is none', () => {
  const header = writeStamp({ check: 'a', at: 1, policy: { count: 1, ageMs: 1 }, user: undefined })
  const entry = (data: string) => entryOf({ subject: '', seq: 1, header, data, storedMs: 0 })
  expect(entry('{"a":1}')).toMatchObject({ seq: 1, data: '{"a":1}' })
  for (const data of ['', 'no JSON', '{"a":1', '1}', '1\n', '{\r"a":1}']) expect(entry(data)).toBeUndefined()
})

test('What was withdrawn is read as it was written, and nothing else is', () => {
  expect(readWithdrawal('{"kind":"revoke","user":"Li"}')).toEqual({ kind: 'revoke', user: 'Li' })
  for (const text of ['', 'no JSON', 'null', '5', '{}', '{"kind":"revoke"}', '{"kind":"end","user":"Li"}'])
    expect(readWithdrawal(text)).toBeUndefined()
})
