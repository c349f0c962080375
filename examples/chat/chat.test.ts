import { once } from 'node:events'
import { launchChromium } from '@bothways/test-support/chromium'
import { type Example, startExample } from '@bothways/test-support/example'
import { messagesOf } from '@bothways/test-support/messages'
import { type CloseEvent, WebSocket } from 'bothways'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

let example: Example
beforeAll(async () => {
  example = await startExample('chat/server.js')
})
afterAll(() => example.child.stop())

/** Somebody who came in: the messages they are told next, as JSON. */
async function join(name: string) {
  const socket = new WebSocket(new URL(`/chat?name=${name}`, example.url))
  const messages = messagesOf(socket)
  const next = async () => JSON.parse(await messages())
  const { type, id } = await next()
  expect(type).toBe('welcome')
  return { socket, next, id, say: (message: object) => socket.send(JSON.stringify(message)) }
}

const date = expect.any(Number)

test('张三 speaks to the server, which pushes to 李四; both know who is here', async () => {
  const zhang = await join('张三')
  expect(await zhang.next()).toEqual({ type: 'people', people: [{ id: zhang.id, name: '张三' }], date })
  const li = await join('李四')
  const people = [
    { id: zhang.id, name: '张三' },
    { id: li.id, name: '李四' },
  ]
  expect(await li.next()).toEqual({ type: 'people', people, date })
  expect(await zhang.next()).toEqual({ type: 'people', people, date })
  const wang = await join('王五')
  for (const { next } of [zhang, li, wang]) expect((await next()).people).toHaveLength(3)

  // To everybody else, under an id that nobody can make up.
  zhang.say({ type: 'message', text: '你好', id: li.id })
  const hello = { type: 'message', text: '你好', id: zhang.id, name: '张三', date }
  expect(await li.next()).toEqual(hello)
  expect(await wang.next()).toEqual(hello)

  // To one person: the next thing the other hears is something else.
  zhang.say({ type: 'message', text: '给你', to: li.id })
  expect((await li.next()).text).toBe('给你')
  li.socket.close()
  expect((await wang.next()).people).toHaveLength(2)
  zhang.socket.terminate()
  wang.socket.terminate()
})

test('What is no message of the chat is refused with a reason', async () => {
  const { socket } = await join('?')
  socket.send('hello')
  const [{ code, reason }] = (await once(socket, 'close')) as [CloseEvent]
  expect([code, reason]).toEqual([1008, 'Send {"type":"message","text":"…"}'])
})

test('Two tabs talk', async () => {
  const chromium = await launchChromium()
  try {
    const zhang = await openTab(chromium.context, '张三')
    const li = await openTab(chromium.context, '李四')
    await zhang.locator('option', { hasText: '李四' }).waitFor({ state: 'attached' })
    await zhang.fill('input', '你好 <b>')
    await zhang.click('button')
    await li.getByText(/张三: 你好 <b>$/).waitFor()
    await li.selectOption('select', { label: '张三' })
    await li.fill('input', 'for you alone')
    await li.click('button')
    await zhang.getByText(/李四: for you alone$/).waitFor()
  } finally {
    await chromium.close()
  }
})

async function openTab(context: BrowserContext, name: string): Promise<Page> {
  const page = await context.newPage()
  page.once('dialog', dialog => void dialog.accept(name))
  await page.goto(example.url)
  return page
}
