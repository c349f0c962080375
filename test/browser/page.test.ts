import { request } from 'node:http'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let workbench: Workbench
beforeAll(async () => {
  workbench = await startWorkbench({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: { width: 375, height: 740 },
  })
})
afterAll(() => workbench.close())

const tabs = (page: Page) => page.getByRole('tab').allTextContents()

test('It is Chinese and dark when the browser asks for that, and switches', async () => {
  const page = await workbench.open('console')
  await page.waitForSelector('[data-action=connect]')
  expect(await tabs(page)).toEqual(['控制台', '聊天', '监控', '对比'])
  expect(await page.getAttribute('html', 'lang')).toBe('zh-CN')
  const scheme = () => page.evaluate('document.documentElement.style.colorScheme')
  expect(await scheme()).toBe('dark')
  await page.getByRole('button', { name: 'English' }).click()
  expect(await tabs(page)).toEqual(['Console', 'Chat', 'Monitor', 'Compare'])
  await page.getByRole('button', { name: 'Light colours' }).click()
  expect(await scheme()).toBe('light')
  await page.reload()
  await page.waitForSelector('[data-action=connect]')
  expect(await tabs(page)).toEqual(['Console', 'Chat', 'Monitor', 'Compare'])
  expect(await scheme()).toBe('light')
})

test.each(['console', 'chat', 'monitor', 'compare'] as const)('%s fits the width of a phone', async tab => {
  const page = await workbench.open(tab)
  await page.waitForSelector(`.tab-${tab} :is(button, figure)`)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
})

test('Nothing is fetched from anywhere else', async () => {
  const page = await workbench.chromium.context.newPage()
  const origins = new Set<string>()
  page.on('request', request => origins.add(new URL(request.url()).origin))
  await page.goto(workbench.serving.url)
  for (const name of ['Chat', 'Monitor', 'Compare']) {
    await page.getByRole('tab', { name }).click()
    await page.waitForSelector(`.tab-${name.toLowerCase()} :is(button, figure)`)
  }
  expect([...origins]).toEqual([new URL(workbench.serving.url).origin])
})

test('Nobody complained', () => {
  expect(workbench.complaints).toEqual([])
})

describe('In English', () => {
  let english: Chromium
  beforeAll(async () => {
    english = await launchChromium({ locale: 'en-GB' })
  })
  afterAll(() => english.close())

  test('It is English and light when the browser asks for that', async () => {
    const page = await english.context.newPage()
    await page.goto(workbench.serving.url)
    await page.waitForSelector('[data-action=connect]')
    expect(await tabs(page)).toEqual(['Console', 'Chat', 'Monitor', 'Compare'])
    expect(await page.evaluate('document.documentElement.style.colorScheme')).toBe('light')
  })
})

describe('How it is served', () => {
  const get = (path: string, init?: RequestInit) => fetch(new URL(path, workbench.serving.url), init)

  test('The page is checked each time, what has a hash in its name never again', async () => {
    const page = await get('/')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self' ws: wss:")
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    const script = /src="(\.\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1] ?? ''
    const asset = await get(script)
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(asset.headers.get('content-encoding')).toBe('gzip')
    const again = await get('/', { headers: { 'If-None-Match': page.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
  })

  test('The first view is all there after one round trip, in at most 240 KB', async () => {
    const html = await (await get('/')).text()
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link)
    let bytes = 0
    for (const link of ['/', ...links]) {
      const answer = await new Promise<Buffer>((resolve, reject) => {
        const parts: Buffer[] = []
        request(new URL(link, workbench.serving.url), { headers: { 'Accept-Encoding': 'br' } }, response => {
          response.on('data', part => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)))
        })
          .on('error', reject)
          .end()
      })
      bytes += answer.length
    }
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes).toBeLessThan(240_000)
    const page = await workbench.chromium.context.newPage()
    const asked: string[] = []
    page.on('request', it => asked.push(new URL(it.url()).pathname))
    await page.goto(workbench.serving.url)
    await page.waitForSelector('[data-action=connect]')
    const named = ['/', ...links.map(link => new URL(link, workbench.serving.url).pathname)]
    expect(asked.filter(path => !named.includes(path))).toEqual([])
  })

  test.each([
    '/../package.json',
    '/assets/../../package.json',
    '/%2e%2e/package.json',
    '/assets/%2e%2e%2f..%2fpackage.json',
    '/index.html/..',
  ])('%s leads nowhere', async path => {
    const answer = await get(path)
    // Clients and servers resolve dots; what is left is the page or nothing.
    expect([200, 404]).toContain(answer.status)
    expect(await answer.text()).not.toContain('"version"')
  })
})
