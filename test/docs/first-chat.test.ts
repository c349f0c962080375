import { once } from 'node:events'
import { startChild } from '@bothways/test-support/child'
import { launchChromium } from '@bothways/test-support/chromium'
import { messagesOf } from '@bothways/test-support/messages'
import { type HandshakeError, WebSocket, type WebSocketErrorEvent } from 'bothways'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { codeBlocks, withFolder } from './code-blocks.ts'

const page = 'docs/tutorial/first-chat.md'
const scripts = (await codeBlocks(page, 'js')).map(({ code }) => code)
const [html = ''] = (await codeBlocks(page, 'html')).map(({ code }) => code)

/** The snippets of the tutorial in the order in which its reader meets them. */
const [speaksFirst = '', withPage = '', everybody = '', asksForNames = '', names = '', namedPage = ''] =
  scripts

/** The file that the reader has after replacing a part of it, as the tutorial tells. */
function replaced(text: string, part: RegExp, by: string): string {
  expect(text).toMatch(part)
  return text.replace(part, () => by)
}

const route = /^server\.route\(.*?^\}\)\n/ms
const server = /^const server = createServer\(\)\n/m
const withTopic = replaced(withPage, route, everybody)
const withNames = replaced(replaced(withTopic, server, asksForNames), route, names)
const pageWithNames = replaced(html, /^ {2}const socket = .*\n/m, namedPage)

/** Runs the reader's files on a free port. */
async function run(files: Record<string, string>, use: (url: URL) => Promise<void>): Promise<void> {
  const script = replaced(files['server.js'] ?? '', /\b3000\b/, '0')
  await withFolder({ ...files, 'server.js': script }, async folder => {
    const child = await startChild('node', [`${folder}/server.js`])
    try {
      await use(new URL(child.firstLine.replace(/^.* /, '')))
    } finally {
      await child.stop()
    }
  })
}

async function inBrowser(use: (open: (url: URL, name?: string) => Promise<Page>) => Promise<void>) {
  const chromium = await launchChromium()
  try {
    await use(async (url, name = '') => {
      const tab = await chromium.context.newPage()
      tab.once('dialog', dialog => void dialog.accept(name))
      await tab.goto(url.href)
      return tab
    })
  } finally {
    await chromium.close()
  }
}

const lines = (tab: Page) => tab.locator('li').allTextContents()

async function say(tab: Page, text: string): Promise<void> {
  await tab.fill('input', text)
  await tab.click('button')
}

test('The tutorial has the six snippets that this test puts together', () => {
  expect(scripts).toHaveLength(6)
})

test('1: the server speaks first, then answers', async () => {
  await run({ 'server.js': speaksFirst }, async url => {
    const socket = new WebSocket(url)
    const next = messagesOf(socket)
    expect(await next()).toBe('Welcome!')
    socket.send('hello')
    expect(await next()).toBe('You said: hello')
    socket.terminate()

    const [event] = (await once(new WebSocket(new URL('/chta', url)), 'error')) as [WebSocketErrorEvent]
    expect((event.error as HandshakeError).answer?.status).toBe(404)
  })
})

test('2 and 3: the page connects, then two tabs hear each other', async () => {
  await inBrowser(async open => {
    await run({ 'server.js': withPage, 'page.html': html }, async url => {
      const tab = await open(url)
      await tab.getByText('Welcome!').waitFor()
      await say(tab, 'hello')
      await tab.getByText('You said: hello').waitFor()
    })
    await run({ 'server.js': withTopic, 'page.html': html }, async url => {
      const first = await open(url)
      await first.getByText('connected').waitFor()
      const second = await open(url)
      await first.getByText('Somebody came in.').waitFor()
      await say(first, 'hello')
      await second.getByText('somebody: hello').waitFor()
      await second.close()
      await first.getByText('Somebody left.').waitFor()
      expect(await lines(first)).toEqual(['connected', 'Somebody came in.', 'me: hello', 'Somebody left.'])
    })
  })
})

test('4 and 5: people have names; without one they are refused; a killed server says no goodbye', async () => {
  await inBrowser(async open => {
    await run({ 'server.js': withNames, 'page.html': pageWithNames }, async url => {
      const first = await open(url, '张三')
      await first.getByText('connected').waitFor()
      const second = await open(url, '李四')
      await first.getByText('李四 came in.').waitFor()
      await say(first, '你好')
      await second.getByText('张三: 你好').waitFor()
      await first.close()
      await second.getByText('张三 left.').waitFor()
    })
    await run({ 'server.js': withNames, 'page.html': html }, async url => {
      const refused = await open(url)
      await refused.getByText('closed: 1006').waitFor()
      const [event] = (await once(new WebSocket(new URL('/chat', url)), 'error')) as [WebSocketErrorEvent]
      expect(event.message).toContain('403')
      expect(event.message).toContain('does not know who you are')
    })
    let left: Page | undefined
    await run({ 'server.js': withPage, 'page.html': html }, async url => {
      left = await open(url)
      await left.getByText('Welcome!').waitFor()
    })
    await left?.getByText('closed: 1006').waitFor()
  })
})
