import { runChild } from '@bothways/test-support/child'
import { launchChromium } from '@bothways/test-support/chromium'
import { type Example, startExample } from '@bothways/test-support/example'
import { afterAll, beforeAll, expect, test } from 'vitest'

let example: Example
beforeAll(async () => {
  example = await startExample('hello/server.js')
})
afterAll(() => example.child.stop())

test('The Node client is greeted, and answered', async () => {
  const url = new URL('/hello', example.url.replace('http', 'ws')).href
  expect(await runChild('node', ['examples/hello/client.js', url, '李四'])).toBe(
    'Hello from the server. What is your name?\nHello, 李四!\n',
  )
})

test('So is the page', async () => {
  const chromium = await launchChromium()
  try {
    const page = await chromium.context.newPage()
    await page.goto(example.url)
    await page.getByText('What is your name?').waitFor()
    await page.fill('input', '张三')
    await page.click('button')
    await page.getByText('Hello, 张三!').waitFor()
    expect(await page.locator('li').count()).toBe(2)
  } finally {
    await chromium.close()
  }
})
