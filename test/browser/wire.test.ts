import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { eventually, startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

describe.each([
  ['en-US', 'light', 'Text', 'compressed (permessage-deflate)'],
  ['zh-CN', 'dark', '文本 Text', '已压缩（permessage-deflate）'],
] as const)('%s, %s', (locale, colorScheme, textName, compressed) => {
  let workbench: Workbench
  beforeAll(async () => {
    workbench = await startWorkbench({ locale, colorScheme })
  })
  afterAll(() => workbench.close())

  test('The page shows the handshake and the frames of its own connection, by the keyboard alone', async () => {
    const page = await workbench.open('console')
    await page.locator('[data-action=wire]').focus()
    await page.keyboard.press('Enter')
    await page.locator('[name=address]').focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-ready-state="1"]')
    const rows = page.locator('.wire-row')
    await eventually(() => rows.count()).toBe(2)
    expect(await rows.first().textContent()).toMatch(/GET \/echo\?inspect=\w+ HTTP\/1\.1/)
    expect(await rows.nth(1).textContent()).toContain('Sec-WebSocket-Accept')
    // The address that is shown is the one that was typed.
    expect(await page.locator('.facts').first().textContent()).not.toContain('inspect=')

    await page.fill('.send-form textarea', 'long 文 '.repeat(100))
    await page.keyboard.press('Control+Enter')
    await eventually(() => rows.count()).toBe(4)
    const sent = rows.nth(2)
    expect(await sent.locator('summary').textContent()).toContain(`${textName} · RSV1`)
    await sent.locator('summary').focus()
    await page.keyboard.press('Enter')
    await sent.getByText(compressed).waitFor()
    await sent.getByText('Payload length').waitFor()

    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    await page.evaluate(axe)
    const found = await page.evaluate('axe.run().then(({ violations }) => violations.map(it => it.id))')
    expect(found).toEqual([])
    if (process.env.SCREENSHOTS)
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/wire-${locale}.png` })

    await page.click('[data-action=disconnect]')
    await page.waitForSelector('[data-wire=end]')
    expect(workbench.complaints).toEqual([])
    await page.close()
  })
})
