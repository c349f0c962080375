import { expectTypeOf, test } from 'vitest'
import {
  type HandshakeCode,
  HandshakeError,
  type LimitCode,
  LimitError,
  type UsageCode,
  UsageError,
} from './index.ts'

test('Each class tells which codes there are', () => {
  const error: unknown = new UsageError('BW_INVALID_OPTION', 'x')
  if (error instanceof LimitError) expectTypeOf(error.code).toEqualTypeOf<LimitCode>()
  if (error instanceof HandshakeError) expectTypeOf(error.code).toEqualTypeOf<HandshakeCode>()
  if (error instanceof UsageError) {
    expectTypeOf(error.code).toEqualTypeOf<UsageCode>()
    expectTypeOf(error.message).toBeString()
    // @ts-expect-error there is no such code
    return error.code === 'BW_INVALID_OPTIONS'
  }
  return false
})

test('Codes of every layer are among them', () => {
  expectTypeOf<'BW_MESSAGE_TOO_BIG' | 'BW_TOO_FAST' | 'BW_TOO_MANY_TOPICS'>().toExtend<LimitCode>()
  expectTypeOf<'BW_INVALID_HEADER' | 'BW_WRONG_PROCESS' | 'BW_ROUTE_EXISTS'>().toExtend<UsageCode>()
  expectTypeOf<'BW_KEY_INVALID' | 'BW_NO_ROUTE' | 'BW_HANDSHAKE_ABORTED'>().toExtend<HandshakeCode>()
})
