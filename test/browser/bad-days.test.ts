import { startNginx } from '@bothways/test-support/nginx'
import { eventually, startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import { afterAll, beforeAll, expect, test } from 'vitest'

let workbench: Workbench
beforeAll(async () => {
  workbench = await startWorkbench()
})
afterAll(() => workbench.close())

test('A tab whose code cannot be loaded says so and tries again; the chat beside it goes on', async () => {
  const page = await workbench.open('chat')
  await page.fill('[name=name]', 'Ann')
  await page.click('[data-action=join]')
  await page.fill('.chat-composer textarea', 'not sent yet')
  await page.route('**/assets/compare-tab-*.js', route => route.fulfill({ status: 404 }))
  await page.getByRole('tab', { name: 'Compare' }).click()
  const failed = page.getByRole('alert')
  await eventually(() => failed.textContent()).toContain('This part of the page does not work')
  await page.getByRole('tab', { name: 'Chat' }).click()
  expect(await page.inputValue('.chat-composer textarea')).toBe('not sent yet')
  expect(await page.locator('[data-member]').allTextContents()).toEqual(['Ann(you)'])
  await page.getByRole('tab', { name: 'Compare' }).click()
  await eventually(() => failed.count()).toBe(1)
  await page.unroute('**/assets/compare-tab-*.js')
  await page.click('[data-action=retry-tab]')
  await page.waitForSelector('[data-way=socket]')
})

test('Below the path of a proxy everything is found: files, sockets, requests', async () => {
  const { port } = new URL(workbench.serving.url)
  const nginx = await startNginx(
    listening => `
      listen 127.0.0.1:${listening};
      location /tools/bw/ {
        proxy_pass http://127.0.0.1:${port}/;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_set_header Host $http_host;
      }`,
  )
  const page = await workbench.chromium.context.newPage()
  const failures: string[] = []
  page.on('response', response => {
    if (response.status() >= 400) failures.push(`${response.status()} ${response.url()}`)
  })
  await page.goto(`http://127.0.0.1:${nginx.port}/tools/bw/`)
  await page.click('[data-action=connect]')
  await page.waitForSelector('[data-ready-state="1"]')
  await page.getByRole('tab', { name: 'Monitor' }).click()
  await page.waitForSelector('[data-samples]:not([data-samples="0"])')
  await page.getByRole('tab', { name: 'Compare' }).click()
  for (const way of ['poll', 'longPoll', 'events', 'socket']) {
    const received = page.locator(`[data-way=${way}] [data-fact=received]`)
    await eventually(async () => Number(await received.textContent())).toBeGreaterThan(0)
  }
  expect(failures).toEqual([])
  await page.close()
  await nginx.stop()
})
