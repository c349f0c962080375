import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { eventually, startWorkbench, type Workbench } from '@bothways/test-support/workbench'
import { createServer } from 'bothways'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

const entryCount = 100_000

let workbench: Workbench
let page: Page
const other = createServer({ origins: '*' })
let otherUrl: string
/** Takes connections and never answers. */
let silent: Server
const silentSockets = new Set<Socket>()

beforeAll(async () => {
  workbench = await startWorkbench()
  page = await workbench.open('console')
  other
    .route('/flood', {
      async open(socket) {
        for (let at = 1; at <= entryCount; at++) {
          if (!socket.send(`entry ${at}`)) await new Promise(resolve => setTimeout(resolve, 1))
        }
      },
    })
    .route('/goodbye', { open: socket => socket.close(4001, 'token expired') })
    .route('/two', { protocols: ['chat.v2', 'chat'], open: socket => void socket.send(socket.protocol) })
  otherUrl = (await other.listen()).url
  silent = createTcpServer(socket => silentSockets.add(socket))
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  for (const socket of silentSockets) socket.destroy()
  silent.close()
  await workbench.close()
  await other.close()
})

const rows = (direction: 'in' | 'out') => page.locator(`.log-${direction} .log-preview`)
const fact = (name: string) => page.locator(`[data-fact=${name}]`)

async function connect(address: string, protocols = ''): Promise<void> {
  await page.fill('[name=address]', address)
  await page.fill('[name=protocols]', protocols)
  await page.click('[data-action=connect]')
}

async function pickKind(name: string): Promise<void> {
  await page.locator('.send-form .ant-segmented-item', { hasText: name }).click()
}

async function send(text: string): Promise<void> {
  await page.fill('.send-form textarea', text)
  await page.click('[data-action=send]')
}

test('It connects to the echo, and what is sent comes back with type and size', async () => {
  await page.click('[data-action=send]')
  await page.waitForSelector('[data-problem=send-nothing]')
  await page.click('[data-action=connect]')
  await page.waitForSelector('[data-ready-state="1"]')
  await send('文字')
  await eventually(() => rows('in').allTextContents()).toEqual(['文字'])

  await pickKind('JSON')
  await page.fill('.send-form textarea', '{"a":1')
  await page.getByText('This is no JSON').waitFor()
  expect(await page.isDisabled('[data-action=send]')).toBe(true)
  await page.fill('.send-form textarea', '{"a":1}')
  await page.getByRole('button', { name: 'Format' }).click()
  await page.click('[data-action=send]')
  await eventually(() => rows('in').allTextContents()).toEqual(['文字', '{ "a": 1 }'])

  await pickKind('Hex')
  await page.fill('.send-form textarea', '48 6x')
  await page.getByText('Character 5 is no hex digit.').waitFor()
  await send('00 ff 0x7f')
  await eventually(() => rows('in').last().textContent()).toBe('00 ff 7f')

  await pickKind('File')
  await page.locator('.file-picker input').setInputFiles({
    name: 'bytes.bin',
    mimeType: 'application/octet-stream',
    buffer: Buffer.alloc(70_000, 1),
  })
  await page.getByText('bytes.bin · 68 KB').waitFor()
  await page.click('[data-action=send]')
  await eventually(() => page.locator('.log-in .log-size').allTextContents()).toEqual([
    '6 B',
    '12 B',
    '3 B',
    '68 KB',
  ])
  expect(await page.locator('.log-in .log-type').allTextContents()).toEqual([
    'text',
    'text',
    'binary',
    'binary',
  ])
})

test('The log is filtered, shown whole and exported', async () => {
  await page.getByPlaceholder('Filter by text').fill('FF 7F')
  await eventually(() => page.locator('.log-row').count()).toBe(2)
  await rows('in').click()
  await page.getByText('000000  00 ff 7f').waitFor()
  await page.keyboard.press('Escape')
  await page.locator('.entry-content').waitFor({ state: 'hidden' })
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ])
  const lines = (await readFile((await download.path()) ?? '', 'utf8')).trim().split('\n')
  expect(lines.map(line => JSON.parse(line))).toMatchObject([
    { direction: 'out', type: 'binary', bytes: 3, base64: 'AP9/' },
    { direction: 'in', type: 'binary', bytes: 3, base64: 'AP9/' },
  ])
  await page.getByPlaceholder('Filter by text').fill('')
})

test('An entry is copied', async () => {
  await workbench.chromium.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.locator('.log-row', { hasText: '文字' }).last().hover()
  await page.locator('.log-row', { hasText: '文字' }).last().getByRole('button', { name: 'Copy' }).click()
  await page.getByText('Copied').waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe('文字')
})

test('Closing with a code that a page may not send is explained; an allowed one is sent', async () => {
  await page.fill('[name=code]', '1001')
  await page.click('[data-action=disconnect]')
  const problem = page.locator('[data-problem=close-arguments]')
  await eventually(() => problem.textContent()).toContain('InvalidAccessError')
  await page.fill('[name=code]', '4000')
  await page.fill('[name=reason]', 'enough')
  await page.click('[data-action=disconnect]')
  await eventually(() => fact('close').textContent()).toContain('4000')
  expect(await fact('close').textContent()).toContain('close handshake completed')
  expect(await fact('close').textContent()).toContain('enough')
  await pickKind('Text')
  await send('too late')
  await page.waitForSelector('[data-problem=send-closed]')
})

test('What the server closes with is explained', async () => {
  await connect(`${otherUrl}goodbye`)
  await eventually(() => fact('close').textContent()).toContain('4001')
  const text = await fact('close').textContent()
  expect(text).toContain('The application’s own code')
  expect(text).toContain('token expired')
})

test('The negotiated subprotocol is shown, and connecting again closes the connection before', async () => {
  await connect(`${otherUrl}two`, 'chat, chat.v2')
  await eventually(() => fact('protocol').textContent()).toBe('chat.v2')
  expect(other.sockets.size).toBe(1)
  await connect(`${otherUrl}two`, 'chat')
  await eventually(() => fact('protocol').textContent()).toBe('chat')
  await eventually(() => other.sockets.size).toBe(1)
})

test('Sending while CONNECTING shows the browser’s exception and what to do', async () => {
  await connect(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`)
  await page.waitForSelector('[data-ready-state="0"]')
  await send('too early')
  const problem = page.locator('[data-problem=send-connecting]')
  await eventually(() => problem.textContent()).toContain('Still in CONNECTING state')
  expect(await problem.textContent()).toContain('InvalidStateError')
  await problem.getByRole('button', { name: 'Send it as soon as it is open' }).click()
  await page.getByText('It will be sent as soon as the connection is open.').waitFor()
})

test('A connection that does not come about gets its likely causes', async () => {
  const port = (silent.address() as AddressInfo).port
  for (const socket of silentSockets) socket.destroy()
  await new Promise(resolve => silent.close(resolve))
  await connect(`ws://127.0.0.1:${port}/`)
  const causes = page.locator('[data-problem=failure] [data-cause]')
  await eventually(() => causes.first().getAttribute('data-cause')).toBe('refused')
  expect(await fact('close').textContent()).toContain('1006')
  expect(await fact('command').textContent()).toBe(`npx bothways connect ws://127.0.0.1:${port}/`)
  await page.getByRole('button', { name: 'Copy the command' }).click()
  await page.getByText('Copied').waitFor()
  await page.click('[data-action=find-out]')
  const found = page.locator('[data-finding-code]')
  await eventually(() => found.first().getAttribute('data-finding-code')).toBe('BW_DOCTOR_PORT_CLOSED')
  await connect('nowhere')
  await eventually(() => causes.first().getAttribute('data-cause')).toBe('noScheme')
  await connect('ftp://127.0.0.1/')
  const problem = page.locator('[data-problem=address]')
  await eventually(() => problem.textContent()).toContain("'ftp' is not allowed")
  await connect(workbench.serving.url, 'a, a')
  await eventually(() => problem.textContent()).toContain('is duplicated')
})

test('A hundred thousand entries: few rows in the document, the first and the last in reach', async () => {
  await page.getByRole('button', { name: 'Clear' }).click()
  await connect(`${otherUrl}flood`)
  const counter = page.locator('[data-log-count]')
  await eventually(() => counter.getAttribute('data-log-count')).toBe(String(entryCount))
  expect(await counter.textContent()).toContain('oldest dropped')
  await eventually(() => rows('in').last().textContent()).toBe(`entry ${entryCount}`)
  expect(await page.locator('.log-row').count()).toBeLessThan(80)

  await page.evaluate("document.querySelector('.log-viewport').scrollTo({ top: 0 })")
  await eventually(() => rows('in').first().textContent()).toBe('entry 1')
  expect(await page.locator('.log-row').count()).toBeLessThan(80)

  await page.getByPlaceholder('Filter by text').fill('9999')
  await eventually(() => counter.getAttribute('data-log-count')).toBe('19')
  await page.getByPlaceholder('Filter by text').fill('')
  await page.getByRole('button', { name: 'To the newest' }).click()
  await eventually(() => rows('in').last().textContent()).toBe(`entry ${entryCount}`)
})

test('Paused, the view stands still and says what has come', async () => {
  await page.getByRole('button', { name: 'Clear' }).click()
  await connect(`${otherUrl}two`, 'chat')
  await eventually(() => rows('in').count()).toBe(1)
  await page.getByRole('button', { name: 'Pause' }).click()
  await pickKind('Text')
  await send('unseen')
  await page.getByText('Paused · 1 new').waitFor()
  expect(await rows('out').count()).toBe(0)
  await page.getByRole('button', { name: 'Go on' }).click()
  await eventually(() => rows('out').count()).toBe(1)
})

test('Address, subprotocols, what was sent and what was saved survive a reload', async () => {
  await page.fill('[name=address]', `${otherUrl}two`)
  await page.fill('[name=protocols]', 'chat')
  await page.fill('.send-form textarea', 'keep me')
  await page.click('[data-action=save]')
  await page.reload()
  await page.waitForSelector('[data-action=connect]')
  expect(await page.inputValue('[name=address]')).toBe(`${otherUrl}two`)
  expect(await page.inputValue('[name=protocols]')).toBe('chat')
  await page.locator('[data-shelf=sent] summary').click()
  await page.locator('[data-shelf=sent]').getByText('unseen').click()
  expect(await page.inputValue('.send-form textarea')).toBe('unseen')
  await page.locator('[data-shelf=saved] summary').click()
  await page.locator('[data-shelf=saved]').getByText('keep me').click()
  expect(await page.inputValue('.send-form textarea')).toBe('keep me')
  await page.locator('[data-shelf=saved]').getByRole('button', { name: 'Remove' }).click()
  expect(await page.locator('[data-shelf=saved] li').count()).toBe(0)
})

test('Only the failures that were provoked are on the browser’s console', () => {
  expect(
    workbench.complaints.filter(it => !/^WebSocket (connection to .* failed|is already in CLOSING)/.test(it)),
  ).toEqual([])
})
