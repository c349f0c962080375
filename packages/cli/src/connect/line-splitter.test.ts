import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from './line-splitter.ts'

function split(...chunks: readonly Buffer[]): string[] {
  const splitter = new LineSplitter()
  const lines = chunks.flatMap(chunk => splitter.push(chunk))
  const last = splitter.end()
  return [...lines, ...(last === undefined ? [] : [last])].map(line => line.toString('latin1'))
}

test.each([
  ['', []],
  ['\n', ['']],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\n\nb', ['a', '', 'b']],
  ['a\rb\r\nc\u0085', ['a\rb\r', 'c\u0085']],
])('%j has the lines %j', (text, lines) => {
  expect(split(Buffer.from(text, 'latin1'))).toEqual(lines)
})

test('Cutting the input anywhere changes nothing', () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array.map(byte => byte % 13)))
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(40)), (input, cuts) => {
      const at = [0, ...cuts.filter(cut => cut <= input.length).sort((a, b) => a - b), input.length]
      const chunks = at.slice(1).map((end, index) => input.subarray(at[index], end))
      expect(split(...chunks)).toEqual(split(input))
    }),
    { seed: 20_261_121 },
  )
})
