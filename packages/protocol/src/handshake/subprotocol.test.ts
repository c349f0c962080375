import { expect, test } from 'vitest'
import { UsageError } from '../errors.ts'
import { checkSubprotocols, chooseSubprotocol, findDuplicate } from './subprotocol.ts'

test("The server's order decides which common subprotocol is chosen", () => {
  expect(chooseSubprotocol(['a', 'b', 'c'], ['c', 'b'])).toBe('c')
})

test('No subprotocol is chosen when there is none in common, also when only the case differs', () => {
  expect(chooseSubprotocol(['chat'], ['Chat'])).toBeUndefined()
  expect(chooseSubprotocol([], ['chat'])).toBeUndefined()
  expect(chooseSubprotocol(['chat'], [])).toBeUndefined()
})

test('A client may offer different tokens, case included', () => {
  expect(() => checkSubprotocols(['chat', 'Chat', 'bothways.v1'])).not.toThrow()
  expect(() => checkSubprotocols([])).not.toThrow()
})

test.each([[['chat', 'chat']], [['']], [['a b']], [['a,b']], [['a\r\nb']], [['é']]])(
  'Offering %j throws a UsageError',
  subprotocols => {
    expect(() => checkSubprotocols(subprotocols)).toThrow(UsageError)
    expect(() => checkSubprotocols(subprotocols)).toThrow(
      expect.objectContaining({ code: 'BW_INVALID_SUBPROTOCOL' }),
    )
  },
)

test('The first text that comes again is the duplicate', () => {
  expect(findDuplicate(['a', 'b', 'c', 'c', 'b'])).toBe('c')
  expect(findDuplicate(['a', 'b'])).toBeUndefined()
})
