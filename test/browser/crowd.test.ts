import { eventually, startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

const windows: Page[] = []
let workbench: Workbench
beforeAll(async () => {
  workbench = await startWorkbench()
})
afterEach(async () => {
  for (const page of windows.splice(0)) await page.close()
})
afterAll(() => workbench.close())

async function open(tab: 'compare'): Promise<Page> {
  const page = await workbench.open(tab)
  windows.push(page)
  return page
}

async function connections(): Promise<number> {
  const text = await (await fetch(new URL('/metrics', workbench.serving.url))).text()
  return Number(/^bothways_connections (\d+)$/m.exec(text)?.[1])
}

/** Has the page think that its window is hidden, or no longer. */
async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  `)
}

test('Of three windows one waits and says why, until another is closed or hidden; the page can be loaded all the while', async () => {
  const comparing = (page: Page) => page.locator('[data-way=events] [data-fact=requests]').textContent()
  const waits = (page: Page) => page.locator('[data-finding=crowded]').count()
  for (let count = 0; count < 3; count++) {
    const page = await open('compare')
    // Long polls are held the longer, the fewer changes there are.
    await page.getByRole('slider').first().focus()
    await page.keyboard.press('Home')
    if (count < 2) await eventually(() => comparing(page)).toBe('1')
  }
  const [first, second, third] = windows as [Page, Page, Page]
  await third.getByText('six HTTP connections').waitFor()
  expect([await waits(first), await waits(second), await waits(third)]).toEqual([0, 0, 1])
  expect(await third.locator('[data-status=open]').count()).toBe(1)
  const loaded = await workbench.open('monitor')
  await loaded.waitForSelector('[data-samples]:not([data-samples="0"])')
  await loaded.close()

  await eventually(connections).toBe(5)
  await hide(first, true)
  await eventually(() => comparing(third)).toBe('1')
  expect(await waits(third)).toBe(0)
  await hide(first, false)
  await eventually(() => waits(first)).toBe(1)
  await second.close()
  windows.splice(1, 1)
  await eventually(() => waits(first)).toBe(0)
})

test('Where the browser has no locks, too few HTTP connections are said by what waits for one', async () => {
  await workbench.chromium.context.addInitScript(
    "Object.defineProperty(navigator, 'locks', { value: undefined })",
  )
  for (let count = 0; count < 3; count++) {
    const page = await open('compare')
    await page.getByRole('slider').first().focus()
    await page.keyboard.press('Home')
    await eventually(() => page.locator('[data-way=events] [data-fact=requests]').textContent()).toBe('1')
  }
  const told = async (): Promise<Page | undefined> => {
    for (const page of windows) if ((await page.locator('[data-finding=queued]').count()) > 0) return page
    return undefined
  }
  await eventually(told).toBeDefined()
  const sentence = (await told())?.locator('[data-finding=queued]')
  expect(await sentence?.textContent()).toMatch(/waited for .+six HTTP connections/)
  await hide(windows[2]!, true)
  await eventually(told).toBeUndefined()
})

test('Nobody complained', () => {
  expect(workbench.complaints).toEqual([])
})
