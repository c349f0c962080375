import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { startChild } from '@bothways/test-support/child'
import { type Example, startExample } from '@bothways/test-support/example'
import { messagesOf } from '@bothways/test-support/messages'
import { WebSocket } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'

let example: Example
beforeAll(async () => {
  example = await startExample('socket.io/server.js')
})
afterAll(() => example.child.stop())

type Running = ChildProcessByStdio<Writable, Readable, null>

/** Starts a file of this folder; its output comes line by line. */
function run(file: string, ...args: string[]): { child: Running; line: () => Promise<string> } {
  const path = new URL(file, import.meta.url).pathname
  const child = spawn('node', [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, line: async () => (await lines.next()).value }
}

async function openPlain(path: string, url: string, protocols: string[] = []) {
  const socket = new WebSocket(new URL(path, url.replace('http', 'ws')), protocols)
  const next = messagesOf(socket)
  await once(socket, 'open')
  return { socket, next }
}

test('Plain clients and those of Socket.IO meet in one room', async () => {
  const { socket, next } = await openPlain('/room?name=张三', example.url)
  const { child, line } = run('client.js', example.url, '李四', '你好')
  const isTime = (text: string) => text.startsWith('["time","') || text.startsWith('It is ')
  let first = await next()
  while (isTime(first)) first = await next()
  expect(first).toBe('李四: 你好')
  socket.send('hello')
  // Each hears everything once, also what it has said itself; and both are told the time.
  const untilTime = async (hear: () => Promise<string>, count: number): Promise<string[]> => {
    const heard: string[] = []
    while (heard.length < count || !heard.some(isTime)) heard.push(await hear())
    return heard.filter(it => !isTime(it))
  }
  const [byPlain, byClient] = await Promise.all([untilTime(next, 2), untilTime(line, 3)])
  expect(byPlain).toEqual(['张三: hello'])
  expect(byClient).toEqual(['李四: 你好', '张三: hello'])
  child.kill()
  await once(child, 'close')
  socket.close()
})

test('李四 joins the chat of `npm start` from the command line', async () => {
  const serve = await startChild('node', [
    'packages/cli/bin/bothways.js',
    'serve',
    '--no-page',
    '--port',
    '0',
  ])
  const url = /http:\S+/.exec(serve.firstLine)?.[0] ?? ''
  const { socket, next } = await openPlain('/bothways', url, ['bothways.v1'])
  const nextOf = async (type: string) => {
    for (;;) {
      const message = JSON.parse(await next())
      if (message.type === type) return message
    }
  }
  const topic = 'room/lobby'
  socket.send(JSON.stringify({ type: 'subscribe', id: 1, topic, presence: { name: '张三' } }))
  await nextOf('subscribed')
  const { child, line } = run('join-chat.js', url)
  expect(await line()).toBe('In lobby: 张三, 李四')
  const { member } = await nextOf('joined')
  expect(member.data).toEqual({ name: '李四' })
  socket.send(JSON.stringify({ type: 'publish', topic, data: { name: '张三', text: '你好' } }))
  await nextOf('publication')
  expect(await line()).toBe('张三: 你好')
  child.stdin.end('hello\n')
  expect((await nextOf('publication')).data).toEqual({ name: '李四', text: 'hello' })
  expect((await nextOf('left')).client).toBe(member.client)
  expect(await once(child, 'close')).toEqual([0, null])
  socket.close()
  await serve.stop()
})
