import type { IncomingMessage } from 'node:http'
import { HubError } from '../hub/hub-error.ts'
import { unsupportedMediaType } from './refusal.ts'

/**
 * The JSON object of a POST.
 *
 * @throws HubError `bad_request` (415 for another content type), `too_large`
 */
export async function readJsonBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Record<string, unknown>> {
  // Another type would let any page send it without asking first (Fetch, "CORS-safelisted request-header").
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw unsupportedMediaType('Send Content-Type: application/json.')
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length > maxBytes) throw new HubError('too_large', `A body is at most ${maxBytes} bytes.`)
    chunks.push(chunk as Buffer)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new HubError('bad_request', 'The body is one JSON object.')
}
