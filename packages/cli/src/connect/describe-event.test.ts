import { HandshakeError } from 'bothways'
import { describe, expect, test } from 'vitest'
import { describeEvent, eventAsJson } from './describe-event.ts'
import type { SessionEvent } from './session-event.ts'

const date = new Date(2026, 10, 21, 9, 8, 7)
const esc = '\u001b'

function plain(event: SessionEvent, isVerbose = false): string | undefined {
  return describeEvent(event, date, { isColored: false, isVerbose, language: 'en' })
}

const refused = new HandshakeError('BW_STATUS_NOT_101', 'Refused\n with 403.', {
  answer: { status: 403, headers: { 'x-why': 'because' }, body: 'no' },
})

test('The body of an answer is shown below its message, bounded, unless that quotes it whole', () => {
  const shown = (message: string, body: string): string | undefined =>
    plain({
      type: 'error',
      error: new HandshakeError('BW_STATUS_NOT_101', message, { answer: { status: 403, headers: {}, body } }),
    })
  expect(shown('No: members only.', 'members only.\n')).toBe('09:08:07 ● No: members only.')
  expect(shown('No.', `<h1>\n${esc}[2J`)).toBe('09:08:07 ● No.\n  | <h1>\n  | \\x1b[2J')
  expect(shown('No.', 'x\n'.repeat(14))).toMatch(/(\n {2}\| x){12}\n {2}\| … 2 more lines$/)
})

describe('describeEvent', () => {
  test.each<[SessionEvent, string]>([
    [{ type: 'sent', payload: 'hé' }, '09:08:07 → text 3 B hé'],
    [{ type: 'received', payload: Uint8Array.of(0, 255) }, '09:08:07 ← binary 2 B 00 ff'],
    [{ type: 'received', payload: 'x'.repeat(2_048) }, `09:08:07 ← text 2.0 KiB ${'x'.repeat(2_048)}`],
    [{ type: 'round-trip', milliseconds: 1.234 }, '09:08:07 ← pong after 1.23 ms'],
    [{ type: 'round-trip', milliseconds: undefined }, '09:08:07 ● no pong came'],
    [
      { type: 'close', code: 1000, reason: 'bye', by: 'peer' },
      '09:08:07 ● closed 1000 “bye”: normal: the other side is done, ended by the other side',
    ],
    [{ type: 'error', error: refused }, '09:08:07 ● Refused with 403.\n  | no'],
  ])('%o', (event, text) => {
    expect(plain(event)).toBe(text)
  })

  test('The handshake, pings and pongs are shown when asked for', () => {
    const connecting: SessionEvent = {
      type: 'connecting',
      url: 'ws://localhost/',
      protocols: ['a', 'b'],
      headers: ['Cookie'],
    }
    const ping: SessionEvent = { type: 'ping', payload: Uint8Array.of(1) }
    expect([plain(connecting), plain(ping)]).toEqual([undefined, undefined])
    expect(plain(connecting, true)).toBe(
      '09:08:07 → connecting to ws://localhost/, offering a, b, with Cookie',
    )
    expect(plain(ping, true)).toBe('09:08:07 ← ping 1 B')
    expect(plain({ type: 'error', error: refused }, true)).toContain('\n  status 403\n  x-why: because')
  })

  test('A certificate that is not trusted brings the option that helps', () => {
    const cause = Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    const error = new HandshakeError('BW_HANDSHAKE_CONNECTION_FAILED', 'No.', { cause })
    expect(plain({ type: 'error', error })).toContain('--insecure')
  })

  test('Only what this side paints can change the terminal', () => {
    const hostile = `a${esc}[2J\u0007\u009b1m\r\u2028b`
    const events: SessionEvent[] = [
      { type: 'received', payload: hostile },
      { type: 'close', code: 4000, reason: hostile, by: 'peer' },
      { type: 'error', error: new Error(hostile) },
    ]
    for (const event of events) {
      expect(plain(event)).toContain('\\x1b[2J\\x07\\x9b1m')
      expect(plain(event)).not.toMatch(/[\p{Cc}\u2028]/u)
    }
    const colored = describeEvent({ type: 'sent', payload: 'x' }, date, {
      isColored: true,
      isVerbose: false,
      language: 'en',
    })
    expect(colored).toBe(`${esc}[90m09:08:07${esc}[0m ${esc}[36m→${esc}[0m ${esc}[90mtext 1 B${esc}[0m x`)
  })

  test('Of a long message the beginning is shown, and how much more there is', () => {
    expect(plain({ type: 'received', payload: 'x'.repeat(16_385) })).toMatch(/x … 1 more$/)
    expect(plain({ type: 'received', payload: new Uint8Array(257) })).toMatch(/00 … 1 more$/)
  })
})

test('eventAsJson gives text as it is, bytes in base64, and what is known of a refusal', () => {
  const json = (event: SessionEvent): unknown => JSON.parse(eventAsJson(event, date, false) ?? 'null')
  const time = date.toISOString()
  expect(json({ type: 'sent', payload: 'é' })).toEqual({ time, type: 'sent', bytes: 2, data: 'é' })
  expect(json({ type: 'received', payload: Uint8Array.of(255) })).toEqual({
    time,
    type: 'received',
    bytes: 1,
    data: '/w==',
    encoding: 'base64',
  })
  expect(json({ type: 'pong', payload: Uint8Array.of(255) })).toBeNull()
  expect(json({ type: 'error', error: refused })).toEqual({
    time,
    type: 'error',
    code: 'BW_STATUS_NOT_101',
    message: 'Refused\n with 403.',
    status: 403,
    body: 'no',
  })
})
