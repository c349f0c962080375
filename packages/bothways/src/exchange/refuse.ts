import { HandshakeError, UsageError } from '@bothways/protocol'

/**
 * What `authenticate` throws to refuse a connection: the client gets this status and text instead of the upgrade.
 *
 * Prefer 403 to 401 for browsers: Chromium hides the number of a 401 from the developer's console.
 *
 * @param status an HTTP status from 400 to 599
 * @param text why, in a sentence that the other side may read
 * @param headers further headers of the answer, such as `WWW-Authenticate` or `Retry-After`
 * @example throw refuse(403, 'Your session has ended: sign in again.')
 */
export function refuse(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HandshakeError {
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new UsageError('BW_INVALID_OPTION', `A refusal's status is from 400 to 599, got ${status}.`)
  }
  return new HandshakeError('BW_AUTHENTICATION_REFUSED', text, { answer: { status, headers, body: text } })
}
