import type { EngineRequest } from './engine-request.ts'

/** Why a request is refused. */
export const errors = {
  UNKNOWN_TRANSPORT: 0,
  UNKNOWN_SID: 1,
  BAD_HANDSHAKE_METHOD: 2,
  BAD_REQUEST: 3,
  FORBIDDEN: 4,
  UNSUPPORTED_PROTOCOL_VERSION: 5,
} as const

export type ErrorCode = (typeof errors)[keyof typeof errors]

/** The same in words, which are part of the answer. */
export const errorMessages: Readonly<Record<ErrorCode, string>> = {
  0: 'Transport unknown',
  1: 'Session ID unknown',
  2: 'Bad handshake method',
  3: 'Bad request',
  4: 'Forbidden',
  5: 'Unsupported protocol version',
}

/** The facts behind a refusal; a `message` replaces the usual one in the answer. */
export type ErrorContext = Readonly<Record<string, unknown>> & {
  readonly name?: string
  readonly message?: string | null | undefined
}

/** The argument of `connection_error`. */
export interface ConnectionError {
  readonly req: EngineRequest
  readonly code: ErrorCode
  readonly message: string
  readonly context: ErrorContext | undefined
}

/** A refused request. */
export interface EngineRefusal {
  readonly code: ErrorCode
  readonly context?: ErrorContext | undefined
  /** The status of the answer, where it is not the one that npm's `engine.io` gives. */
  readonly status?: number
}

/** The message that the client gets. */
export function messageOf({ code, context }: EngineRefusal): string {
  return context?.message || errorMessages[code]
}
