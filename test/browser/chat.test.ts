import { once } from 'node:events'
import { socketIoClients } from '@bothways/test-support/socket-io-clients'
import { eventually, startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import { WebSocket } from 'bothways'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

let workbench: Workbench
beforeAll(async () => {
  workbench = await startWorkbench()
})
afterAll(() => workbench.close())

async function join(name: string, room = 'lobby'): Promise<Page> {
  const page = await workbench.open('chat')
  await page.fill('[name=name]', name)
  await page.fill('[name=room]', room)
  await page.click('[data-action=join]')
  return page
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill('.chat-composer textarea', text)
  await page.click('[data-action=say]')
}

const texts = (page: Page) => page.locator('.chat-text').allTextContents()
const members = (page: Page) => page.locator('[data-member]').allTextContents()

test('Two tabs talk; a third joins late, sees who is there and what was said, and leaves again', async () => {
  const first = await join('张三')
  await first.waitForSelector('.chat-composer')
  const second = await join('李四')
  await second.waitForSelector('.chat-composer')
  await eventually(() => members(first)).toEqual(['张三(you)', '李四'])

  await say(first, '你好，李四')
  await second.getByText('你好，李四').waitFor()
  await say(second, 'Hello <b>张三</b>')
  await first.getByText('Hello <b>张三</b>').waitFor()
  expect(await texts(first)).toEqual(['你好，李四', 'Hello <b>张三</b>'])
  expect(await texts(second)).toEqual(['你好，李四', 'Hello <b>张三</b>'])

  const third = await join('王五')
  await eventually(() => texts(third)).toEqual(['你好，李四', 'Hello <b>张三</b>'])
  expect(await members(third)).toEqual(['张三', '李四', '王五(you)'])
  expect(await third.locator('.chat-earlier').count()).toBe(2)
  await say(first, '欢迎')
  await third.getByText('欢迎').waitFor()
  expect(await third.locator('.chat-earlier').count()).toBe(2)
  await first.getByText('王五 joined').waitFor()
  await third.click('[data-action=leave]')
  await first.getByText('王五 left').waitFor()
  await eventually(() => members(first)).toEqual(['张三(you)', '李四'])

  await second.close()
  await eventually(() => members(first)).toEqual(['张三(you)'])
})

test('Joining needs no HTTP request, which would wait where other windows have all six connections', async () => {
  const page = await workbench.open('chat')
  await page.waitForLoadState('networkidle')
  const requests: string[] = []
  page.on('request', request => {
    // A browser asks for the icon of a page when it likes.
    if (!request.url().endsWith('/favicon.svg')) requests.push(request.url())
  })
  await page.fill('[name=name]', 'Zoe')
  await page.fill('[name=room]', 'alone')
  await page.click('[data-action=join]')
  await page.waitForSelector('.chat-composer')
  await say(page, 'the first')
  await eventually(() => texts(page)).toEqual(['the first'])
  expect(await page.locator('.chat-earlier').count()).toBe(0)
  expect(requests).toEqual([])
})

test('A name that is taken is refused with a sentence, and rooms are apart', async () => {
  const first = await join('Ann', 'a')
  await first.waitForSelector('.chat-composer')
  const second = await join('ann', 'a')
  await second.getByText('Somebody in this room has that name already').waitFor()
  await second.fill('[name=room]', 'b')
  await second.click('[data-action=join]')
  await second.waitForSelector('.chat-composer')
  await say(second, 'alone')
  await second.getByText('alone').waitFor()
  expect(await members(first)).toEqual(['Ann(you)'])
  expect(await texts(first)).toEqual([])
  expect(new URL(second.url()).hash).toBe('#chat/b')
})

test.each(['event-stream', 'long-poll'])('A name that is taken is refused also over %s', async transport => {
  const room = `taken over ${transport}`
  const first = await join('Ann', room)
  await first.waitForSelector('.chat-composer')
  const second = await workbench.chromium.context.newPage()
  const key = `bothways ${new URL('bothways', workbench.serving.url)}`
  // The client begins with the transport that worked on the last visit.
  const kept = JSON.stringify(JSON.stringify([transport, Date.now() + 600_000]))
  await second.addInitScript(`delete window.WebSocket; localStorage[${JSON.stringify(key)}] = ${kept}`)
  await second.goto(`${workbench.serving.url}#chat`)
  await second.fill('[name=name]', 'ann')
  await second.fill('[name=room]', room)
  await second.click('[data-action=join]')
  await second.getByText('Somebody in this room has that name already').waitFor()
  await second.fill('[name=name]', 'Bob')
  await second.click('[data-action=join]')
  await second.waitForSelector('.chat-composer')
  await second.evaluate(`delete localStorage[${JSON.stringify(key)}]`)
})

test('The conversation goes on while another tab of the page is shown', async () => {
  const first = await join('Ben', 'c')
  const second = await join('Cid', 'c')
  await second.waitForSelector('.chat-composer')
  await first.getByRole('tab', { name: 'Monitor' }).click()
  await first.waitForSelector('[data-samples]')
  await say(second, 'still there?')
  await second.getByText('still there?').waitFor()
  await first.getByRole('tab', { name: 'Chat' }).click()
  await first.getByText('still there?').waitFor()
})

test('Clients of Socket.IO, old and new, and plain HTTP are in the same room', async () => {
  const page = await join('张三', 'mixed')
  await page.waitForSelector('.chat-composer')
  const clients = ([4, 2] as const).map(version => socketIoClients[version](workbench.serving.url))
  const heard: string[][] = []
  for (const [index, client] of clients.entries()) {
    const texts: string[] = []
    heard.push(texts)
    const subscribed = new Promise<void>(resolve => {
      client.on('message', ((text: string) => {
        const { type, data } = JSON.parse(text)
        if (type === 'publication') texts.push(data.text)
        if (type === 'subscribed') resolve()
      }) as never)
    })
    const call = { type: 'subscribe', id: 1, topic: 'room/mixed', presence: { name: `Socket.IO ${index}` } }
    client.emit('message', JSON.stringify(call))
    await subscribed
  }
  await eventually(() => members(page)).toEqual(['张三(you)', 'Socket.IO 0', 'Socket.IO 1'])
  const data = { name: 'Socket.IO 0', text: 'from Socket.IO' }
  clients[0]!.emit('message', JSON.stringify({ type: 'publish', topic: 'room/mixed', data }))
  await page.getByText('from Socket.IO').waitFor()
  await fetch(new URL('/bothways/publish', workbench.serving.url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"topic":"room/mixed","data":{"text":"from HTTP"}}',
  })
  await page.getByText('from HTTP').waitFor()
  await say(page, 'from the page')
  const said = ['from Socket.IO', 'from HTTP', 'from the page']
  await eventually(() => heard).toEqual([said, said])
  expect(await texts(page)).toEqual(said)
  for (const client of clients) client.disconnect()
  await eventually(() => members(page)).toEqual(['张三(you)'])
})

test('Whatever others publish or show of themselves is text, without what cannot be seen in names', async () => {
  const page = await join('Fay', 'odd')
  await page.waitForSelector('.chat-composer')
  const raw = new WebSocket(new URL('/bothways', workbench.serving.url), 'bothways.v1')
  await once(raw, 'open')
  const presence = { name: '\u202e<b>evil</b>' }
  raw.send(JSON.stringify({ type: 'subscribe', id: 1, topic: 'room/odd', presence }))
  await eventually(() => members(page)).toEqual(['Fay(you)', '<b>evil</b>'])
  for (const data of ['<img src=x>', { x: [1] }, null, { name: 'Fay', text: '\u202eabc' }]) {
    raw.send(JSON.stringify({ type: 'publish', topic: 'room/odd', data }))
  }
  await eventually(() => texts(page)).toEqual(['<img src=x>', '{"x":[1]}', 'null', '\u202eabc'])
  expect(await page.locator('.chat-own').count()).toBe(0)
  raw.close()
  await page.getByText('<b>evil</b> left').waitFor()
})

test('In a flood the newest is shown, few of all are in the document, and a reader further up stays there', async () => {
  const page = await join('Hal', 'flood')
  await page.waitForSelector('.chat-composer')
  const raw = new WebSocket(new URL('/bothways', workbench.serving.url), 'bothways.v1')
  await once(raw, 'open')
  const flood = (from: number, to: number) => {
    for (let at = from; at < to; at++) {
      const data = { name: 'Bob', text: `message ${at}` }
      raw.send(JSON.stringify({ type: 'publish', topic: 'room/flood', data }))
    }
  }
  flood(0, 2_000)
  await page.getByText('message 1999', { exact: true }).waitFor()
  expect(await page.locator('.chat-text').count()).toBe(100)
  const list = page.locator('.chat-messages')
  await list.hover()
  await page.mouse.wheel(0, -600)
  await eventually(() => page.locator('.chat-text').count()).toBe(500)
  const toEnd = () =>
    page.evaluate(`(() => {
      const { scrollHeight, scrollTop, clientHeight } = document.querySelector('.chat-messages')
      return scrollHeight - scrollTop - clientHeight
    })()`) as Promise<number>
  flood(2_000, 2_001)
  await eventually(() => page.getByText('message 2000', { exact: true }).count()).toBe(1)
  expect(await toEnd()).toBeGreaterThan(300)
  await say(page, 'mine')
  await eventually(toEnd).toBeLessThan(40)
  raw.close()
})

test('A link into another room asks; name and room are there again after a reload', async () => {
  const page = await join('Dan', 'one')
  await page.waitForSelector('.chat-composer')
  await page.evaluate("location.hash = '#chat/two'")
  await page.click('[data-action=stay]')
  expect(new URL(page.url()).hash).toBe('#chat/one')
  await page.evaluate("location.hash = '#chat/two'")
  await page.click('[data-action=go]')
  await eventually(() => page.locator('.chat-head h2').textContent()).toBe('two')
  await page.getByRole('tab', { name: 'Console' }).click()
  await page.getByRole('tab', { name: 'Chat' }).click()
  expect(new URL(page.url()).hash).toBe('#chat/two')
  await page.getByRole('button', { name: '中文' }).click()
  expect(await page.locator('.chat-head h2').textContent()).toBe('two')
  await page.getByRole('button', { name: 'English' }).click()
  await page.reload()
  expect(await page.inputValue('[name=name]')).toBe('Dan')
  expect(await page.inputValue('[name=room]')).toBe('two')
})

test('A message shows as being sent until the server has it; a look-alike name is taken', async () => {
  const page = await join('Eve', 'held')
  await page.waitForSelector('.chat-composer')
  await page.evaluate(`WebSocket.prototype.send = () => {}`)
  await say(page, 'on its way')
  await page.getByText('sending …').waitFor()
  expect(await page.locator('[data-pending]').textContent()).toContain('on its way')
  const other = await join('\u0415v\u0435\u200b', 'held')
  await other.getByText('Somebody in this room has that name already').waitFor()
})

test('Nobody complained', () => {
  // A fallback asks whether topics are served by a request for none, which is refused: the browser writes that down.
  const probe = / 400 .* http:\/\/127\.0\.0\.1:\d+\/bothways\/poll\?$/
  expect(workbench.complaints.filter(text => !probe.test(text))).toEqual([])
})
