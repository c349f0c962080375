/** Codes that this side makes; the others come from the server. */
export type OwnCode =
  | 'outcome_unknown'
  | 'queue_full'
  | 'closed'
  | 'too_large'
  | 'invalid_data'
  | 'timeout'
  | 'wrong_use'

/** A call failed. Compare `code`: one of the server's, or one of this side's. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError'
  readonly code: OwnCode | (string & {})
  /** Whether the same call may succeed later. */
  readonly retryable: boolean

  constructor(code: OwnCode | (string & {}), message: string, retryable = false) {
    super(message)
    this.code = code
    this.retryable = retryable
  }
}

export function queueFull(limit: string): ClientError {
  return new ClientError('queue_full', `At most ${limit} wait here.`, true)
}

export function outcomeUnknown(): ClientError {
  return new ClientError('outcome_unknown', 'The answer was lost: it may have happened or not.')
}
