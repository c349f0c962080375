import { describe, expect, test } from 'vitest'
import { WrongUse } from '../wrong-use.ts'
import { languageOption, readArguments, readHost, readPort, readWhole } from './arguments.ts'

const says = { en: '', zh: '' }
const options = {
  port: { type: 'string', value: 'N', elsewhere: ['listen'], says },
  header: { type: 'string', multiple: true, says },
  json: { type: 'boolean', says },
} as const

describe('readArguments', () => {
  test('reads options, repeated ones too, and words', () => {
    const { values, positionals } = readArguments(
      ['a', '--port=1', '--header', 'x', '--header', 'y'],
      options,
    )
    expect(positionals).toEqual(['a'])
    expect({ ...values }).toEqual({ port: '1', header: ['x', 'y'] })
  })

  test.each([
    [['--prt', '1'], 'There is no option --prt; did you mean --port?'],
    [['--listen', '1'], 'There is no option --listen; did you mean --port?'],
    [['--zzzzzz'], 'There is no option --zzzzzz.'],
    [['--port'], '--port takes a value: --port N.'],
    [['--header', '--port'], '--header takes a value'],
    [['--json=x'], "--json takes no value, got 'x'"],
    [['-p'], 'There is no option -p'],
  ])('%j says what is wrong', (args, message) => {
    expect(() => readArguments(args, options)).toThrow(WrongUse)
    expect(() => readArguments(args, options)).toThrow(message)
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

test('--lang counts wherever it stands before --, with = or without, the last one first', () => {
  expect(languageOption(['a', '--lang', 'zh'])).toBe('zh')
  expect(languageOption(['--lang=zh', '--lang', 'en_US.UTF-8'])).toBe('en')
  expect([languageOption(['--', '--lang', 'zh']), languageOption([])]).toEqual([undefined, undefined])
  expect(() => languageOption(['--lang', 'fr'])).toThrow("--lang takes en or zh, got 'fr'.")
})
