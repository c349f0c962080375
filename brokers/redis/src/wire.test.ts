import { expect, test } from 'vitest'
import { readCarried } from './wire.ts'

test('What a script has published is read, and what is anything else is not', () => {
  const fields = ['epoch', '3', 'check', 'before', '1800000000000', '"Li"', '{"a":1}']
  expect(readCarried('t', `p\n${fields.join('\n')}`)).toMatchObject({
    type: 'publication',
    publication: {
      topic: 't',
      position: 'epoch.3.check',
      previous: 'epoch.2.before',
      user: 'Li',
      data: '{"a":1}',
    },
  })
  expect(readCarried('t', 'j\n{"client":"a","data":1}')).toEqual({
    type: 'joined',
    member: { client: 'a', data: 1 },
  })
  expect(readCarried('t', 'l\na')).toEqual({ type: 'left', client: 'a' })
  const wrong = (at: number, text: string) => `p\n${fields.with(at, text).join('\n')}`
  const foreign = ['', 'x', 'p\n', 'j\n', 'j\nno JSON', 'j\nnull', 'j\n{}', 'j\n{"client":1}']
  const texts = ['', 'no JSON', '{"a":1', '1}', '1\r'].map(text => wrong(6, text))
  const others = [
    wrong(0, 'e"'),
    wrong(2, '"'),
    wrong(1, 'x'),
    wrong(4, ''),
    wrong(5, 'no JSON'),
    wrong(5, '5'),
  ]
  for (const message of [...foreign, ...texts, ...others]) expect(readCarried('t', message)).toBeUndefined()
})
