import type { IncomingMessage } from 'node:http'
import type { ByteBudget } from '../connection/byte-budget.ts'
import { HubError } from '../hub/hub-error.ts'
import { type BodyFailure, RequestBody } from '../opening/request-body.ts'
import { unsupportedMediaType } from './hub-http-error.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON object of a POST. Until it has come whole, its memory counts in `bodies`.
 *
 * @throws HubError `bad_request` (415 for another content type), `too_large`, `busy` when all bodies together are too much
 */
export async function readJsonBody(
  request: IncomingMessage,
  maxBytes: number,
  bodies: ByteBudget,
): Promise<Record<string, unknown>> {
  // Another type would let any page send it without asking first (Fetch, "CORS-safelisted request-header").
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw unsupportedMediaType('Send Content-Type: application/json.')
  }
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    const body = new RequestBody(request, maxBytes, bodies, {
      onBody: whole => {
        resolve(whole)
        body.release()
      },
      onBodyFailure: failure => reject(bodyError(failure, maxBytes)),
    })
  })
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new HubError('bad_request', 'The body is one JSON object in UTF-8.')
}

function bodyError(failure: BodyFailure, maxBytes: number): HubError {
  if (failure === 'too long') return new HubError('too_large', `A body is at most ${maxBytes} bytes.`)
  if (failure === 'broken off') return new HubError('bad_request', 'The body was broken off.')
  return new HubError('busy', 'The bodies of all requests together are too much at present.')
}
