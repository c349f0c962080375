import { type HandshakeAnswer, HandshakeError } from 'bothways'
import { wordFinding } from '../doctor/catalogue/draft.ts'
import type { Language } from '../language.ts'
import { closeCodeInWords } from './close-code-words.ts'
import { type EventWords, eventWords } from './event-words.ts'
import { failureHint } from './failure-hint.ts'
import { printable, printableLine } from './printable.ts'
import {
  type Payload,
  payloadBytes,
  type SessionEvent,
  type SocketIoEvent,
  type Verdict,
} from './session-event.ts'
import { printValues } from './socket-io-line.ts'

/** Bytes of a binary message, and characters of a text, that are shown; the rest is counted. */
const shownBytes = 256
const shownCharacters = 16_384

/** Lines of the body of an answer that refused the handshake; the client has kept its first KiB. */
const shownLines = 12

export interface Style {
  readonly isColored: boolean
  readonly isVerbose: boolean
  readonly language: Language
}

const Color = { Red: 31, Green: 32, Yellow: 33, Cyan: 36, Gray: 90 } as const
type Color = (typeof Color)[keyof typeof Color]
type Paint = (color: Color, text: string) => string
const plain: Paint = (_, text) => text

/** Whether an event is only shown when asked for. */
function isDetail(event: SessionEvent): boolean {
  return event.type === 'connecting' || event.type === 'ping' || event.type === 'pong'
}

/** One event as a person reads it; undefined for an event that is only shown when asked for. */
export function describeEvent(event: SessionEvent, date: Date, style: Style): string | undefined {
  if (isDetail(event) && !style.isVerbose) return undefined
  const paint: Paint = (color, text) => (style.isColored ? `\u001b[${color}m${text}\u001b[0m` : text)
  return `${paint(Color.Gray, date.toTimeString().slice(0, 8))} ${describe(event, style, paint)}`
}

function describe(event: SessionEvent, { isVerbose, language }: Style, paint: Paint): string {
  const words = eventWords[language]
  const sent = paint(Color.Cyan, '→')
  const received = paint(Color.Yellow, '←')
  const failed = paint(Color.Red, '●')
  switch (event.type) {
    case 'connecting':
      return `${sent} ${words.connecting(event.url, event.protocols.join(', '), event.headers.join(', '))}`
    case 'open': {
      const parts = [event.protocol && words.subprotocol(event.protocol), event.extensions].filter(Boolean)
      const negotiated = parts.length > 0 ? words.negotiated(parts) : ''
      const answer = isVerbose && event.handshake !== undefined ? describeAnswer(event.handshake, words) : ''
      return `${paint(Color.Green, '●')} ${words.open(event.url)}${negotiated}${answer}`
    }
    case 'sent':
      return `${sent} ${describePayload(event.payload, words, paint)}`
    case 'received':
      return `${received} ${describePayload(event.payload, words, paint)}`
    case 'emitted':
    case 'acknowledged':
    case 'event':
    case 'ack': {
      const arrow = event.type === 'emitted' || event.type === 'acknowledged' ? sent : received
      const wanted = 'name' in event && event.id !== undefined ? paint(Color.Gray, ` (ack ${event.id})`) : ''
      return `${arrow} ${printable(socketIoLine(event))}${wanted}`
    }
    case 'ping':
    case 'pong':
      return `${received} ${event.type} ${paint(Color.Gray, sizeInWords(event.payload.length))}`
    case 'round-trip':
      return event.milliseconds === undefined
        ? `${failed} ${words.noPong}`
        : `${received} ${words.pongAfter(event.milliseconds.toFixed(2))}`
    case 'redirected':
      return `${received} ${words.redirected(event.status, event.url)}${event.isForeign ? words.withoutCredentials : ''}`
    case 'waiting':
      return `${sent} ${words.waiting((event.milliseconds / 1_000).toFixed(1))}`
    case 'error': {
      const { error } = event
      const hint = failureHint(error)
      const answer = error instanceof HandshakeError ? error.answer : undefined
      return [
        `${failed} ${printableLine(error.message)}`,
        hint === undefined ? '' : ` ${hint[language]}`,
        answer && isVerbose ? describeAnswer(answer, words) : '',
        answer === undefined ? '' : describeBody(answer.body, error.message, words),
        event.verdict === undefined ? '' : describeVerdict(event.verdict, language, words),
      ].join('')
    }
    case 'close': {
      const by = event.by === undefined ? '' : words.endedBy[event.by]
      const meaning = closeCodeInWords(event.code)[language]
      return `${failed} ${words.closed(event.code, printableLine(event.reason), meaning, by)}`
    }
  }
}

/** The doctor's conclusion: its code and title, and the first line of its advice. */
function describeVerdict({ draft, url }: Verdict, language: Language, words: EventWords): string {
  const { code, title, advice } = wordFinding(draft, language)
  const [first = ''] = advice.split('\n')
  return [`${code}: ${title}`, first, words.lookCloser(url)]
    .map(line => `\n  ${printableLine(line)}`)
    .join('')
}

/** Status and headers, a line each. */
function describeAnswer(
  { status, headers }: Pick<HandshakeAnswer, 'status' | 'headers'>,
  words: EventWords,
): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map(each => `${name}: ${printableLine(each)}`),
  )
  return [words.status(status), ...lines].map(line => `\n  ${line}`).join('')
}

/** The lines of an answer's body, unless the message has quoted it whole. */
function describeBody(body: string, message: string, words: EventWords): string {
  const text = body.trim()
  if (text === '' || message.includes(text)) return ''
  const lines = text.split(/\r?\n/)
  const shown = lines.slice(0, shownLines).map(line => `\n  | ${printable(line)}`)
  return `${shown.join('')}${lines.length > shownLines ? `\n  | ${words.moreLines(lines.length - shownLines)}` : ''}`
}

/** An event or acknowledgement of Socket.IO, as one would type it. */
export function socketIoLine(event: SocketIoEvent): string {
  const head = 'name' in event ? event.name : `/ack ${event.id}`
  return `${head} ${printValues(event.args)}`.trimEnd()
}

/** Type, size, and the beginning. */
export function describePayload(payload: Payload, words: EventWords, paint: Paint = plain): string {
  const type = typeof payload === 'string' ? words.text : words.binary
  const size = paint(Color.Gray, `${type} ${sizeInWords(payloadBytes(payload))}`)
  return `${size} ${typeof payload === 'string' ? beginning(payload, words) : hex(payload, words)}`
}

function beginning(text: string, words: EventWords): string {
  const shown = printable(text.slice(0, shownCharacters))
  return text.length > shownCharacters ? `${shown} ${words.more(text.length - shownCharacters)}` : shown
}

function hex(bytes: Uint8Array, words: EventWords): string {
  const shown = Buffer.from(bytes.subarray(0, shownBytes))
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ')
  return bytes.length > shownBytes ? `${shown} ${words.more(bytes.length - shownBytes)}` : shown
}

function sizeInWords(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`
}

/** One event as a JSON object on one line, bytes in base64; undefined for an event that is only shown when asked for. */
export function eventAsJson(event: SessionEvent, date: Date, isVerbose: boolean): string | undefined {
  if (isDetail(event) && !isVerbose) return undefined
  return JSON.stringify({ time: date.toISOString(), ...eventAsObject(event) })
}

/** An event as JSON has it. */
export function eventAsObject(event: SessionEvent): object {
  if (event.type === 'error') {
    const { code, message, answer } = event.error as Partial<HandshakeError>
    const { status, body } = answer ?? {}
    return { type: 'error', code, message, status, body, finding: event.verdict?.draft.code }
  }
  if (!('payload' in event)) return event
  const { type, payload } = event
  const data =
    typeof payload === 'string'
      ? { data: payload }
      : { data: Buffer.from(payload).toString('base64'), encoding: 'base64' }
  return { type, bytes: payloadBytes(payload), ...data }
}
