import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import * as ours from './index.ts'

// Two versions of this package in one process, as npm installs them where two packages ask for different ones.

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function otherCopy(): Promise<typeof ours> {
  vi.resetModules()
  return await import('./index.ts')
}

/** A client of topics that keeps what comes. */
async function join(url: string) {
  const socket = new ours.WebSocket(url, 'bothways.v1')
  cleanups.push(() => socket.terminate())
  const came: { type: string; code?: string }[] = []
  const waiting: (() => void)[] = []
  socket.addEventListener('message', ({ data }) => {
    came.push(JSON.parse(data as string))
    for (const wake of waiting.splice(0)) wake()
  })
  await once(socket, 'open')
  return async (message: object, type: string) => {
    socket.send(JSON.stringify(message))
    for (;;) {
      const at = came.findIndex(it => it.type === type)
      if (at >= 0) return came.splice(at, 1)[0]
      await new Promise<void>(resolve => waiting.push(resolve))
    }
  }
}

test('The hub of one copy serves the clients of a server of the other one', async () => {
  const theirs = await otherCopy()
  expect(theirs.createHub).not.toBe(ours.createHub)
  const hub = theirs.createHub({ topics: { 'room/:id': { history: { count: 5, ageMs: 60_000 } } } })
  const server = ours.createServer().route('/bothways', ours.topicsRoute(hub as never))
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  const { url } = await server.listen()
  const call = await join(`${url}bothways`)
  await call({ type: 'subscribe', id: 1, topic: 'room/1' }, 'subscribed')
  expect(await call({ type: 'publish', id: 2, topic: 'room/1', data: '你好' }, 'publication')).toMatchObject({
    data: '你好',
  })
})

test.each(['ours', 'theirs'] as const)(
  'What a handler throws keeps its code, when the HubError is of one copy and the hub of the other one: %s',
  async whose => {
    const theirs = await otherCopy()
    const [hubOf, errorOf] = whose === 'ours' ? [ours, theirs] : [theirs, ours]
    const hub = hubOf.createHub().handle('fail', () => {
      throw new errorOf.HubError('forbidden', 'Not you.')
    })
    const server = ours.createServer().route('/bothways', ours.topicsRoute(hub as never))
    cleanups.push(() => server.close({ timeoutMs: 0 }))
    const { url } = await server.listen()
    const call = await join(`${url}bothways`)
    expect(await call({ type: 'request', id: 1, method: 'fail' }, 'error')).toMatchObject({
      code: 'forbidden',
      message: 'Not you.',
    })
  },
)

test('A HubError is known by what it is, and a class below it by its own', async () => {
  const theirs = await otherCopy()
  class Mine extends ours.HubError {}
  const error = new theirs.HubError('busy', 'Later.')
  expect(error).toBeInstanceOf(ours.HubError)
  expect(error).not.toBeInstanceOf(Mine)
  expect(new Mine('busy', 'Later.')).toBeInstanceOf(theirs.HubError)
  expect({ code: 'busy' }).not.toBeInstanceOf(ours.HubError)
})

test('Errors of both copies are errors of Bothways', async () => {
  const theirs = await otherCopy()
  const told = vi.fn()
  try {
    theirs.createServer({ port: 1 } as never)
  } catch (error) {
    told(ours.isBothwaysError(error))
  }
  expect(told).toHaveBeenCalledWith(true)
})

test('A plain server meets the hub of another copy', async () => {
  const theirs = await otherCopy()
  const hub = theirs.createHub({ topics: { news: { raw: true } } })
  const server = ours.createServer().meet(hub as never)
  server.route('/', { open: socket => socket.subscribe('news') })
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  const { url } = await server.listen()
  const socket = new ours.WebSocket(url)
  cleanups.push(() => socket.terminate())
  const message = once(socket, 'message')
  await once(socket, 'open')
  await hub.topic('news').publish({ text: 'hello' })
  const [event] = (await message) as [MessageEvent]
  expect(event.data).toBe('{"text":"hello"}')
})
