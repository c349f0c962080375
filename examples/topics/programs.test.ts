import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createClient } from '@bothways/client/core'
import { runChild } from '@bothways/test-support/child'
import { launchChromium } from '@bothways/test-support/chromium'
import { type Example, startExample } from '@bothways/test-support/example'
import { WebSocket } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'

let chat: Example
beforeAll(async () => {
  chat = await startExample('topics/chat.js')
})
afterAll(() => chat.child.stop())

const topicsOf = (url: string) => new URL('/bothways', url).href
const overWebSocket = (url: string) => topicsOf(url).replace('http', 'ws')

/** A program that talks by its standard input and output. */
function talk(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const heard: string[] = []
  const lines = new EventEmitter()
  createInterface({ input: child.stdout }).on('line', line => {
    heard.push(line)
    lines.emit('line')
  })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  return {
    say: (text: string) => child.stdin.write(`${text}\n`),
    async until(pattern: RegExp): Promise<string> {
      for (;;) {
        const found = heard.find(line => pattern.test(line))
        if (found !== undefined) return found
        await once(lines, 'line')
      }
    },
    async stop() {
      child.kill()
      await ended
    },
  }
}

test('A page of the chat in forty lines, a shell with curl, Python and the client of topics talk in one room', async () => {
  expect(readFileSync(fileOf('chat.js'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(40)
  const chromium = await launchChromium()
  const shell = talk('sh', [fileOf('chat.sh'), 'Wang', topicsOf(chat.url)])
  const python = talk(systemPrograms().python, [fileOf('chat.py'), 'Li', overWebSocket(chat.url)])
  const client = createClient(overWebSocket(chat.url), { WebSocket })
  try {
    const page = await chromium.context.newPage()
    await page.goto(new URL('#张三', chat.url).href)
    await python.until(/here$/)
    await page.locator('#members', { hasText: /Li/ }).waitFor()

    shell.say('a "quote" and a \\')
    await page.locator('li', { hasText: 'Wang: a "quote" and a \\' }).waitFor()
    await python.until(/^Wang: a "quote" and a \\$/)
    python.say('你好')
    await page.locator('li', { hasText: 'Li: 你好' }).waitFor()
    expect(JSON.parse(await shell.until(/你好/)).data).toEqual({ name: 'Li', text: '你好' })
    await page.fill('input', 'from the page')
    await page.press('input', 'Enter')
    await python.until(/^张三: from the page$/)

    // A client that comes late sees all of it, once.
    const said: unknown[] = []
    await new Promise<void>(resolve => {
      client.topic('room/42', { last: 10 }).on('publication', ({ data }) => {
        if (said.push((data as { name: string }).name) === 3) resolve()
      })
    })
    expect(said).toEqual(['Wang', 'Li', '张三'])
  } finally {
    client.close()
    await Promise.all([shell.stop(), python.stop(), chromium.close()])
  }
})

test('The chats by curl and in Python come back after the server was killed, and send what was typed meanwhile once', async () => {
  const first = await startExample('topics/chat.js')
  const python = talk(systemPrograms().python, [fileOf('chat.py'), 'Li', overWebSocket(first.url)])
  const shell = talk('sh', [fileOf('chat.sh'), 'Wang', topicsOf(first.url)])
  let second: Example | undefined
  try {
    await python.until(/here$/)
    await first.child.stop('SIGKILL')
    python.say('typed meanwhile')
    shell.say('and by curl')
    second = await startExample('topics/chat.js', { PORT: new URL(first.url).port })
    await Promise.all([python.until(/^Wang: and by curl$/), python.until(/^Li: typed meanwhile$/)])
    const history = await fetch(`${topicsOf(second.url)}/history?topic=room/42&last=10`)
    const { messages } = (await history.json()) as { messages: { data: { text: string } }[] }
    expect(messages.map(({ data }) => data.text).sort()).toEqual(['and by curl', 'typed meanwhile'])
  } finally {
    await Promise.all([python.stop(), shell.stop(), second?.child.stop()])
  }
})

test('The dashboard shows its viewers the newest load, and takes none from them', async () => {
  const dashboard = await startExample('topics/dashboard.js')
  const client = createClient(overWebSocket(dashboard.url), { WebSocket })
  try {
    const load = client.state('load')
    const value = await new Promise<unknown>(resolve => load.subscribe(resolve))
    expect(value).toEqual({ busy: expect.any(Number), memory: expect.any(Number), at: expect.any(Number) })
    await expect(load.set({ busy: 0 })).rejects.toMatchObject({ code: 'forbidden' })
    for (const file of ['', 'client.js']) expect((await fetch(new URL(file, dashboard.url))).status).toBe(200)
  } finally {
    client.close()
    await dashboard.child.stop()
  }
})

test('A viewer of the order book draws the newest state, and is never behind', async () => {
  const book = await startExample('topics/order-book.js')
  try {
    const viewer = fileOf('order-book-viewer.js')
    const lines = (await runChild('node', [viewer, book.url, '3'])).trim().split('\n')
    const changes = lines.map(line => Number(/after (\d+) changes/.exec(line)?.[1]))
    expect(changes.length).toBeGreaterThanOrEqual(1)
    expect(changes).toEqual(changes.toSorted((one, other) => one - other))
    expect(lines[0]).toMatch(/^99\.\d\d \/ 100\.\d\d after/)
  } finally {
    await book.child.stop()
  }
})

function fileOf(name: string): string {
  return `${import.meta.dirname}/${name}`
}
