import { expect, test } from 'vitest'
import type { ReasonCode, TransportKind } from '../core/index.ts'
import type { TransportOpener } from '../core/transport-kit.ts'
import { createFallbacks, type Memory } from './fallbacks.ts'

const openers = (['websocket', 'event-stream', 'long-poll'] as const).map(
  kind => ({ kind, open: () => ({ send: () => {}, close: () => {} }) }) satisfies TransportOpener,
)

/** The transport that is tried next after tries that ended so, one after the other. */
function after(...ends: readonly (readonly [code: ReasonCode, lastedMs: number])[]): TransportKind {
  const choice = createFallbacks(openers, 'http://server/', undefined)
  for (const [code, lastedMs] of ends) {
    const opener = choice.next()
    if (lastedMs > 0) choice.opened(opener)
    choice.ended(opener, { code }, lastedMs)
  }
  return choice.next().kind
}

const failed = ['not_opened', 0] as const
const cut = ['lost', 20_000] as const

test.each([
  [[], 'websocket'],
  [[failed], 'websocket'],
  [[failed, failed], 'event-stream'],
  // Nothing works: back to the first, and here again after one try.
  [[failed, failed, failed], 'websocket'],
  [[failed, failed, failed, failed], 'event-stream'],
  [[cut, cut], 'websocket'],
  [[cut, cut, cut], 'event-stream'],
  [[cut, cut, ['lost', 60_000], cut, cut], 'websocket'],
  [[failed, failed, ['buffered', 5_000]], 'long-poll'],
  [[failed, failed, ['buffered', 5_000], cut, cut, cut, cut], 'long-poll'],
  [[failed, failed, cut, cut, cut], 'long-poll'],
  [
    [
      ['leaving', 0],
      ['leaving', 0],
      ['token_failed', 0],
      ['unauthenticated', 0],
    ],
    'websocket',
  ],
  [[['forbidden', 0]], 'event-stream'],
  [[['blocked', 0]], 'event-stream'],
  [
    [
      ['blocked', 0],
      ['blocked', 0],
    ],
    'websocket',
  ],
] as const)('After %j it tries %s', (ends, kind) => {
  expect(after(...ends)).toBe(kind)
})

test('What the page forbids leads to the other kind at once; where it forbids both, to the end', () => {
  const choice = createFallbacks(openers, 'http://server/', undefined)
  const tried = Array.from({ length: 2 }, () => {
    const opener = choice.next()
    return [opener.kind, choice.ended(opener, { code: 'blocked' }, 0)]
  })
  expect(tried).toEqual([
    ['websocket', true],
    ['event-stream', false],
  ])
})

test('A better one is tried beside a fallback, less and less often, and taken when it opens', () => {
  const choice = createFallbacks(openers, 'http://server/', undefined)
  expect(choice.betterInMs()).toBeUndefined()
  const [webSocket, eventStream] = openers as readonly TransportOpener[] as [TransportOpener, TransportOpener]
  for (let n = 0; n < 2; n++) choice.ended(webSocket, { code: 'not_opened' }, 0)
  choice.opened(eventStream)
  const waits = Array.from({ length: 9 }, () => {
    const inMs = choice.betterInMs()
    choice.ended(webSocket, { code: 'not_opened' }, 0)
    return inMs
  })
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000])
  choice.opened(webSocket)
  expect([choice.next().kind, choice.betterInMs()]).toEqual(['websocket', undefined])
})

test('What worked is where the next visit begins, for ten minutes; a memory that fails is none', () => {
  const kept = new Map<string, string>()
  const memory: Memory = {
    getItem: key => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: key => kept.delete(key),
  }
  const first = createFallbacks(openers, 'http://server/', memory)
  first.opened(openers[2] as TransportOpener)
  expect(createFallbacks(openers, 'http://server/', memory).next().kind).toBe('long-poll')
  expect(createFallbacks(openers, 'http://other/', memory).next().kind).toBe('websocket')
  for (const [key, value] of kept) kept.set(key, value.replace(/\d+/, '1'))
  expect(createFallbacks(openers, 'http://server/', memory).next().kind).toBe('websocket')
  first.opened(openers[0] as TransportOpener)
  expect(kept.size).toBe(0)
  const broken = () => {
    throw new Error('full')
  }
  const failing = createFallbacks(openers, 'http://server/', {
    getItem: broken,
    setItem: broken,
    removeItem: broken,
  })
  failing.opened(openers[1] as TransportOpener)
  expect(failing.next().kind).toBe('event-stream')
})
