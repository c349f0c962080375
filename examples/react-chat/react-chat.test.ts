import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { type Example, startExample } from '@bothways/test-support/example'
import { eventually } from '@bothways/test-support/workbench'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'

let example: Example
let chromium: Chromium
beforeAll(async () => {
  await build({ configFile: new URL('vite.config.ts', import.meta.url).pathname, logLevel: 'silent' })
  ;[example, chromium] = await Promise.all([startExample('react-chat/server.js'), launchChromium()])
})
afterAll(() => Promise.all([example.child.stop(), chromium.close()]))

test('Two talk in cards of antd; what is written while the server is away arrives once', async () => {
  const complaints: string[] = []
  const open = async (name: string) => {
    const page = await chromium.context.newPage()
    page.on('console', it => {
      // The browser, not React, complains of files that it cannot load from a server that is away.
      const isOfNetwork = /ERR_CONNECTION_REFUSED|Failed to load resource/.test(it.text())
      if (it.type() === 'error' && !isOfNetwork) complaints.push(it.text())
    })
    await page.goto(`${example.url}#${encodeURIComponent(name)}`)
    await page.waitForSelector('[data-status=open]')
    return page
  }
  type Page = Awaited<ReturnType<typeof open>>
  const say = async (page: Page, text: string) => {
    await page.fill('input', text)
    await page.click('button')
  }
  const said = (page: Page) => page.locator('li:not([data-sending])').allTextContents()
  const zhang = await open('张三')
  await say(zhang, '你好')
  const li = await open('李四')
  await eventually(() => said(li)).toEqual(['张三 你好'])
  await eventually(() => zhang.locator('.ant-tag').allTextContents()).toEqual(['张三', '李四'])

  const { port } = new URL(example.url)
  await example.child.stop('SIGKILL')
  await li.getByText('The connection was cut').or(li.getByText('No connection came about')).first().waitFor()
  await say(li, 'while it was away')
  await li.waitForSelector('[data-sending]')
  example = await startExample('react-chat/server.js', { PORT: port })
  await eventually(() => said(zhang)).toEqual(['李四 while it was away'])
  await eventually(() => li.locator('[data-sending]').count()).toBe(0)
  expect(await said(li)).toEqual(['李四 while it was away'])
  await zhang.getByText('Something may be missing here').waitFor()
  expect(complaints).toEqual([])
})
