import { startChild } from '@bothways/test-support/child'
import { launchChromium } from '@bothways/test-support/chromium'
import { freePort } from '@bothways/test-support/free-port'
import { expect, test } from 'vitest'
import { codeBlocks, withFolder } from './code-blocks.ts'

const page = 'docs/tutorial/lasting-chat.md'
const [script = ''] = (await codeBlocks(page, 'js')).map(({ code }) => code)
const [html = ''] = (await codeBlocks(page, 'html')).map(({ code }) => code)

test('The chat has its conversation after kill -9, and what was said meanwhile is in it once', async () => {
  const files = { 'server.js': script.replace(/\b3000\b/, String(await freePort())), 'page.html': html }
  const chromium = await launchChromium()
  await withFolder(files, async folder => {
    const start = () => startChild('node', [`${folder}/server.js`])
    let server = await start()
    try {
      const url = server.firstLine.replace(/^.* /, '')
      const open = async () => {
        const tab = await chromium.context.newPage()
        await tab.goto(url)
        await tab.getByText('connected').waitFor()
        const say = async (text: string) => {
          await tab.fill('input', text)
          await tab.click('button')
        }
        return { tab, say, lines: () => tab.locator('li').allTextContents() }
      }
      const one = await open()
      await one.say('你好')
      await one.tab.getByText('你好').waitFor()
      await server.stop('SIGKILL')
      await one.tab.getByText('away').waitFor()
      await one.say('Is anybody there?')
      server = await start()
      await one.tab.getByText('Is anybody there?').waitFor()
      const late = await open()
      await late.tab.getByText('Is anybody there?').waitFor()
      for (const { lines } of [one, late]) expect(await lines()).toEqual(['你好', 'Is anybody there?'])
    } finally {
      await server.stop()
      await chromium.close()
    }
  })
})

test('The Chinese page has the same code', async () => {
  const codeOf = async (path: string) => (await codeBlocks(path)).map(({ code }) => code)
  expect(await codeOf('docs/zh/tutorial/lasting-chat.md')).toEqual(await codeOf(page))
})
