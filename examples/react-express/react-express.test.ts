import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { type Example, startExample } from '@bothways/test-support/example'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let dist: string
let example: Example
let chromium: Chromium

beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'bothways-react-express-'))
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', dist, '--emptyOutDir'], {
    cwd: import.meta.dirname,
  })
  example = await startExample('react-express/server.js', { EVERY_MS: '500', DIST: dist })
  chromium = await launchChromium()
}, 120_000)
afterAll(async () => {
  await chromium.close()
  await example.child.stop()
  await rm(dist, { recursive: true })
})

test.each([['WebSocket'], ['socket.io-client']])(
  'The card of %s connects, sends, logs, and connects anew',
  async title => {
    const page = await chromium.context.newPage()
    const errors: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    await page.goto(example.url)
    const card = page.locator('.ant-card').filter({ has: page.getByText(title, { exact: true }) })
    const log = card.getByRole('list', { name: `${title} log` })
    await card.getByText('closed', { exact: true }).waitFor()
    await expect(card.getByRole('button', { name: /发\s*送/ }).isDisabled()).resolves.toBe(true)

    await card.getByRole('button', { name: /连\s*接/ }).click()
    await card.getByText('open', { exact: true }).waitFor()
    await log.getByText('你好 from the server').waitFor()
    await log
      .getByText(/^\d{1,2}:\d\d:\d\d/)
      .first()
      .waitFor()
    await card.getByRole('textbox').fill('李四')
    await card.getByRole('button', { name: /发\s*送/ }).click()
    await log.getByText('got: 李四').waitFor()

    await card.getByRole('button', { name: /连\s*接/ }).click()
    await log.getByText('你好 from the server').nth(1).waitFor()
    expect(errors).toEqual([])
    await page.close()
  },
)
