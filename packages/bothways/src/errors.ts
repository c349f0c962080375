import {
  HandshakeError as AnyHandshakeError,
  LimitError as AnyLimitError,
  UsageError as AnyUsageError,
  type Limit,
  type limits,
  type refusedAnswers,
  type usageCodes,
} from '@bothways/protocol'
import type { openingCodes } from './client/error-codes.ts'
import type { connectionLimits, connectionUsageCodes } from './connection/error-codes.ts'
import type { admissionLimits, exchangeFailureCodes } from './opening/error-codes.ts'
import type { RefusalCode } from './opening/refusals.ts'
import type { serverUsageCodes, socketLimits } from './server/error-codes.ts'
import type { workerUsageCodes } from './workers/error-codes.ts'

// The error classes as programs know them: each layer has a table of its codes, and here they come together.

export {
  type HandshakeAnswer,
  isBothwaysError,
  ProtocolViolation,
  type ViolationCode,
} from '@bothways/protocol'

type CodeOf<Limits extends Record<string, Limit>> = Limits[keyof Limits]['code']

export type LimitCode =
  | CodeOf<typeof limits>
  | CodeOf<typeof connectionLimits>
  | CodeOf<typeof admissionLimits>
  | CodeOf<typeof socketLimits>

export type UsageCode =
  | (typeof usageCodes)[number]
  | (typeof connectionUsageCodes)[number]
  | (typeof serverUsageCodes)[number]
  | (typeof workerUsageCodes)[number]

export type HandshakeCode =
  | RefusalCode
  | (typeof exchangeFailureCodes)[number]
  | (typeof refusedAnswers)[number]
  | (typeof openingCodes)[number]

/** A class of errors, whose codes are known here. */
interface ErrorClass<Made extends Error, Any extends new (...args: never) => Error> {
  new (...args: ConstructorParameters<Any>): Made
  readonly prototype: Made
}

/** A bound was reached. The message names what came, the limit and the option that sets it. */
export type LimitError = AnyLimitError & { readonly code: LimitCode }
export const LimitError: ErrorClass<LimitError, typeof AnyLimitError> = AnyLimitError as never

/** The call itself was wrong; nothing was sent. The message says what was expected and what came. */
export type UsageError = AnyUsageError & { readonly code: UsageCode }
export const UsageError: ErrorClass<UsageError, typeof AnyUsageError> = AnyUsageError as never

/** The opening handshake failed (RFC 6455 §4). */
export type HandshakeError = AnyHandshakeError & { readonly code: HandshakeCode }
export const HandshakeError: ErrorClass<HandshakeError, typeof AnyHandshakeError> = AnyHandshakeError as never
