import type { Language } from '../../language.ts'
import { draft, type Finding, wordFinding } from '../catalogue/draft.ts'
import { explain } from './explain.ts'

export interface HarFinding {
  readonly url: string
  readonly findings: readonly Finding[]
}

/** As many of the WebSockets that opened are named. */
const maxNamed = 20

/**
 * Reads a browser's recording (HAR 1.2), explains each WebSocket in it that failed, and counts the others.
 *
 * @throws SyntaxError when the text is no HAR
 */
export function explainHar(text: string, language: Language): HarFinding[] {
  // Some tools write the mark of UTF-8 in front.
  const entries = member(member(JSON.parse(text.replace(/^\uFEFF/, '')), 'log'), 'entries')
  if (!Array.isArray(entries)) throw new SyntaxError('A HAR file has log.entries.')
  const sockets = entries.filter(isWebSocket)
  const say = (...[code, facts, evidence]: Parameters<typeof draft>) => [
    wordFinding(draft(code, facts, evidence), language),
  ]
  if (sockets.length === 0) {
    const none = say('BW_DOCTOR_RECORDING_EMPTY', { requests: entries.length }, [])
    return [{ url: '', findings: none }]
  }
  const failed = sockets.flatMap(entry => explainEntry(entry, language))
  const opened = sockets.filter(entry => statusOf(entry) === 101).map(urlOf)
  if (opened.length === 0) return failed
  const named = opened.slice(0, maxNamed).map(url => `${url}: 101`)
  const rest = opened.length > maxNamed ? [`… ${opened.length - maxNamed}`] : []
  const facts = { count: opened.length, of: sockets.length }
  const healthy = say('BW_DOCTOR_RECORDING_OPENED', facts, [...named, ...rest])
  return [...failed, { url: opened[0] ?? '', findings: healthy }]
}

function explainEntry(entry: unknown, language: Language): HarFinding[] {
  const response = member(entry, 'response')
  const status = statusOf(entry)
  if (status === 101) return []
  const url = urlOf(entry)
  const error = asText(member(response, '_error'))
  const said = [
    error,
    asText(member(member(response, 'content'), 'text')),
    ...rejectReasons(member(response, 'headers')),
  ]
  const words =
    status > 0
      ? `WebSocket connection to '${url}' failed: Unexpected response code: ${status}`
      : `WebSocket connection to '${url}' failed`
  const seen = `${url}: ${status > 0 ? status : error === '' ? 'no answer' : error}`
  const findings = explain([words, ...said].join('\n'), language)
  // The text alone would be worth a note; the recording shows that it failed.
  return [{ url, findings: findings.map(finding => ({ ...finding, severity: 'error', evidence: [seen] })) }]
}

function statusOf(entry: unknown): number {
  const written = member(member(entry, 'response'), 'status')
  return typeof written === 'object' ? 0 : Number(written ?? 0)
}

function urlOf(entry: unknown): string {
  return asText(member(member(entry, 'request'), 'url'))
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
