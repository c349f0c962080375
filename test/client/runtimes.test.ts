import { join } from 'node:path'
import { runChild } from '@bothways/test-support/child'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bun, deno } from '../../tools/lib/runtimes.mjs'
import { reportOf, type ServedConversation, serveConversation } from './runtimes/serve-conversation.ts'

// Needs the built packages, as npm test makes them. Another Node.js: CLIENT_NODE=/path/to/node npx vitest run test/client/runtimes.test.ts

const folder = join(import.meta.dirname, 'runtimes')
const node = process.env.CLIENT_NODE ?? process.execPath
const inDeno = ['run', '--quiet', '--allow-all']

let server: ServedConversation
beforeAll(async () => {
  server = await serveConversation()
})
afterAll(() => server.close())

test.each([
  ['Node.js', 'program.mjs', node, []],
  ['Node.js, required', 'program.cjs', node, []],
  ['a worker thread', 'in-worker.mjs', node, []],
  ['Bun', 'program.mjs', bun, []],
  ['Bun, required', 'program.cjs', bun, []],
  ['Deno', 'program.mjs', deno, inDeno],
  ['Deno, required', 'program.cjs', deno, inDeno],
] as const)('The client keeps its promises in %s', async (name, program, command, args) => {
  const room = `room/${name.replaceAll(/\W/g, '')}`
  const report = JSON.parse(await runChild(command, [...args, join(folder, program), server.url, room]))
  // Node.js has a WebSocket from 22 on, and before it goes over HTTP.
  const hasWebSocket =
    command !== node || (await runChild(node, ['-p', 'typeof WebSocket'])).trim() === 'function'
  expect(report).toEqual(reportOf(hasWebSocket ? 'websocket' : 'event-stream'))
})
