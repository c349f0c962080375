import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { eventually } from '@bothways/test-support/workbench'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Serving, startServe } from '../../packages/cli/src/serve/serve.ts'

let serving: Serving
let chromium: Chromium

const serve = (port: number) => startServe({ port, host: '127.0.0.1', origins: [], page: true })

beforeAll(async () => {
  serving = await serve(0)
  chromium = await launchChromium()
})
afterAll(async () => {
  await chromium.close()
  await serving.close()
})

async function open(tab: string): Promise<Page> {
  const page = await chromium.context.newPage()
  await page.goto(`${serving.url}#${tab}`)
  return page
}

test('Chat, monitor and compare come back by themselves when the server restarts', async () => {
  const chat = await open('chat')
  await chat.fill('[name=name]', '张三')
  await chat.click('[data-action=join]')
  await chat.waitForSelector('.chat-composer')
  await chat.fill('.chat-composer textarea', 'said before')
  await chat.click('[data-action=say]')
  await eventually(() => chat.locator('.chat-text').allTextContents()).toEqual(['said before'])
  const monitor = await open('monitor')
  const samples = async () => Number(await monitor.locator('[data-samples]').getAttribute('data-samples'))
  await eventually(samples).toBeGreaterThan(1)
  const compare = await open('compare')
  const received = async () =>
    Number(await compare.locator('[data-way=socket] [data-fact=received]').textContent())
  await eventually(received).toBeGreaterThan(0)

  const { port } = new URL(serving.url)
  await serving.close()
  for (const page of [chat, monitor, compare]) await page.waitForSelector('[data-status=waiting]')
  const [samplesBefore, receivedBefore] = [await samples(), await received()]
  serving = await serve(Number(port))

  for (const page of [chat, monitor, compare]) await page.waitForSelector('[data-status=open]')
  await eventually(samples).toBeGreaterThan(samplesBefore)
  await eventually(received).toBeGreaterThan(receivedBefore)
  await eventually(() => chat.locator('[data-member]').allTextContents()).toEqual(['张三(you)'])
  await chat.fill('.chat-composer textarea', 'back again')
  await chat.click('[data-action=say]')
  await chat.getByText('back again').waitFor()
  expect(await chat.locator('.chat-text').allTextContents()).toEqual(['said before', 'back again'])
  expect(await chat.locator('.chat-own').count()).toBe(2)
})
