import { launchChromium } from '@bothways/test-support/chromium'
import { bundleClient, type Page, say, servePage, until } from '@bothways/test-support/client-page'
import { launchFirefox } from '@bothways/test-support/firefox'
import { MemoryBroker } from 'bothways'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ChaosProxy } from '../../packages/cli/src/chaos/chaos-proxy.ts'
import { fatesOf } from '../../packages/cli/src/chaos/faults.ts'

// The client of topics in real browsers, behind a network that misbehaves.

let code: string
const broker = new MemoryBroker()
const closeBroker = broker.close.bind(broker)
// It outlives the servers of these tests.
broker.close = async () => {}
const serve = (port?: number) => servePage(code, broker, port)

beforeAll(async () => {
  code = await bundleClient()
})
afterAll(() => closeBroker())

const faults = {
  latencyMs: 5,
  jitterMs: 5,
  killEveryMs: 0,
  halfOpenShare: 0,
  stripsUpgrade: false,
  bytesPerSecond: 0,
}

const numbers = (count: number) => [...Array(count).keys()]

/** A page whose Content Security Policy forbids WebSockets, and one that forbids requests as well. */
async function saysWhatIsBlocked(page: Page): Promise<void> {
  const streams = await servePage(code, broker, 0, port => `connect-src http://127.0.0.1:${port}`)
  try {
    await page.goto(`http://127.0.0.1:${streams.port}/#blocked`)
    await until(page, ({ transport }) => transport === 'event-stream')
    for (const n of numbers(3)) await say(page, n)
    await until(page, ({ log, answered }) => log.length >= 3 && answered === 3)
  } finally {
    await streams.kill()
  }
  const nothing = await servePage(code, broker, 0, () => "connect-src 'none'")
  try {
    await page.goto(`http://127.0.0.1:${nothing.port}/#blocked`)
    const { reason } = await until(page, ({ status }) => status === 'closed')
    expect(reason).toMatchObject({ code: 'blocked', by: 'policy', retry: 'no' })
  } finally {
    await nothing.kill()
  }
}

/** Cut twice, the server killed and started again: all that was published comes once, in order. */
async function survives(page: Page, room: string): Promise<void> {
  let serving = await serve()
  const target = new URL(`http://127.0.0.1:${serving.port}/`)
  const proxy = new ChaosProxy({ target, port: 0, host: '127.0.0.1', fateOf: fatesOf(faults, 1) })
  try {
    await page.goto(`http://127.0.0.1:${await proxy.listen()}/#${room}`)
    await until(page, ({ status }) => status === 'open')
    for (const n of numbers(5)) await say(page, n)
    await until(page, ({ log }) => log.length === 5)
    proxy.cutAll()
    for (const n of numbers(5)) await say(page, 5 + n)
    await until(page, ({ answered }) => answered === 10)
    await serving.kill()
    for (const n of numbers(5)) await say(page, 10 + n)
    await until(page, ({ status }) => status !== 'open')
    serving = await serve(serving.port)
    const heard = await until(page, ({ answered, log }) => answered === 15 && log.length >= 15)
    expect([heard.log, heard.gapCount]).toEqual([numbers(15), 0])
  } finally {
    await proxy.close()
    await serving.kill()
  }
}

describe('In Chromium', () => {
  let chromium: Awaited<ReturnType<typeof launchChromium>>
  beforeAll(async () => {
    chromium = await launchChromium()
  })
  afterAll(() => chromium.close())

  test('the client survives cuts and a server that is killed', async () => {
    const page = await chromium.context.newPage()
    await survives(page as never, 'chromium')
    await page.close()
  })

  test('where the page forbids WebSockets an event stream comes; where it forbids all, the client says so and ends', async () => {
    const page = await chromium.context.newPage()
    await saysWhatIsBlocked(page as never)
    await page.close()
  })

  test('what is published while the device is offline arrives when it is online again', async () => {
    const serving = await serve()
    const target = new URL(`http://127.0.0.1:${serving.port}/`)
    const proxy = new ChaosProxy({ target, port: 0, host: '127.0.0.1', fateOf: fatesOf(faults, 1) })
    const page = await chromium.context.newPage()
    const view = page as never as Page
    try {
      await page.goto(`http://127.0.0.1:${await proxy.listen()}/#offline`)
      await until(view, ({ status }) => status === 'open')
      await chromium.context.setOffline(true)
      proxy.cutAll()
      await until(view, ({ status }) => status === 'offline')
      for (const n of numbers(3)) await say(view, n)
      await chromium.context.setOffline(false)
      const heard = await until(view, ({ log, answered }) => log.length === 3 && answered === 3)
      expect([heard.log, heard.gapCount]).toEqual([numbers(3), 0])
    } finally {
      await chromium.context.setOffline(false)
      await page.close()
      await proxy.close()
      await serving.kill()
    }
  })

  test('a proxy that strips upgrades leads to an event stream, and the next visit begins there', async () => {
    const serving = await serve()
    const target = new URL(`http://127.0.0.1:${serving.port}/`)
    const stripping = { ...faults, stripsUpgrade: true }
    const proxy = new ChaosProxy({ target, port: 0, host: '127.0.0.1', fateOf: fatesOf(stripping, 1) })
    const page = await chromium.context.newPage()
    const view = page as never as Page
    try {
      const url = `http://127.0.0.1:${await proxy.listen()}/#stripped`
      await page.goto(url)
      await until(view, ({ transport }) => transport === 'event-stream')
      for (const n of numbers(3)) await say(view, n)
      const heard = await until(view, ({ log, answered }) => log.length === 3 && answered === 3)
      expect(heard.log).toEqual(numbers(3))
      await page.reload()
      await until(view, ({ transport }) => transport === 'event-stream')
    } finally {
      await page.close()
      await proxy.close()
      await serving.kill()
    }
  })
})

test('In Firefox the client survives cuts and a server that is killed, and says what the page forbids', async () => {
  const firefox = await launchFirefox()
  try {
    const page = (await firefox.newPage()) as never as Page
    await survives(page, 'firefox')
    await saysWhatIsBlocked(page)
  } finally {
    await firefox.close()
  }
})
