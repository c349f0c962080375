import type { Language } from '../../language.ts'
import type { Finding } from '../findings/draft.ts'
import { explain } from './explain.ts'

export interface HarFinding {
  readonly url: string
  readonly findings: readonly Finding[]
}

/**
 * Reads a browser's recording (HAR 1.2) and explains each WebSocket in it that failed.
 *
 * @throws SyntaxError when the text is no HAR
 */
export function explainHar(text: string, language: Language): HarFinding[] {
  // Some tools write the mark of UTF-8 in front.
  const entries = member(member(JSON.parse(text.replace(/^\uFEFF/, '')), 'log'), 'entries')
  if (!Array.isArray(entries)) throw new SyntaxError('A HAR file has log.entries.')
  return entries.filter(isWebSocket).flatMap(entry => {
    const response = member(entry, 'response')
    const written = member(response, 'status')
    const status = typeof written === 'object' ? 0 : Number(written ?? 0)
    if (status === 101) return []
    const url = asText(member(member(entry, 'request'), 'url'))
    const said = [
      asText(member(response, '_error')),
      asText(member(member(response, 'content'), 'text')),
      ...rejectReasons(member(response, 'headers')),
    ]
    const words =
      status > 0
        ? `WebSocket connection to '${url}' failed: Unexpected response code: ${status}`
        : `WebSocket connection to '${url}' failed`
    return [{ url, findings: explain([words, ...said].join('\n'), language) }]
  })
}

function isWebSocket(entry: unknown): boolean {
  return (
    member(entry, '_resourceType') === 'websocket' ||
    member(entry, '_webSocketMessages') !== undefined ||
    /^wss?:/.test(asText(member(member(entry, 'request'), 'url')))
  )
}

/** Headers in which servers say why, as lines. */
function rejectReasons(headers: unknown): string[] {
  if (!Array.isArray(headers)) return []
  return headers
    .filter(header => /^x-websocket-reject-reason$/i.test(asText(member(header, 'name'))))
    .map(header => `X-WebSocket-Reject-Reason: ${asText(member(header, 'value'))}`)
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Readonly<Record<string, unknown>>)[name] : undefined
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
