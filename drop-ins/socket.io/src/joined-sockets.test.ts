import { expect, test } from 'vitest'
import { JoinedSockets } from './joined-sockets.ts'

const socketIn = (name: string) => ({ nsp: { name } })

test('A client has a socket in each namespace that it has joined, whichever it leaves', () => {
  const [main, chat, news] = [socketIn('/'), socketIn('/chat'), socketIn('/news')]
  const sockets = new JoinedSockets<typeof main>()
  for (const socket of [main, chat, news]) sockets.add(socket)
  expect([sockets.get('/'), sockets.get('/chat'), sockets.get('/news')]).toEqual([main, chat, news])
  sockets.delete(main)
  expect([sockets.size, sockets.get('/'), sockets.get('/chat')]).toEqual([2, undefined, chat])
  const again = socketIn('/')
  sockets.add(again)
  sockets.delete(main)
  expect(sockets.get('/')).toBe(again)
  expect(new Set(sockets.all)).toEqual(new Set([again, chat, news]))
  sockets.clear()
  expect([sockets.size, sockets.all]).toEqual([0, []])
})
