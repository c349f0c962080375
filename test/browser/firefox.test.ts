import { type Firefox, launchFirefox } from '@bothways/test-support/firefox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Serving, startServe } from '../../packages/cli/src/serve/serve.ts'

let serving: Serving
let firefox: Firefox
beforeAll(async () => {
  serving = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: true })
  firefox = await launchFirefox()
})
afterAll(async () => {
  await firefox.close()
  await serving.close()
})

interface Use {
  /** Filled in, one after the other, before the click. */
  readonly fields: Readonly<Record<string, string>>
  readonly click: string | undefined
  /** Waited for. */
  readonly shown: string
}

/** The members of the page's elements that are used; the tests do not know the DOM. */
interface Element {
  readonly textContent: string | null
  click(): void
  dispatchEvent(event: Event): boolean
}
declare const document: { querySelector(selector: string): Element | null }

/** Runs in the page: does what a user does, and tells what is shown then. */
async function use({ fields, click, shown }: Use): Promise<string> {
  const found = async (selector: string): Promise<Element> => {
    for (let tries = 0; tries < 400; tries++) {
      const element = document.querySelector(selector)
      if (element !== null) return element
      await new Promise(resolve => setTimeout(resolve, 25))
    }
    throw new Error(`${selector} is not there`)
  }
  for (const [selector, text] of Object.entries(fields)) {
    const field = await found(selector)
    // As React hears it: by the setter of the element, and an event.
    const prototype = Object.getPrototypeOf(field)
    Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(field, text)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  if (click !== undefined) (await found(click)).click()
  return (await found(shown)).textContent ?? ''
}

test.each<[string, readonly Use[], RegExp]>([
  [
    'console',
    [
      { fields: {}, click: '[data-action=connect]', shown: '[data-ready-state="1"]' },
      {
        fields: { '.send-form textarea': 'from Firefox' },
        click: '[data-action=send]',
        shown: '.log-in .log-preview',
      },
    ],
    /^from Firefox$/,
  ],
  [
    'console',
    [
      { fields: {}, click: '[data-action=wire]', shown: '[data-action=wire][aria-pressed=true]' },
      { fields: {}, click: '[data-action=connect]', shown: '[data-wire=head] ~ [data-wire=head] pre' },
    ],
    /101 Switching Protocols/,
  ],
  [
    'chat',
    [
      { fields: { '[name=name]': 'Ann' }, click: '[data-action=join]', shown: '.chat-composer' },
      {
        fields: { '.chat-composer textarea': 'hello' },
        click: '[data-action=say]',
        shown: '.chat-own .chat-text',
      },
    ],
    /^hello$/,
  ],
  [
    'monitor',
    [{ fields: {}, click: undefined, shown: '[data-samples]:not([data-samples="0"])' }],
    /pushed over one connection/,
  ],
  ['compare', [{ fields: {}, click: undefined, shown: '[data-finding=pushed]' }], /came by themselves/],
])('Firefox: %s works', async (tab, uses, shown) => {
  const page = await firefox.newPage()
  await page.goto(`${serving.url}#${tab}`)
  let text = ''
  for (const it of uses) text = await page.evaluate(use, it)
  expect(text).toMatch(shown)
})
