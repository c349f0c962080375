import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equalsIgnoringCase, isToken, listHasToken, parseTokenList, trimWhitespace } from './token.ts'

test('Exactly the characters of RFC 7230 make a token', () => {
  const allowed = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
  for (let code = 0; code < 0x200; code++) {
    const character = String.fromCharCode(code)
    expect(isToken(character), `U+${code.toString(16)}`).toBe(allowed.includes(character))
  }
})

test.each(['', 'a b', ' a', 'a ', 'a\n', 'a,b', 'é', 'chat/1'])('%j is not a token', text => {
  expect(isToken(text)).toBe(false)
})

test.each([
  [undefined, []],
  ['chat', ['chat']],
  ['chat, superchat', ['chat', 'superchat']],
  [' \tchat\t,superchat ', ['chat', 'superchat']],
  [',chat,, ,superchat,', ['chat', 'superchat']],
  [
    ['chat', 'superchat, third'],
    ['chat', 'superchat', 'third'],
  ],
  ['chat, chat', ['chat', 'chat']],
])('The token list %j has the elements %j', (value, tokens) => {
  expect(parseTokenList(value)).toEqual(tokens)
})

test.each(['', ' ', ',', 'a b', 'a;b', '"a"', 'a, b/1', 'a\u00a0', [[]]])(
  'The token list %j is malformed',
  value => {
    expect(parseTokenList(value as string)).toBeUndefined()
  },
)

test('Joining tokens and reading the list gives the tokens back, whatever white space is between them', () => {
  const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/)
  const separator = fc.stringMatching(/^[ \t]*,[ \t,]*$/)
  fc.assert(
    fc.property(fc.array(token, { minLength: 1 }), separator, (tokens, between) => {
      expect(parseTokenList(tokens.join(between))).toEqual(tokens)
    }),
    { seed: 7230 },
  )
})

test.each([
  ['upgrade', true],
  ['Upgrade', true],
  ['keep-alive, Upgrade', true],
  ['keep-alive,\tUPGRADE ,close', true],
  ['TLS/1.0, upgrade', true],
  [['keep-alive', 'Upgrade'], true],
  [undefined, false],
  ['', false],
  ['keep-alive', false],
  ['upgraded', false],
  ['upgrade/1', false],
  ['not upgrade', false],
])('Whether the list %j contains the token upgrade is %s', (value, expected) => {
  expect(listHasToken(value, 'upgrade')).toBe(expected)
})

test('Only ASCII letters are compared without their case', () => {
  expect(equalsIgnoringCase('WebSocket', 'websocket')).toBe(true)
  expect(equalsIgnoringCase('webSoc\u212aet', 'websocket')).toBe(false)
  expect(equalsIgnoringCase('', 'websocket')).toBe(false)
})

test('Trimming cuts spaces and tabs only', () => {
  expect(trimWhitespace(' \t a b\t ')).toBe('a b')
  expect(trimWhitespace('\u00a0a\n')).toBe('\u00a0a\n')
  expect(trimWhitespace(' \t ')).toBe('')
})
