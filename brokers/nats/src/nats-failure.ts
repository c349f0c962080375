import { HubError } from 'bothways'

/** An error that JetStream answers a call with. */
export interface ApiError {
  readonly code: number
  readonly err_code?: number
  readonly description?: string
}

/** Of https://github.com/nats-io/nats-server/blob/main/server/errors.json */
export const ErrorCode = {
  StreamNotFound: 10_059,
  NoMessageFound: 10_037,
  StreamNameInUse: 10_058,
  WrongLastSequence: 10_071,
  MessageTooLarge: 10_054,
  StoreFailed: 10_077,
  InsufficientResources: 10_023,
  MemoryExceeded: 10_028,
  StorageExceeded: 10_047,
} as const

const full: ReadonlySet<number | undefined> = new Set([
  ErrorCode.StoreFailed,
  ErrorCode.InsufficientResources,
  ErrorCode.MemoryExceeded,
  ErrorCode.StorageExceeded,
])

/** JetStream has answered, and does not do it. */
export function refusalOf({ code, err_code, description = '' }: ApiError): HubError {
  if (full.has(err_code)) {
    const text = `JetStream has no room left (${description}): try again later.`
    return new HubError('busy', text, { retryAfterMs: 1000 })
  }
  if (err_code === ErrorCode.MessageTooLarge) return new HubError('too_large', `JetStream: ${description}.`)
  return new HubError('unavailable', `JetStream answers ${code}: ${description}`, { retryAfterMs: 1000 })
}

/** A failure of NATS or of the way to it, as what the hub's callers understand. */
export function hubErrorOf(error: unknown): HubError {
  if (error instanceof HubError) return error
  const { name = '', message = String(error) } = error instanceof Error ? error : {}
  if (/max_payload/.test(message)) {
    return new HubError('too_large', 'A message of NATS is as long as `max_payload` of the server at most.', {
      cause: error,
    })
  }
  if (/^Permissions Violation/i.test(message)) {
    return new HubError('unavailable', `NATS does not allow it: ${message}`, {
      retryAfterMs: 1000,
      cause: error,
    })
  }
  const said = /no ?responders|\b503\b/i.test(`${name} ${message}`)
    ? 'nobody answers for JetStream: it is not enabled, or not ready'
    : `${message || name}`
  return new HubError('unavailable', `NATS does not answer: ${said}`, { retryAfterMs: 1000, cause: error })
}
