import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let workbench: Workbench
beforeAll(async () => {
  workbench = await startWorkbench({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: { width: 375, height: 740 },
  })
})
afterAll(() => workbench.close())

const tabs = (page: Page) => page.getByRole('tab').allTextContents()

test('It is Chinese and dark when the browser asks for that, and switches', async () => {
  const page = await workbench.open('console')
  await page.waitForSelector('[data-action=connect]')
  expect(await tabs(page)).toEqual(['控制台', '聊天', '监控', '对比'])
  expect(await page.getAttribute('html', 'lang')).toBe('zh-CN')
  const scheme = () => page.evaluate('document.documentElement.style.colorScheme')
  expect(await scheme()).toBe('dark')
  await page.getByRole('button', { name: 'English' }).click()
  expect(await tabs(page)).toEqual(['Console', 'Chat', 'Monitor', 'Compare'])
  await page.getByRole('button', { name: 'Light colours' }).click()
  expect(await scheme()).toBe('light')
  await page.reload()
  await page.waitForSelector('[data-action=connect]')
  expect(await tabs(page)).toEqual(['Console', 'Chat', 'Monitor', 'Compare'])
  expect(await scheme()).toBe('light')
})

test.each(['console', 'chat', 'monitor', 'compare'] as const)('%s fits the width of a phone', async tab => {
  const page = await workbench.open(tab)
  await page.waitForSelector(`.tab-${tab} :is(button, figure)`)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
})

test('Nothing is fetched from anywhere else', async () => {
  const page = await workbench.chromium.context.newPage()
  const origins = new Set<string>()
  page.on('request', request => origins.add(new URL(request.url()).origin))
  await page.goto(workbench.serving.url)
  for (const name of ['Chat', 'Monitor', 'Compare']) {
    await page.getByRole('tab', { name }).click()
    await page.waitForSelector(`.tab-${name.toLowerCase()} :is(button, figure)`)
  }
  expect([...origins]).toEqual([new URL(workbench.serving.url).origin])
})

test('Nobody complained', () => {
  expect(workbench.complaints).toEqual([])
})

describe('In English', () => {
  let english: Chromium
  beforeAll(async () => {
    english = await launchChromium({ locale: 'en-GB' })
  })
  afterAll(() => english.close())

  test('It is English and light when the browser asks for that', async () => {
    const page = await english.context.newPage()
    await page.goto(workbench.serving.url)
    await page.waitForSelector('[data-action=connect]')
    expect(await tabs(page)).toEqual(['Console', 'Chat', 'Monitor', 'Compare'])
    expect(await page.evaluate('document.documentElement.style.colorScheme')).toBe('light')
  })
})
