import { startChild } from '@bothways/test-support/child'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { type Example, startExample } from '@bothways/test-support/example'
import { afterAll, beforeAll, expect, test } from 'vitest'

let example: Example
let chromium: Chromium
beforeAll(async () => {
  ;[example, chromium] = await Promise.all([startExample('topics/server.js'), launchChromium()])
})
afterAll(() => Promise.all([example.child.stop(), chromium.close()]))

test('Pages and a program talk, a late one sees what was said, and all survive a server that is killed', async () => {
  const open = async (name: string) => {
    const page = await chromium.context.newPage()
    await page.goto(`${example.url}#${name}`)
    await page.locator('#status', { hasText: 'open' }).waitFor()
    return page
  }
  type Page = Awaited<ReturnType<typeof open>>
  const say = async (page: Page, text: string) => {
    await page.fill('input', text)
    await page.click('button')
  }
  const zhang = await open('张三')
  await say(zhang, '你好')
  const li = await open('李四')
  await li.locator('li', { hasText: '你好' }).waitFor()
  await zhang.locator('#members', { hasText: '张三, 李四' }).waitFor()
  const url = example.url.replace('http', 'ws')
  const worker = await startChild('node', ['examples/topics/worker.js', `${url}bothways`])
  try {
    await zhang.locator('#members', { hasText: 'clock' }).waitFor()
    await say(li, 'time?')
    await zhang.locator('li', { hasText: /^\d{4}-/ }).waitFor()

    const port = new URL(example.url).port
    await example.child.stop('SIGKILL')
    await li.locator('#status', { hasText: /waiting|connecting|offline/ }).waitFor()
    await say(li, 'while it was away')
    example = await startExample('topics/server.js', { PORT: port })
    await zhang.locator('li', { hasText: 'while it was away' }).waitFor()
    await li.locator('li', { hasText: 'while it was away' }).waitFor()
    expect(await li.locator('li', { hasText: 'while it was away' }).count()).toBe(1)
    expect(await zhang.locator('li', { hasText: 'something is missing' }).count()).toBe(1)
    await zhang.locator('#members', { hasText: 'clock' }).waitFor()
  } finally {
    await worker.stop()
  }
})
