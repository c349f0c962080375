import { expect, test } from 'vitest'
import { addressAdvice, type FailedAttempt, likelyCauses } from './failure-causes.ts'

const attempt = (address: string, more: Partial<FailedAttempt> = {}): FailedAttempt => ({
  address,
  pageUrl: 'http://127.0.0.1:8080/#console',
  protocols: [],
  elapsedMs: 5,
  ...more,
})

test.each([
  [attempt('ws://127.0.0.1:9/'), 'blockedPort'],
  [attempt('ws://127.0.0.1:9001/'), 'refused'],
  [attempt('127.0.0.1:9000/chat'), 'noScheme'],
  [attempt('ws://10.255.255.1/', { elapsedMs: 21_000 }), 'unreachable'],
  [attempt('ws://127.0.0.1:3000/', { elapsedMs: 1_010 }), 'socketIo'],
  [attempt('ws://example.com/socket.io/'), 'socketIo'],
  [attempt('wss://127.0.0.1:8081/', { pageUrl: 'https://a/', elapsedMs: 5 }), 'refused'],
  [attempt('wss://localhost:3000/'), 'tls'],
  [attempt('ws://127.0.0.1:8080/nowhere'), 'http404'],
])('%j suggests %s first', (failed, first) => {
  expect(likelyCauses(failed)[0]).toBe(first)
})

test('A cause that cannot be is not named', () => {
  const causes = likelyCauses(attempt('ws://127.0.0.1:8080/nowhere'))
  for (const cause of ['noScheme', 'unreachable', 'origin', 'certificate', 'protocol'] as const) {
    expect(causes).not.toContain(cause)
  }
  expect(likelyCauses(attempt('wss://other.example/', { protocols: ['chat'] }))).toEqual(
    expect.arrayContaining(['origin', 'certificate', 'protocol']),
  )
})

test.each([
  [
    'SyntaxError',
    "The URL's scheme must be either 'http', 'https', 'ws', or 'wss'. 'ftp' is not allowed.",
    'scheme',
  ],
  ['SyntaxError', "The URL contains a fragment identifier ('x').", 'fragment'],
  ['SyntaxError', "The subprotocol 'a' is duplicated.", 'protocol'],
  ['SecurityError', 'An insecure WebSocket connection may not be initiated', 'mixed'],
  ['SyntaxError', "The URL 'ws://' is invalid.", 'other'],
])('%s "%s" is answered with the advice %s', (name, message, advice) => {
  expect(addressAdvice(name, message)).toBe(advice)
})
