import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHub, TopicsHttp } from 'bothways'
import { afterEach, expect, test } from 'vitest'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { codeBlocks } from './code-blocks.ts'

// The commands with curl, as they are printed, at a server with the topics of `bothways serve`.

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function stage(): Promise<number> {
  const hub = createHub({ topics: { 'room/*': { history: { count: 500, ageMs: 600_000 }, presence: true } } })
  const topics = new TopicsHttp(hub)
  const http = createServer((request, response) => void topics.handle(request, response))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(
    () => hub.close({ spreadMs: 0 }),
    () => http.closeAllConnections(),
    () => http.close(),
  )
  return (http.address() as AddressInfo).port
}

/** Runs a command until what it has printed is as expected. */
async function runUntil(command: string, expected: RegExp): Promise<void> {
  const child = spawn('sh', ['-c', `exec ${command}`], { stdio: ['ignore', 'pipe', 'ignore'] })
  const closed = once(child, 'close')
  let printed = ''
  for await (const chunk of child.stdout) {
    printed += chunk
    if (expected.test(printed)) break
  }
  child.kill()
  await closed
  expect(printed).toMatch(expected)
}

const answers: readonly [command: RegExp, answer: RegExp][] = [
  [/\/publish$/, /^\{"position":"[^"]+"\}$/],
  [/\/history\?/, /^\{"messages":\[\{"type":"publication",.*"data":"hello",.*\}$/],
  [/\/events\?/, /\nevent: subscribed\n[\s\S]*\nevent: publication\ndata: \{.*"data":"hello",.*\}\n\n/],
]

test.each([
  'docs/reference/protocol.md',
  'docs/how-to/topics-without-a-library.md',
  'docs/zh/reference/protocol.md',
  'docs/zh/how-to/topics-without-a-library.md',
])('Each command with curl of %s does what the page says', async page => {
  const port = await stage()
  const lines = (await codeBlocks(page, 'sh')).flatMap(({ code }) => code.split('\n'))
  const commands = lines
    .filter(line => line.startsWith('curl '))
    .map(line => line.replace(/^curl/, systemPrograms().curl).replace('127.0.0.1:8080', `127.0.0.1:${port}`))
  // Publications are there for the commands that read, whatever the order on the page.
  commands.sort((one, other) => Number(other.includes('/publish')) - Number(one.includes('/publish')))
  const tried = new Set<RegExp>()
  for (const command of commands) {
    const [which, answer] = answers.find(([it]) => it.test(command.replace(/['"]$/, ''))) ?? []
    if (which === undefined || answer === undefined) throw new Error(`What is to come of: ${command}`)
    tried.add(which)
    await runUntil(command, answer)
  }
  expect(tried.size).toBe(answers.length)
})
