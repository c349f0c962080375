import { expect, test } from 'vitest'
import { ChatRooms } from './chat-rooms.ts'

test('Who joins sees who is there and what was said', () => {
  const rooms = new ChatRooms()
  rooms.join('1', 'lobby', '张三')
  rooms.say('1', 'hello', 1_000)
  expect(rooms.join('2', 'lobby', '李四')).toEqual({
    left: undefined,
    member: { id: '2', name: '李四' },
    joined: {
      room: 'lobby',
      id: '2',
      members: [
        { id: '1', name: '张三' },
        { id: '2', name: '李四' },
      ],
      recent: [{ id: '1', name: '张三', text: 'hello', date: 1_000 }],
    },
  })
})

test('Joining another room leaves the first, unless the other refuses', () => {
  const rooms = new ChatRooms()
  rooms.join('1', 'a', 'Ann')
  rooms.join('2', 'b', 'Ben')
  expect(rooms.join('2', 'a', 'ANN')).toMatchObject({ code: 'name-taken' })
  expect(rooms.say('2', 'still here', 0)).toMatchObject({ room: 'b' })
  expect(rooms.join('2', 'a', 'Ben')).toMatchObject({ left: { id: '2', name: 'Ben', room: 'b' } })
  expect(rooms.say('2', 'moved', 0)).toMatchObject({ room: 'a' })
})

test('One may change the name by joining again', () => {
  const rooms = new ChatRooms()
  rooms.join('1', 'a', 'Ann')
  expect(rooms.join('1', 'a', 'Anna')).toMatchObject({ joined: { members: [{ id: '1', name: 'Anna' }] } })
})

test('Only members can speak and leave', () => {
  const rooms = new ChatRooms()
  expect(rooms.say('1', 'hello', 0)).toMatchObject({ code: 'not-joined' })
  expect(rooms.leave('1')).toBeUndefined()
})

test('What is remembered of a room is bounded in text, too', () => {
  const rooms = new ChatRooms({ recentTextPerRoom: 10 })
  rooms.join('1', 'a', 'Ann')
  for (const text of ['12345', '123', '1234567', '1']) rooms.say('1', text, 0)
  expect(rooms.join('2', 'a', 'Ben')).toMatchObject({
    joined: { recent: [{ text: '1234567' }, { text: '1' }] },
  })
})

test('History, members and rooms are bounded; an empty room makes place', () => {
  const rooms = new ChatRooms({ rooms: 2, membersPerRoom: 2, recentPerRoom: 3 })
  rooms.join('1', 'a', 'Ann')
  rooms.join('2', 'a', 'Ben')
  expect(rooms.join('3', 'a', 'Cid')).toMatchObject({ code: 'room-full' })
  for (const text of ['1', '2', '3', '4']) rooms.say('1', text, 0)
  rooms.join('3', 'b', 'Cid')
  expect(rooms.join('4', 'c', 'Dan')).toMatchObject({ code: 'too-many-rooms' })
  rooms.leave('2')
  expect(rooms.join('2', 'a', 'Ben')).toMatchObject({
    joined: { recent: [{ text: '2' }, { text: '3' }, { text: '4' }] },
  })
  rooms.leave('3')
  expect(rooms.join('4', 'c', 'Dan')).toMatchObject({ joined: { room: 'c', recent: [] } })
})
