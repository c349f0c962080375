import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { type Serving, startServe } from '../../packages/cli/src/serve/serve.ts'
import { type Chromium, type ChromiumOptions, launchChromium } from './chromium.ts'

/** The page as `serve` serves it, in a browser of its own. */
export class Workbench {
  readonly serving: Serving
  readonly chromium: Chromium
  /** The errors and warnings that the pages wrote to the console, and the errors that they threw. */
  readonly complaints: string[] = []

  constructor(serving: Serving, chromium: Chromium) {
    this.serving = serving
    this.chromium = chromium
    const { context } = chromium
    context.setDefaultTimeout(20_000)
    context.on('console', message => {
      if (message.type() !== 'error' && message.type() !== 'warning') return
      // Of a request that failed the browser does not say in words which it was.
      const url = message.text().startsWith('Failed to load resource') ? ` ${message.location().url}` : ''
      this.complaints.push(message.text() + url)
    })
    context.on('weberror', webError => this.complaints.push(String(webError.error())))
  }

  /** Opens the page in a new tab, at one of its own tabs. */
  async open(tab: 'console' | 'chat' | 'monitor' | 'compare'): Promise<Page> {
    const page = await this.chromium.context.newPage()
    await page.goto(`${this.serving.url}#${tab}`)
    return page
  }

  async close(): Promise<void> {
    await this.chromium.close()
    await this.serving.close()
  }
}

export async function startWorkbench(options?: ChromiumOptions): Promise<Workbench> {
  const serving = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: true })
  const answer = await fetch(serving.url)
  if (!answer.ok) {
    await serving.close()
    throw new Error(await answer.text())
  }
  return new Workbench(serving, await launchChromium(options))
}

/** Asks again until the answer fits; the default of Vitest's `poll`, one second, is short for a browser. */
export function eventually<Value>(read: () => Value | Promise<Value>) {
  return expect.poll(read, { timeout: 20_000, interval: 50 })
}
