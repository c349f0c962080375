/**
 * The codes that a call of the hub may end with: the HTTP status, and whether the same call may succeed later. They are those
 * of `bothways.v1`.
 */
export const hubCodes = {
  bad_request: { status: 400, retryable: false },
  unknown_type: { status: 400, retryable: false },
  unknown_topic: { status: 404, retryable: false },
  unknown_method: { status: 404, retryable: false },
  unauthenticated: { status: 401, retryable: false },
  expired: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  invalid_data: { status: 400, retryable: false },
  too_large: { status: 413, retryable: false },
  rate_limited: { status: 429, retryable: true },
  busy: { status: 503, retryable: true },
  unavailable: { status: 503, retryable: true },
  no_history: { status: 400, retryable: false },
  key_reused: { status: 409, retryable: false },
  out_of_order: { status: 409, retryable: true },
  conflict: { status: 409, retryable: false },
  already_subscribed: { status: 409, retryable: false },
  internal: { status: 500, retryable: false },
} as const

export type HubCode = keyof typeof hubCodes

const brand = Symbol.for('bothways.HubError')

/** A call of the hub failed; `code` says why, `retryable` whether to try again, after `retryAfterMs` if that is given. */
export class HubError extends Error {
  override readonly name = 'HubError'
  readonly code: HubCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  /** Which of several topics of one call it is about. */
  topic: string | undefined

  constructor(code: HubCode, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = hubCodes[code].retryable
    this.retryAfterMs = options.retryAfterMs
  }
}

Object.defineProperty(HubError.prototype, brand, { value: true })
// Also what another copy of this package has made, as that of a broker or of a handler's module.
Object.defineProperty(HubError, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this !== HubError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return value instanceof Error && Reflect.get(value, brand) === true
  },
})

/** A thrown error as one with a code; one that is none of the hub's own is `internal`, and its text stays inside. */
export function toHubError(error: unknown): HubError {
  const isKnown = error instanceof HubError && Object.hasOwn(hubCodes, error.code)
  return isKnown ? error : new HubError('internal', 'The server failed.', { cause: error })
}
