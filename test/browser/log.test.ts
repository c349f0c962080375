import { eventually, startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import { createServer } from 'bothways'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

let workbench: Workbench
let page: Page
const other = createServer({ origins: '*' })
let otherUrl: string
beforeAll(async () => {
  other
    .route('/ten', {
      open: socket => {
        for (let at = 1; at <= 100; at++) socket.send(`entry ${at}`)
      },
    })
    .route('/flood', {
      open: socket => {
        let at = 0
        const timer = setInterval(() => {
          if (socket.readyState !== 1) clearInterval(timer)
          for (let count = 0; count < 10; count++) socket.send(`{"at":${at++}}`)
        }, 10)
      },
    })
  otherUrl = (await other.listen()).url
  workbench = await startWorkbench()
  page = await workbench.open('console')
})
afterAll(async () => {
  await workbench.close()
  await other.close()
})

async function connect(path: string): Promise<void> {
  await page.fill('[name=address]', `${otherUrl}${path}`)
  await page.click('[data-action=connect]')
}

const focused = () =>
  page.evaluate(
    "document.activeElement.querySelector('.log-preview')?.textContent ?? document.activeElement.tagName",
  )

test('The log is one stop of the Tab key; arrows, Home, End, Enter and Ctrl+C do the rest', async () => {
  await workbench.chromium.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await connect('ten')
  await page.getByText('entry 100', { exact: true }).waitFor()
  expect(await page.locator('.log-viewport [tabindex="0"]').count()).toBe(1)
  await page.locator('.log-viewport [tabindex="0"]').focus()
  expect(await focused()).toBe('entry 100')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  await eventually(focused).toBe('entry 98')
  await page.keyboard.press('Home')
  await eventually(focused).toContain(otherUrl)
  await page.keyboard.press('End')
  await eventually(focused).toBe('entry 100')
  await page.keyboard.press('PageUp')
  const onPageUp = await focused()
  expect(onPageUp).toMatch(/^entry [5-9]\d$/)

  await page.keyboard.press('Enter')
  await page.locator('.entry-content').waitFor()
  expect(await page.locator('.entry-content').textContent()).toBe(onPageUp)
  await page.keyboard.press('Escape')
  await page.locator('.entry-content').waitFor({ state: 'hidden' })
  expect(await focused()).toBe(onPageUp)
  await page.keyboard.press('Control+c')
  await page.getByText('Copied').waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(onPageUp)

  await page.getByRole('button', { name: 'Clear' }).focus()
  await page.locator('.log-viewport [tabindex="0"]').focus()
  expect(await page.locator('.log-viewport [tabindex="0"]').count()).toBe(1)
})

test('A flood takes the focus from no row, and does not draw the fields at each message', async () => {
  await connect('flood')
  const counter = page.locator('[data-log-count]')
  const count = async () => Number(await counter.getAttribute('data-log-count'))
  await eventually(count).toBeGreaterThan(500)
  await page.locator('.log-viewport [tabindex="0"]').focus()
  const row = await focused()
  await page.evaluate(`
    window.drawn = 0
    for (const field of document.querySelectorAll('input, textarea, select')) {
      new MutationObserver(list => { window.drawn += list.length }).observe(field, { attributes: true, childList: true })
    }
  `)
  const before = await count()
  await eventually(count).toBeGreaterThan(before + 2_000)
  expect(await focused()).toBe(row)
  // Each would be drawn some hundred times; a few is what a click has left behind.
  expect(await page.evaluate('window.drawn')).toBeLessThan(20)
})

test('What came is summed up for screen readers, and so is the state', async () => {
  const summary = page.locator('.log-panel [role=status]')
  await eventually(() => summary.textContent()).toMatch(/^\d+ received, 0 sent$/)
  expect(await page.locator('[data-fact=state] [role=status]').count()).toBe(1)
  await page.click('[data-action=disconnect]')
})

test('JSON of more than a megabyte is not read at each key', async () => {
  await page.locator('.send-form .ant-segmented-item', { hasText: 'JSON' }).click()
  await page.evaluate(`
    const editor = document.querySelector('.send-form textarea')
    editor.value = '[' + '"0123456789",\\n'.repeat(100_000) + '0]'
    editor.dispatchEvent(new Event('input', { bubbles: true }))
  `)
  await page.getByText('More than 1 MB').waitFor()
  expect(await page.getByRole('button', { name: 'Format' }).isDisabled()).toBe(true)
  const parses = await page.evaluate(`
    const parse = JSON.parse
    let count = 0
    JSON.parse = text => { count++; return parse(text) }
    const area = document.querySelector('.send-form textarea')
    for (let key = 0; key < 5; key++) area.dispatchEvent(new Event('input', { bubbles: true }))
    JSON.parse = parse
    count
  `)
  expect(parses).toBe(0)
})
