import { eventually, startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ways = ['poll', 'longPoll', 'events', 'socket'] as const
type Way = (typeof ways)[number]

let workbench: Workbench
let page: Page
beforeAll(async () => {
  workbench = await startWorkbench()
  page = await workbench.open('compare')
})
afterAll(() => workbench.close())

const card = (way: Way) => page.locator(`[data-way=${way}]`)

async function figure(way: Way, name: string): Promise<number> {
  const text = await card(way).locator(`[data-fact=${name}]`).textContent()
  return Number(text?.replaceAll(',', ''))
}

async function bytes(way: Way): Promise<{ up: number; down: number }> {
  const [up, down] = [
    await card(way).getAttribute('data-bytes-up'),
    await card(way).getAttribute('data-bytes-down'),
  ]
  return { up: Number(up), down: Number(down) }
}

async function slide(index: number, key: 'ArrowRight' | 'End' | 'Home', times = 1): Promise<void> {
  await page.getByRole('slider').nth(index).focus()
  for (let count = 0; count < times; count++) await page.keyboard.press(key)
}

test('All four ways deliver the changes, and their figures rise', async () => {
  await page.getByText('Waiting for the first changes').waitFor()
  await slide(0, 'ArrowRight', 3)
  await page.getByText('10 per second').waitFor()
  for (const way of ways) {
    await eventually(() => figure(way, 'received')).toBeGreaterThan(20)
    expect(await card(way).locator('[data-fact=value]').textContent()).toMatch(/^\d+\.\d\d$/)
    expect(await card(way).locator('[data-fact=median]').textContent()).toMatch(/ m?s$/)
  }
  expect(await figure('socket', 'requests')).toBe(1)
  expect(await figure('events', 'requests')).toBe(1)
  expect(await figure('longPoll', 'requests')).toBeGreaterThan(10)
  const before = await figure('poll', 'requests')
  await eventually(() => figure('poll', 'requests')).toBeGreaterThan(before)
})

test('The bytes are plausible for what each way has sent', async () => {
  // A way's figures come with one report: read at once, they belong together.
  const expectations = async () => {
    for (const way of ['poll', 'longPoll'] as const) {
      const [{ up, down }, requests] = [await bytes(way), await figure(way, 'requests')]
      expect(up / requests).toBeGreaterThan(300)
      expect(up / requests).toBeLessThan(1_500)
      expect(down / requests).toBeGreaterThan(150)
    }
    const [socket, events] = [await bytes('socket'), await bytes('events')]
    expect(socket.up).toBeGreaterThan(200)
    expect(socket.up).toBeLessThan(1_500)
    expect(socket.down / (await figure('socket', 'received'))).toBeLessThan(250)
    expect(events.down).toBeGreaterThan(socket.down)
  }
  await expect(expectations()).resolves.toBeUndefined()
})

test('The page’s requests are as many as the browser really made', async () => {
  const made = { poll: 0, longPoll: 0 }
  page.on('request', request => {
    const way = new URL(request.url()).searchParams.get('way')
    if (way === 'poll' || way === 'longPoll') made[way]++
  })
  const [poll, longPoll] = [await figure('poll', 'requests'), await figure('longPoll', 'requests')]
  await eventually(() => made.poll).toBeGreaterThan(5)
  await page.getByRole('button', { name: 'Stop' }).click()
  const counted = {
    poll: (await figure('poll', 'requests')) - poll,
    longPoll: (await figure('longPoll', 'requests')) - longPoll,
  }
  // The last report is up to half a second old, and so was the first.
  expect(Math.abs(counted.poll - made.poll)).toBeLessThanOrEqual(2)
  expect(Math.abs(counted.longPoll - made.longPoll)).toBeLessThanOrEqual(12)
})

test('A sentence says what one sees; at a slow rate most answers are empty', async () => {
  await page.getByRole('button', { name: 'Start' }).click()
  await slide(0, 'Home')
  await slide(0, 'ArrowRight', 3)
  await slide(1, 'Home')
  await page.getByText('Polling asks every').waitFor()
  await page.click('[data-action=reset]')
  await eventually(() => figure('events', 'requests')).toBe(1)
  expect(await figure('socket', 'requests')).toBe(1)
  const finding = page.locator('[data-finding=polling]')
  await eventually(() => finding.textContent()).toMatch(/^Polling asked \d+ times; \d+ answers were empty/)
  expect(await page.locator('[data-finding=pushed]').textContent()).toContain('came by themselves')
  expect(await page.locator('[data-finding=bytes]').textContent()).toMatch(
    /times as much|handshake still counts/,
  )
  expect(await figure('poll', 'empty')).toBeGreaterThan((await figure('poll', 'requests')) / 2)
})

test('Leaving the tab leaves nothing open', async () => {
  await page.getByRole('tab', { name: 'Console' }).click()
  const connections = async () => {
    const text = await (await fetch(new URL('/metrics', workbench.serving.url))).text()
    return /^bothways_connections (\d+)$/m.exec(text)?.[1]
  }
  await eventually(connections).toBe('0')
})

test('Nobody complained', () => {
  expect(workbench.complaints).toEqual([])
})
