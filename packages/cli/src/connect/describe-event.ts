import { closeCodeInWords } from './close-code-words.ts'
import { type Payload, payloadBytes, type SessionEvent } from './session-event.ts'

/** Bytes of a binary message that are shown; the rest is counted. */
const shownBytes = 256

export interface Style {
  readonly isColored: boolean
  readonly isVerbose: boolean
}

const enders = {
  us: 'this side',
  peer: 'the other side',
  policy: 'this side, by a rule',
  network: 'the network',
}

/** One event as a person reads it; undefined for what is only shown when asked for. */
export function describeEvent(event: SessionEvent, date: Date, style: Style): string | undefined {
  const paint = (color: number, text: string): string =>
    style.isColored ? `\u001b[${color}m${text}\u001b[0m` : text
  const time = paint(90, date.toTimeString().slice(0, 8))
  switch (event.type) {
    case 'open': {
      const parts = [event.protocol && `subprotocol ${event.protocol}`, event.extensions].filter(Boolean)
      const headers = style.isVerbose
        ? Object.entries(event.handshake?.headers ?? {}).map(([name, value]) => `\n  ${name}: ${value}`)
        : []
      const negotiated = parts.length > 0 ? ` (${parts.join(', ')})` : ''
      return `${time} ${paint(32, '●')} connected to ${event.url}${negotiated}${headers.join('')}`
    }
    case 'sent':
      return `${time} ${paint(36, '→')} ${describePayload(event.payload, paint)}`
    case 'received':
      return `${time} ${paint(33, '←')} ${describePayload(event.payload, paint)}`
    case 'ping':
    case 'pong':
      if (!style.isVerbose) return undefined
      return `${time} ${paint(33, '←')} ${event.type} ${paint(90, sizeInWords(event.payload.length))}`
    case 'round-trip':
      return event.milliseconds === undefined
        ? `${time} ${paint(31, '●')} no pong came`
        : `${time} ${paint(33, '←')} pong after ${event.milliseconds.toFixed(2)} ms`
    case 'error':
      return `${time} ${paint(31, '●')} ${event.error.message}`
    case 'close': {
      const reason = event.reason === '' ? '' : ` “${event.reason}”`
      const by = event.by === undefined ? '' : `, ended by ${enders[event.by]}`
      return `${time} ${paint(31, '●')} closed ${event.code}${reason}: ${closeCodeInWords(event.code)}${by}`
    }
  }
}

function describePayload(payload: Payload, paint: (color: number, text: string) => string): string {
  const size = paint(
    90,
    `${typeof payload === 'string' ? 'text' : 'binary'} ${sizeInWords(payloadBytes(payload))}`,
  )
  return `${size} ${typeof payload === 'string' ? printable(payload) : hex(payload)}`
}

/** Control characters of a peer must not move the cursor or change the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, character =>
    character === '\n' || character === '\t'
      ? character
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, shownBytes))
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ')
  return bytes.length > shownBytes ? `${shown} … ${bytes.length - shownBytes} more` : shown
}

function sizeInWords(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`
}

/** One event as a JSON object on one line; bytes are base64. */
export function eventAsJson(event: SessionEvent, date: Date): string {
  const time = date.toISOString()
  if (event.type === 'error') return JSON.stringify({ time, type: 'error', message: event.error.message })
  if (!('payload' in event)) return JSON.stringify({ time, ...event })
  const { type, payload } = event
  const data =
    typeof payload === 'string'
      ? { data: payload }
      : { data: Buffer.from(payload).toString('base64'), encoding: 'base64' }
  return JSON.stringify({ time, type, bytes: payloadBytes(payload), ...data })
}
