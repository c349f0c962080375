import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteBroker } from '@bothways/sqlite'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { eventually } from '@bothways/test-support/workbench'
import type { Broker } from 'bothways'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Serving, startServe } from '../../packages/cli/src/serve/serve.ts'

let serving: Serving
let chromium: Chromium

const serve = (port: number, broker?: Broker) =>
  startServe({ port, host: '127.0.0.1', origins: [], page: true, ...(broker !== undefined && { broker }) })

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

test('A server of several processes is not compared, and says why; the monitor shows the figures of all', async () => {
  const worker = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: true, isWorker: true })
  const page = await chromium.context.newPage()
  await page.goto(`${worker.url}#compare`)
  await page.locator('[data-finding=scattered]', { hasText: '--workers' }).waitFor()
  expect(await page.locator('[data-way=poll] [data-fact=requests]').textContent()).toBe('0')
  await page.goto(`${worker.url}#monitor`)
  await page.getByText('are those of all together').waitFor()
  await page.close()
  await worker.close()
})

test('With a file the conversation is there after a restart, for those who stayed and for newcomers; messages of the meantime too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bothways-page-'))
  const open = () => SqliteBroker.open({ file: join(folder, 'topics.db') })
  let lasting = await serve(0, await open())
  const enter = async (name: string) => {
    const page = await chromium.context.newPage()
    await page.goto(`${lasting.url}#chat/lasting`)
    await page.fill('[name=name]', name)
    await page.click('[data-action=join]')
    await page.waitForSelector('.chat-composer')
    return page
  }
  const say = async (page: Page, text: string) => {
    await page.fill('.chat-composer textarea', text)
    await page.click('[data-action=say]')
  }
  const texts = (page: Page) => page.locator('.chat-text').allTextContents()
  const zhang = await enter('张三')
  await say(zhang, 'said before')
  await eventually(() => zhang.locator('[data-pending]').count()).toBe(0)

  const { port } = new URL(lasting.url)
  await lasting.close()
  await zhang.waitForSelector('[data-status=waiting]')
  await say(zhang, 'said meanwhile')
  await zhang.getByText('goes out when the connection is back').waitFor()
  lasting = await serve(Number(port), await open())
  await zhang.waitForSelector('[data-status=open]')

  const li = await enter('李四')
  await eventually(() => texts(li)).toEqual(['said before', 'said meanwhile'])
  await say(li, 'said after')
  await eventually(() => texts(zhang)).toEqual(['said before', 'said meanwhile', 'said after'])
  expect(await zhang.locator('[data-pending]').count()).toBe(0)
  expect(await zhang.locator('.chat-line').allTextContents()).toEqual(['李四 joined'])
  await Promise.all([zhang.close(), li.close()])
  await lasting.close()
  await rm(folder, { recursive: true, force: true })
})
