import { HubError } from 'bothways'

/** A reply begins with a word in capitals, such as `LOADING` or `NOPERM`. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
const reply = /^[A-Z]{3,} /

/** A failure of Redis or of the way to it, as what the hub's callers understand. */
export function hubErrorOf(error: unknown): HubError {
  if (error instanceof HubError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (/^OOM\b/.test(message) || /\bOOM command not allowed/.test(message)) {
    return new HubError('busy', 'Redis has no memory left: try again later.', {
      retryAfterMs: 1000,
      cause: error,
    })
  }
  const reason = reply.test(message) ? `Redis answers ${message}` : `Redis does not answer: ${message}`
  return new HubError('unavailable', reason, { retryAfterMs: 1000, cause: error })
}

export function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

export function closed(): HubError {
  return new HubError('unavailable', 'The broker was closed.')
}
