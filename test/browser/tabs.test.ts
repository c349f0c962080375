import { launchChromium } from '@bothways/test-support/chromium'
import { bundleClient, type Page, say, servePage, until } from '@bothways/test-support/client-page'
import { launchFirefox } from '@bothways/test-support/firefox'
import { MemoryBroker } from 'bothways'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// Five tabs with one connection, in real browsers.

let code: string
const broker = new MemoryBroker()
const closeBroker = broker.close.bind(broker)
broker.close = async () => {}

beforeAll(async () => {
  code = await bundleClient()
})
afterAll(() => closeBroker())

const numbers = (count: number) => [...Array(count).keys()]

/** The tabs open one after the other, so that the first leads; each publishes, then the first one is gone. */
async function shares(pages: readonly Page[], room: string, leave: (page: Page) => Promise<unknown>) {
  const serving = await servePage(code, broker)
  try {
    for (const page of pages) {
      await page.goto(`http://127.0.0.1:${serving.port}/?share=tabs#${room}`)
      await until(page, ({ status }) => status === 'open')
    }
    for (const page of pages) await until(page, ({ topic }) => topic === 'subscribed')
    expect(serving.sockets.size).toBe(1)
    for (const [n, page] of pages.entries()) {
      await say(page, n)
      await until(page, ({ log }) => log.length === n + 1)
    }
    const [first, ...others] = pages as readonly [Page, ...Page[]]
    await leave(first)
    for (const [n, page] of others.entries()) {
      await say(page, pages.length + n)
      await until(page, ({ log }) => log.length === pages.length + n + 1)
    }
    for (const page of others) {
      const all = pages.length + others.length
      const heard = await until(page, ({ log }) => log.length === all)
      expect([heard.log, heard.gapCount]).toEqual([numbers(all), 0])
    }
    expect(serving.sockets.size).toBe(1)
    return serving
  } catch (error) {
    await serving.kill()
    throw error
  }
}

describe('In Chromium five tabs have one connection, and lose nothing when the one that leads', () => {
  let chromium: Awaited<ReturnType<typeof launchChromium>>
  beforeAll(async () => {
    chromium = await launchChromium()
  })
  afterAll(() => chromium.close())
  const open = async () => Promise.all(numbers(5).map(() => chromium.context.newPage()))

  test('is closed', async () => {
    const pages = await open()
    const serving = await shares(pages as never, 'closed', () => (pages[0] as (typeof pages)[0]).close())
    await serving.kill()
    for (const page of pages.slice(1)) await page.close()
  })

  test('crashes', async () => {
    const pages = await open()
    const serving = await shares(pages as never, 'crashed', async () => {
      const crashed = new Promise(resolve => pages[0]?.once('crash', resolve))
      void pages[0]?.goto('chrome://crash').catch(() => {})
      await crashed
    })
    await serving.kill()
    for (const page of pages) await page.close()
  })

  test('is frozen; thawed it follows', async () => {
    const pages = await open()
    const [leader] = pages as [(typeof pages)[0]]
    const session = await chromium.context.newCDPSession(leader)
    const serving = await shares(pages as never, 'frozen', () =>
      session.send('Page.setWebLifecycleState', { state: 'frozen' }),
    )
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    const heard = await until(leader as never, ({ log }) => log.length === 9)
    expect([heard.log, heard.gapCount]).toEqual([numbers(9), 0])
    expect(serving.sockets.size).toBe(1)
    await serving.kill()
    for (const page of pages) await page.close()
  })
})

test('In Firefox five tabs have one connection, and lose nothing when the one that leads goes to another page', async () => {
  const firefox = await launchFirefox()
  try {
    const pages = await Promise.all(numbers(5).map(() => firefox.newPage()))
    const serving = await shares(pages as never, 'firefox', page => page.goto('about:blank'))
    await serving.kill()
  } finally {
    await firefox.close()
  }
})
