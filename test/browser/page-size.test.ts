import { request } from 'node:http'
import { startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import { afterAll, beforeAll, expect, test } from 'vitest'

let workbench: Workbench
beforeAll(async () => {
  workbench = await startWorkbench()
})
afterAll(() => workbench.close())

test('The first view is all there after one round trip, in at most 240 KB', async () => {
  const html = await (await fetch(workbench.serving.url)).text()
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
