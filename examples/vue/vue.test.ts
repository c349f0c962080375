import { readFileSync } from 'node:fs'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { type Example, startExample } from '@bothways/test-support/example'
import { eventually } from '@bothways/test-support/workbench'
import { afterAll, beforeAll, expect, test } from 'vitest'

let example: Example
let chromium: Chromium
beforeAll(async () => {
  ;[example, chromium] = await Promise.all([startExample('vue/server.js'), launchChromium()])
})
afterAll(() => Promise.all([example.child.stop(), chromium.close()]))

test('Two pages of Vue talk, see who is there and what was said before', async () => {
  const open = async (name: string) => {
    const page = await chromium.context.newPage()
    await page.goto(`${example.url}#${encodeURIComponent(name)}`)
    await page.locator('output', { hasText: 'open' }).waitFor()
    return page
  }
  const zhang = await open('张三')
  await zhang.fill('input', '你好')
  await zhang.click('button')
  await eventually(() => zhang.inputValue('input')).toBe('')
  const li = await open('李四')
  await eventually(() => li.locator('li').allTextContents()).toEqual(['张三: 你好'])
  await eventually(() => zhang.locator('p').textContent()).toContain('张三, 李四')
  await li.close()
  await eventually(() => zhang.locator('p').textContent()).not.toContain('李四')
})

test('It is 20 lines', () => {
  const lines = readFileSync(new URL('topic.js', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  expect(lines.length).toBeLessThanOrEqual(20)
})
