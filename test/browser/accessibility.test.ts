import { readFile } from 'node:fs/promises'
import { startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const axe = await readFile(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** The findings of axe: the rule, the element, and why. */
async function findings(page: Page): Promise<string[]> {
  // Elements that still fade in do not have their colours yet.
  await page.evaluate('Promise.allSettled(document.getAnimations().map(it => it.finished))')
  return await page.evaluate(`(async () => {
    ${axe}
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary))
  })()`)
}

const readyFor = {
  console: '.log-viewport',
  chat: '.join-form',
  monitor: '[data-samples]:not([data-samples="0"])',
  compare: '[data-way=socket]',
} as const

describe.each([
  ['en-US', 'light'],
  ['zh-CN', 'dark'],
  ['en-US', 'dark'],
  ['zh-CN', 'light'],
] as const)('%s, %s', (locale, colorScheme) => {
  let workbench: Workbench
  beforeAll(async () => {
    workbench = await startWorkbench({ locale, colorScheme })
  })
  afterAll(() => workbench.close())

  test.each(['console', 'chat', 'monitor', 'compare'] as const)('axe finds nothing in %s', async tab => {
    const page = await workbench.open(tab)
    await page.waitForSelector(readyFor[tab])
    if (tab === 'chat') {
      await page.fill('[name=name]', '张三')
      await page.click('[data-action=join]')
      await page.waitForSelector('.chat-composer')
      await page.fill('.chat-composer textarea', 'hello')
      await page.click('[data-action=say]')
      await page.waitForSelector('.chat-text')
    }
    if (tab === 'console') {
      await page.fill('[name=address]', 'ws://127.0.0.1:9/')
      await page.click('[data-action=connect]')
      await page.waitForSelector('[data-problem=failure]')
      await page.locator('.log-type-error').first().waitFor()
    }
    expect(await findings(page)).toEqual([])
    // The names that pictures have by themselves are English, and would be read out beside the words.
    const pictures = await page.evaluate(`[...document.querySelectorAll('.anticon:not([aria-hidden=true])')]
      .filter(it => it.closest('button[aria-label]') === null).map(it => it.getAttribute('aria-label'))`)
    const clear = locale === 'en-US' ? 'Filter no more' : '取消筛选'
    expect(pictures).toEqual(tab === 'console' ? [clear] : [])
    await page.close()
  })
})

describe('By keyboard alone, in little room', () => {
  let workbench: Workbench
  beforeAll(async () => {
    // 1280 by 1024 at 400 %.
    workbench = await startWorkbench({ viewport: { width: 320, height: 256 } })
  })
  afterAll(() => workbench.close())

  const focusIs = (page: Page, selector: string) =>
    page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)

  /** Presses Tab until the focus is there. */
  async function tabTo(page: Page, selector: string): Promise<void> {
    for (let count = 0; count < 40; count++) {
      if (await focusIs(page, selector)) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`Tab does not lead to ${selector}`)
  }

  test('One connects, sends, opens the log, changes the tab, chats and leaves', async () => {
    const page = await workbench.open('console')
    await page.waitForSelector('[data-action=connect]')
    await tabTo(page, '.skip-link')
    await page.keyboard.press('Enter')
    await tabTo(page, '[name=address]')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-ready-state="1"]')
    await tabTo(page, '.send-form textarea')
    await page.keyboard.type('by keys')
    await page.keyboard.press('Control+Enter')
    await page.locator('.log-in .log-preview').waitFor()
    await tabTo(page, '.log-row')
    await page.keyboard.press('Enter')
    await page.locator('.entry-content').waitFor()
    await page.keyboard.press('Escape')
    expect(await focusIs(page, '.log-row')).toBe(true)

    await page.evaluate('document.activeElement.blur()')
    await tabTo(page, '[role=tab]')
    await page.keyboard.press('ArrowRight')
    await page.waitForSelector('.join-form')
    await tabTo(page, '[name=name]')
    await page.keyboard.type('Ann')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.chat-composer')
    await tabTo(page, '.chat-composer textarea')
    await page.keyboard.type('hello')
    await page.keyboard.press('Enter')
    await page.locator('.chat-text').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
    await tabTo(page, '[data-action=leave]')
    const box = await page.locator('[data-action=leave]').boundingBox()
    expect(box?.y).toBeGreaterThanOrEqual(0)
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(256)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.join-form')
  })

  test('What has the focus, and what is chosen, shows in forced colours; nothing moves where that is asked for', async () => {
    const page = await workbench.open('console')
    await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
    await page.waitForSelector('[data-action=connect]')
    const colours = (selector: string) =>
      page.evaluate(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).backgroundColor`)
    expect(await colours('[role=tab][aria-selected=true]')).not.toBe(
      await colours('[role=tab][aria-selected=false]'),
    )
    const duration = await page.evaluate(
      "getComputedStyle(document.querySelector('[data-action=connect]')).transitionDuration",
    )
    expect(
      String(duration)
        .split(', ')
        .every(it => it === '0s'),
    ).toBe(true)
  })
})
