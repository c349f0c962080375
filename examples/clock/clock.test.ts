import { launchChromium } from '@bothways/test-support/chromium'
import { type Example, startExample } from '@bothways/test-support/example'
import { messagesOf } from '@bothways/test-support/messages'
import { WebSocket } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'

let example: Example
beforeAll(async () => {
  example = await startExample('clock/server.js', { EVERY_MS: '50' })
})
afterAll(() => example.child.stop())

test('The time is pushed again and again, and nobody asked', async () => {
  const socket = new WebSocket(new URL('/clock', example.url))
  const next = messagesOf(socket)
  const times = [await next(), await next(), await next()].map(time => Date.parse(time))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(new Set(times).size).toBe(3)
  socket.terminate()
})

test('Express serves the page, which shows it', async () => {
  expect((await fetch(example.url)).headers.get('x-powered-by')).toBe('Express')
  const chromium = await launchChromium()
  try {
    const page = await chromium.context.newPage()
    await page.goto(example.url)
    await page.getByText(/^\d{4}-\d\d-\d\dT/).waitFor()
  } finally {
    await chromium.close()
  }
})
