import { expect, test } from 'vitest'
import type { ChatEvent } from '../messages.ts'
import { Chat, type ChatPeer } from './chat.ts'

class Peer implements ChatPeer {
  readonly id: string
  readonly told: ChatEvent[] = []
  publishedCount = 0
  disconnectedFor: string | undefined

  constructor(id: string) {
    this.id = id
  }

  send(text: string): void {
    this.told.push(JSON.parse(text))
  }

  publish(): void {
    this.publishedCount++
  }

  subscribe(): void {}

  unsubscribe(): void {}

  disconnect(reason: string): void {
    this.disconnectedFor = reason
  }
}

const join = (room: string, name: string): string => JSON.stringify({ type: 'join', room, name })
const say = JSON.stringify({ type: 'message', text: 'hello' })

test('Who says too much at once is told so each time, and is heard again later; others are not held up', () => {
  const chat = new Chat(() => {})
  const fast = new Peer('fast')
  const calm = new Peer('calm')
  chat.message(fast, join('room', 'Fast'))
  chat.message(calm, join('room', 'Calm'))
  for (let count = 0; count < 100; count++) chat.message(fast, say)
  const refused = fast.told.filter(it => it.type === 'error')
  expect(refused.length).toBeGreaterThanOrEqual(40)
  expect(new Set(refused.map(it => it.code))).toEqual(new Set(['too-fast']))
  expect(fast.told).toHaveLength(101)
  expect(fast.publishedCount + refused.length).toBe(101)
  expect(fast.disconnectedFor).toBeUndefined()
  chat.message(calm, say)
  expect(calm.told.at(-1)).toMatchObject({ type: 'sent' })
})

test('Joining costs more than speaking, and nonsense as much', () => {
  const chat = new Chat(() => {})
  const joins = new Peer('joins')
  for (let count = 0; count < 20; count++) chat.message(joins, join(`room ${count}`, 'A'))
  expect(joins.told.filter(it => it.type === 'joined').length).toBeLessThanOrEqual(13)
  const nonsense = new Peer('nonsense')
  for (let count = 0; count < 80; count++) chat.message(nonsense, 'nonsense')
  expect(nonsense.told.at(-1)).toMatchObject({ code: 'too-fast' })
})

test('Who does not stop is disconnected', () => {
  const chat = new Chat(() => {})
  const peer = new Peer('1')
  for (let count = 0; count < 1_000 && peer.disconnectedFor === undefined; count++) chat.message(peer, say)
  expect(peer.disconnectedFor).toBe('Too many requests.')
  expect(peer.told.length).toBeLessThan(200)
})
