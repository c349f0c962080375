import { expect, test } from 'vitest'
import { toNdjson } from './ndjson.ts'

test('Each entry is one line of JSON, bytes in Base64', () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => at)
  const lines = toNdjson([
    { sequence: 1, date: 0, direction: 'in', type: 'text', bytes: 4, data: 'a\n中' },
    { sequence: 2, date: 1, direction: 'out', type: 'binary', bytes: bytes.length, data: bytes },
  ]).split('\n')
  expect(lines[0]).toBe(
    '{"date":"1970-01-01T00:00:00.000Z","direction":"in","type":"text","bytes":4,"text":"a\\n中"}',
  )
  const decoded = atob(JSON.parse(lines[1] ?? '').base64)
  expect(Uint8Array.from(decoded, character => character.charCodeAt(0))).toEqual(bytes)
  expect(lines[2]).toBe('')
})
