import { pathToFileURL } from 'node:url'
import { launchChromium } from '@bothways/test-support/chromium'
import { type Example, startExample } from '@bothways/test-support/example'
import { afterAll, beforeAll, test } from 'vitest'

let example: Example
beforeAll(async () => {
  example = await startExample('from-file/server.js')
})
afterAll(() => example.child.stop())

test('A page opened from a file connects', async () => {
  const chromium = await launchChromium()
  try {
    const page = await chromium.context.newPage()
    const file = pathToFileURL('examples/from-file/page.html')
    file.search = `port=${new URL(example.url).port}`
    await page.goto(file.href)
    await page.getByText('You said: hello from a file').waitFor()
  } finally {
    await chromium.close()
  }
})
