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

test('Three windows have too few HTTP connections: a sentence says so, until one is closed or hidden', async () => {
  for (let count = 0; count < 3; count++) {
    const page = await open('compare')
    // Long polls are held the longer, the fewer changes there are.
    await page.getByRole('slider').first().focus()
    await page.keyboard.press('Home')
    await eventually(() => page.locator('[data-way=events] [data-fact=requests]').textContent()).toBe('1')
  }
  const [first, second, third] = windows as [Page, Page, Page]
  const told = async (): Promise<Page | undefined> => {
    for (const page of windows) if ((await page.locator('[data-finding=queued]').count()) > 0) return page
    return undefined
  }
  await eventually(told).toBeDefined()
  const sentence = (await told())?.locator('[data-finding=queued]')
  expect(await sentence?.textContent()).toMatch(/waited for .+six HTTP connections/)

  await hide(third, true)
  await eventually(connections).toBe(4)
  await eventually(told).toBeUndefined()
  await hide(third, false)
  await eventually(connections).toBe(6)
  await eventually(told).toBeDefined()
  await second.close()
  windows.splice(1, 1)
  await eventually(told).toBeUndefined()
  expect(await first.locator('[data-status=open]').count()).toBe(1)
})

test('Nobody complained', () => {
  expect(workbench.complaints).toEqual([])
})
