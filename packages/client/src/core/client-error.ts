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

/** @throws ClientError `wrong_use` for what is no object, and for a name that is not there: misspelt, it would do nothing */
export function checkNames(what: string, given: object, names: string): void {
  const isObject = typeof given === 'object' && given !== null
  const unknown = isObject && Object.keys(given).find(name => !names.split(' ').includes(name))
  if (isObject && unknown === undefined) return
  const wrong = isObject ? `has no ${unknown}` : `is an object, got a ${typeof given}`
  throw new ClientError('wrong_use', `${what} ${wrong}; there are ${names.replaceAll(' ', ', ')}.`)
}

/** @throws ClientError `wrong_use` */
export function checkIs(what: string, type: 'function' | 'string' | 'number', given: unknown): void {
  if (typeof given === type) return
  throw new ClientError('wrong_use', `${what} is a ${type}, got ${given === null ? 'null' : typeof given}.`)
}

export function queueFull(limit: string): ClientError {
  return new ClientError('queue_full', `At most ${limit} wait here.`, true)
}

/** The error of a call that will get no answer. */
export function unanswered(wasSent: boolean): ClientError {
  return wasSent
    ? new ClientError('outcome_unknown', 'The answer was lost: it may have happened or not.')
    : new ClientError('closed', 'This was not sent.')
}
