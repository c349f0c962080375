import { expect, test } from 'vitest'
import { type ChatEvent, type ChatState, itemLimit, noChat, reduceChat } from './chat-state.ts'

const after = (events: readonly ChatEvent[], state: ChatState = noChat): ChatState =>
  events.reduce(reduceChat, state)

const zhang = { id: '1', name: '张三' }
const li = { id: '2', name: '李四' }
const wang = { id: '3', name: '王五' }
const list = (...members: (typeof zhang)[]): ChatEvent => ({
  type: 'members',
  members,
  count: members.length,
})
const said = (text: string, position?: string, isEarlier = false): ChatEvent => ({
  type: 'message',
  message: { from: '1', name: '张三', text, date: 1, position },
  id: `1.${text}`,
  isEarlier,
})
const entered = after([{ type: 'subscribed', room: 'lobby' }, list(zhang, li), said('hello', 'a', true)])
const shown = ({ items }: ChatState) => items.map(it => (it.kind === 'message' ? it.message.text : it.kind))

test('A client that joins sees members and earlier messages', () => {
  expect(entered).toMatchObject({ room: 'lobby', members: [zhang, li], memberCount: 2 })
  expect(entered.items).toMatchObject([{ kind: 'message', isEarlier: true }])
})

test('Members come and go with a line each', () => {
  const state = after([list(zhang, li, wang), list(li, wang)], entered)
  expect(state.members).toEqual([li, wang])
  expect(shown(state)).toEqual(['hello', 'joined', 'left'])
})

test('A member that is there by two connections is one; nobody comes or goes when one of them is noticed to be dead', () => {
  const state = after([list(zhang, li, li), list(zhang, li)], entered)
  expect([state.members, shown(state)]).toEqual([[zhang, li], ['hello']])
})

test('After a lost connection nobody is said to have come or gone, not even who comes back later', () => {
  const away = after([{ type: 'disconnected' }], entered)
  expect(away.members).toEqual([])
  const back = after([list(li), list(li, zhang), list(li, zhang, wang)], away)
  expect(shown(back)).toEqual(['hello', 'joined'])
  expect(back.items.at(-1)).toMatchObject({ name: '王五' })
})

test('A crowd is counted, without a line for each', () => {
  const crowd = after([{ type: 'members', members: [], count: 101 }], entered)
  expect([crowd.memberCount, shown(crowd)]).toEqual([101, ['hello']])
  expect(shown(after([list(zhang, wang)], crowd))).toEqual(['hello'])
})

test('A message is pending until it comes back or the server says that it has it; what fails is to be sent again', () => {
  const sending = after([{ type: 'sending', message: { id: '1.hi', text: 'hi' } }], entered)
  expect(sending.pending).toEqual([{ id: '1.hi', text: 'hi' }])
  expect(after([said('hi')], sending).pending).toEqual([])
  expect(after([{ type: 'delivered', id: '1.hi' }], sending).pending).toEqual([])
  const failed = after([{ type: 'not-delivered', id: '1.hi', isCertain: false }], sending)
  expect(failed).toMatchObject({ pending: [], unsent: 'hi', problem: 'uncertain' })
  const seen = after([said('hi'), { type: 'not-delivered', id: '1.hi', isCertain: false }], sending)
  expect(seen).toMatchObject({ unsent: '', problem: undefined })
})

test('Where something was lost there is a line, and nothing is shown twice', () => {
  const state = after([{ type: 'gap' }, said('hello', 'a'), said('next', 'b')], entered)
  expect(shown(state)).toEqual(['hello', 'gap', 'next'])
  expect(shown(after([{ type: 'gap' }]))).toEqual([])
})

test('A client that leaves has nothing left', () => {
  const state = after([{ type: 'left', problem: 'name-taken' }], entered)
  expect(state).toEqual({ ...noChat, problem: 'name-taken', nextKey: entered.nextKey })
})

test('Keys stay unique and items are bounded', () => {
  const many = Array.from({ length: itemLimit + 10 }, (_, at) => said(`${at}`))
  const { items } = after(many)
  expect(items.length).toBe(itemLimit)
  expect(new Set(items.map(it => it.key)).size).toBe(itemLimit)
})
