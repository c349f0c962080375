import { expect, test } from 'vitest'
import { Server } from './index.ts'

function makeAdapter() {
  const { adapter } = new Server().sockets
  const heard: string[] = []
  for (const event of ['create-room', 'join-room', 'leave-room', 'delete-room']) {
    adapter.on(event, (room, id) => heard.push([event, room, id].filter(Boolean).join(' ')))
  }
  return { adapter, heard }
}

test('A client in the room of its own joins and leaves others, and others come into its room', () => {
  const { adapter, heard } = makeAdapter()
  void adapter.addAll('a', new Set(['a']))
  void adapter.addAll('b', new Set(['b']))
  void adapter.addAll('a', new Set(['news']))
  void adapter.addAll('a', new Set(['b']))
  expect(adapter.sids).toEqual(
    new Map([
      ['a', new Set(['a', 'news', 'b'])],
      ['b', new Set(['b'])],
    ]),
  )
  expect(adapter.rooms).toEqual(
    new Map([
      ['a', new Set(['a'])],
      ['b', new Set(['b', 'a'])],
      ['news', new Set(['a'])],
    ]),
  )
  void adapter.del('b', 'b')
  expect([adapter.sids.get('b'), adapter.rooms.get('b')]).toEqual([new Set(), new Set(['a'])])
  expect(heard).toEqual([
    'create-room a',
    'join-room a a',
    'create-room b',
    'join-room b b',
    'create-room news',
    'join-room news a',
    'join-room b a',
    'leave-room b b',
  ])
})

test('Who was only in the room of its own leaves it like any other', () => {
  const { adapter, heard } = makeAdapter()
  void adapter.addAll('a', new Set(['a']))
  void adapter.addAll('a', new Set(['a']))
  void adapter.del('a', 'a')
  expect([adapter.sids.get('a'), adapter.rooms.size]).toEqual([new Set(), 0])
  void adapter.addAll('b', new Set(['b']))
  adapter.delAll('b')
  expect([adapter.sids.has('b'), adapter.rooms.size]).toEqual([false, 0])
  const ofOne = (id: string) => [
    `create-room ${id}`,
    `join-room ${id} ${id}`,
    `leave-room ${id} ${id}`,
    `delete-room ${id}`,
  ]
  expect(heard).toEqual([...ofOne('a'), ...ofOne('b')])
})
