import { describe, expect, test } from 'vitest'
import { readCommandLine, readHost, readPort, readWhole } from './command-line.ts'
import { WrongUse } from './wrong-use.ts'

const options = { port: { type: 'string' }, header: { type: 'string', multiple: true } } as const

describe('readCommandLine', () => {
  test('reads options, repeated ones too, and words', () => {
    const { values, positionals } = readCommandLine(
      ['a', '--port=1', '--header', 'x', '--header', 'y'],
      options,
    )
    expect(positionals).toEqual(['a'])
    expect({ ...values }).toEqual({ port: '1', header: ['x', 'y'] })
  })

  test.each([
    [['--prt', '1'], 'There is no option --prt; did you mean --port?'],
    [['--zzzzzz'], 'There is no option --zzzzzz.'],
    [['--port'], '--port'],
    [['--header', '--port'], '--header'],
  ])('%j says what is wrong', (args, message) => {
    expect(() => readCommandLine(args, options)).toThrow(WrongUse)
    expect(() => readCommandLine(args, options)).toThrow(message)
  })
})

test.each(['', ' ', '-1', '1.5', '1e3', '0x10', '65536', 'http'])('%j is no port', text => {
  expect(() => readPort(text)).toThrow('--port takes a whole number from 0 to 65535')
})

test('The ends of a range belong to it', () => {
  expect([readPort('0'), readPort('65535'), readWhole('--n', '2', 2, 2)]).toEqual([0, 65_535, 2])
})

test('A host may stand in brackets, and must not be empty: that would be every network', () => {
  expect([readHost('::1'), readHost('[::1]'), readHost('localhost')]).toEqual(['::1', '::1', 'localhost'])
  expect(() => readHost('')).toThrow(WrongUse)
  expect(() => readHost('http://localhost')).toThrow(WrongUse)
})
