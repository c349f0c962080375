import { readFile } from 'node:fs/promises'
import { runChild } from '@bothways/test-support/child'
import { expect, test } from 'vitest'
import { applyMutation } from './apply-mutation.mjs'
import { mutations } from './mutations.mjs'

const root = new URL('../../', import.meta.url)

test.each(mutations)('The bug can be planted: $title', async mutation => {
  const source = await readFile(new URL(mutation.file, root), 'utf8')
  expect(applyMutation(source, mutation)).not.toBe(source)
})

test('There are many, and no two of the same title', () => {
  expect(mutations.length).toBeGreaterThanOrEqual(100)
  expect(new Set(mutations.map(({ title }) => title)).size).toBe(mutations.length)
})

test('A bug whose place is not in the source any more, or not once, is an error', () => {
  const mutation = { title: 'A bug', file: 'x.ts', from: 'a < b', to: 'a <= b' }
  expect(applyMutation('if (a < b) return', mutation)).toBe('if (a <= b) return')
  expect(() => applyMutation('if (b > a) return', mutation)).toThrow('0 times')
  expect(() => applyMutation('a < b && a < b', mutation)).toThrow('2 times')
})

// All of them, for longer: npm run mutate.
test('The fuzzer finds some bugs of each kind', async () => {
  const some = ['Unmasking begins anew', 'a chunk is lost by a pause', 'Surrogates', 'A key may be too long']
  const more = [
    'reads behind what has come',
    'Inflated text',
    'written in bytes',
    'attachments is not bounded',
  ]
  const only = [...some, ...more].flatMap(title => ['--only', title])
  const output = await runChild('node', ['tools/commands/mutate.mjs', '--seconds', '60', ...only])
  expect(output).toContain('8 of 8 found')
}, 300_000)
