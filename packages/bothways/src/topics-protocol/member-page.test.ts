import { expect, test } from 'vitest'
import { memberPage } from './member-page.ts'

const members = (count: number, data: unknown) =>
  Array.from({ length: count }, (_, at) => ({ client: `c${(at * 7919) % count}`.padEnd(8, '.'), data }))

function pages(all: ReturnType<typeof members>) {
  const got: string[][] = []
  let after: string | undefined = ''
  while (after !== undefined) {
    const { texts, next } = memberPage(all, after)
    got.push(texts.map(text => JSON.parse(text).client))
    after = next
  }
  return got
}

test('Members are told a thousand at a time, each once', () => {
  const all = members(2_500, 1)
  const got = pages(all)
  expect(got.map(page => page.length)).toEqual([1_000, 1_000, 500])
  expect(new Set(got.flat()).size).toBe(2_500)
})

test('Members that show much of themselves are told 256 KiB at a time, and one at least', () => {
  const got = pages(members(200, 'x'.repeat(4_000)))
  expect(got.flat().length).toBe(200)
  expect(Math.max(...got.map(page => page.length))).toBe(65)
  expect(pages(members(3, 'x'.repeat(300_000))).map(page => page.length)).toEqual([1, 1, 1])
  expect(pages([])).toEqual([[]])
})
