import { expect, test } from 'vitest'
import type { ChatEvent } from '../serve-messages.ts'
import { type ChatState, itemLimit, noChat, reduceChat } from './chat-state.ts'

const after = (events: readonly ChatEvent[], state: ChatState = noChat): ChatState =>
  events.reduce((before, event) => reduceChat(before, { type: 'event', event }), state)

const joined: ChatEvent = {
  type: 'joined',
  room: 'lobby',
  id: '2',
  members: [
    { id: '1', name: '张三' },
    { id: '2', name: '李四' },
  ],
  recent: [{ id: '1', name: '张三', text: 'hello', date: 1 }],
}

test('Who joins sees members and what was said before', () => {
  const state = after([joined])
  expect(state).toMatchObject({ room: 'lobby', members: [{ name: '张三' }, { name: '李四' }] })
  expect(state.items).toMatchObject([{ kind: 'message', isEarlier: true, message: { text: 'hello' } }])
})

test('Members come and go with a line each', () => {
  const state = after([
    joined,
    { type: 'member-joined', id: '3', name: '王五' },
    { type: 'member-left', id: '1', name: '张三' },
  ])
  expect(state.members.map(it => it.name)).toEqual(['李四', '王五'])
  expect(state.items.map(it => it.kind)).toEqual(['message', 'joined', 'left'])
})

test('A message is pending until the server has confirmed it', () => {
  const sending = reduceChat(after([joined]), { type: 'sending', text: 'hi' })
  expect(sending.pending).toEqual(['hi'])
  const sent = after([{ type: 'sent', id: '2', name: '李四', text: 'hi', date: 2 }], sending)
  expect(sent.pending).toEqual([])
  expect(sent.items.at(-1)).toMatchObject({ message: { text: 'hi' }, isEarlier: false })
})

test('After a reconnect, messages under the old id are still one’s own', () => {
  const back = after([joined, { ...joined, id: '9' }])
  expect([...back.ownIds]).toEqual(['2', '9'])
  expect(after([joined, { ...joined, room: 'other', id: '9' }]).ownIds).toEqual(new Set(['9']))
})

test('After a server restart the conversation stays, and what was missed comes behind it', () => {
  const said = after([{ type: 'message', id: '1', name: '张三', text: 'before', date: 2 }], after([joined]))
  const lost = reduceChat(said, { type: 'connection-lost' })
  const missed = { id: '7', name: '王五', text: 'missed', date: 3 }
  const back = after([{ ...joined, id: '9', recent: [...joined.recent, missed] }], lost)
  const texts = back.items.map(it => (it.kind === 'message' ? it.message.text : it.kind))
  expect(texts).toEqual(['hello', 'before', 'missed'])
  expect(after([{ ...joined, id: '9', recent: [] }], lost).items).toEqual(said.items)
  expect(after([{ ...joined, room: 'other', recent: [] }], lost).items).toEqual([])
})

test('Keys stay unique and items are bounded', () => {
  const messages = Array.from({ length: itemLimit + 10 }, (_, date): ChatEvent => {
    return { type: 'message', id: '1', name: '张三', text: 'x', date }
  })
  const { items } = after([joined, ...messages])
  expect(items.length).toBe(itemLimit)
  expect(new Set(items.map(it => it.key)).size).toBe(itemLimit)
})
