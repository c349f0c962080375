import { describe, expect, test } from 'vitest'
import { ChatRooms, chatLimits } from './chat-rooms.ts'

const join = (name: string, room = 'lobby') => JSON.stringify({ type: 'join', room, name })
const say = (text: string) => JSON.stringify({ type: 'message', text })

describe('The chat', () => {
  test('张三 speaks, the others in the room are told, and 张三 learns that it was taken', () => {
    const rooms = new ChatRooms()
    rooms.take('1', join('张三'), 10)
    expect(rooms.take('2', join('李四'), 20)).toEqual({
      answer: {
        type: 'joined',
        room: 'lobby',
        id: '2',
        members: [
          { id: '1', name: '张三' },
          { id: '2', name: '李四' },
        ],
        recent: [],
      },
      news: { room: 'lobby', event: { type: 'member-joined', id: '2', name: '李四' } },
      room: 'lobby',
    })
    expect(rooms.take('1', say('你好'), 30)).toEqual({
      answer: { type: 'sent', date: 30 },
      news: { room: 'lobby', event: { type: 'message', text: '你好', id: '1', name: '张三', date: 30 } },
      room: 'lobby',
    })
  })

  test('Who joins late sees who is there and the latest messages', () => {
    const rooms = new ChatRooms()
    rooms.take('1', join('a'), 0)
    for (let count = 0; count < chatLimits.recentMessages + 5; count++)
      rooms.take('1', say(`${count}`), count)
    const { answer } = rooms.take('2', join('b'), 100)
    expect(answer).toMatchObject({ type: 'joined', members: [{ name: 'a' }, { name: 'b' }] })
    const recent = answer?.type === 'joined' ? answer.recent : []
    expect(recent).toHaveLength(chatLimits.recentMessages)
    expect(recent[0]?.text).toBe('5')
  })

  test('Who leaves or goes is announced, and an empty room is forgotten', () => {
    const rooms = new ChatRooms()
    rooms.take('1', join('a'), 0)
    rooms.take('1', say('secret'), 0)
    expect(rooms.leave('1')).toEqual({
      news: { room: 'lobby', event: { type: 'member-left', id: '1', name: 'a' } },
      room: undefined,
    })
    expect(rooms.leave('1')).toEqual({ room: undefined })
    expect(rooms.take('2', join('b'), 0).answer).toMatchObject({ recent: [] })
  })

  test.each([
    ['not JSON', 'hello', 'not-json'],
    ['null', 'null', 'unknown-type'],
    ['an unknown type', '{"type":"shout"}', 'unknown-type'],
    ['a message before joining', say('x'), 'not-joined'],
    ['leaving before joining', '{"type":"leave"}', 'not-joined'],
    ['an empty name', join(' '), 'bad-name'],
    ['a name of two lines', join('a\nb'), 'bad-name'],
    ['a name that is a number', '{"type":"join","room":"r","name":1}', 'bad-name'],
    ['a long room', join('a', 'r'.repeat(chatLimits.roomLength + 1)), 'bad-room'],
  ])('%s is answered with an error and changes nothing', (_, text, code) => {
    const rooms = new ChatRooms()
    expect(rooms.take('1', text, 0)).toMatchObject({ answer: { type: 'error', code }, room: undefined })
  })

  test('Names are unique in a room, texts are bounded, and one is in one room at a time', () => {
    const rooms = new ChatRooms()
    rooms.take('1', join('a'), 0)
    expect(rooms.take('2', join('a'), 0)).toMatchObject({ answer: { code: 'name-taken' } })
    expect(rooms.take('2', join('a', 'other'), 0)).toMatchObject({ answer: { type: 'joined' } })
    expect(rooms.take('1', say(''), 0)).toMatchObject({ answer: { code: 'bad-text' } })
    expect(rooms.take('1', say('x'.repeat(chatLimits.textLength + 1)), 0)).toMatchObject({
      answer: { code: 'bad-text' },
      room: 'lobby',
    })
    expect(rooms.take('1', join('a', 'other'), 0)).toMatchObject({ answer: { code: 'already-joined' } })
  })
})
