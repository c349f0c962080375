import { eventually, startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import { afterAll, beforeAll, expect, test } from 'vitest'

let workbench: Workbench
beforeAll(async () => {
  workbench = await startWorkbench()
})
afterAll(() => workbench.close())

test('Samples are pushed at the rate the viewer sets, and no request is made meanwhile', async () => {
  const page = await workbench.open('monitor')
  const points = async () => {
    const charts = await page.locator('[data-points]').all()
    return Promise.all(charts.map(async it => Number(await it.getAttribute('data-points'))))
  }
  await eventually(async () => (await points()).filter(count => count > 1).length).toBe(6)
  await page.waitForLoadState('networkidle')

  const requests: string[] = []
  page.on('request', request => requests.push(request.url()))
  const slider = page.getByRole('slider')
  await slider.focus()
  await page.keyboard.press('Home')
  await page.getByText('A sample every 50 ms').waitFor()
  const before = (await points())[0] ?? 0
  await eventually(async () => (await points())[0]).toBeGreaterThan(before + 40)
  expect(requests).toEqual([])

  const tile = (name: string) => page.locator('.tile', { hasText: name }).locator('.tile-value').textContent()
  expect(await tile('Memory')).toMatch(/^[\d.]+ (MB|GB)$/)
  expect(await tile('Connections')).toBe('1')
  expect(await tile('Processor')).toMatch(/^[\d.]+ %$/)
})

test('The charts are drawn, and change', async () => {
  const page = await workbench.open('monitor')
  const canvas = page.locator('.chart canvas').first()
  await canvas.waitFor()
  const picture = async () => (await canvas.screenshot()).toString('base64')
  const before = await picture()
  await eventually(picture).not.toBe(before)
})

test('Nobody complained', () => {
  expect(workbench.complaints).toEqual([])
})
