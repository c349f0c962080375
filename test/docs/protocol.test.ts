import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHub, createServer, TopicsHttp, topicsRoute, WebSocket } from 'bothways'
import { afterEach, expect, test } from 'vitest'
import { hubCodes } from '../../packages/bothways/src/hub/hub-error.ts'
import { codeBlocks } from './code-blocks.ts'
import { rowsOf } from './tables.ts'

// Every example of docs/reference/protocol.md, played.

const page = 'docs/reference/protocol.md'
const blocks = await codeBlocks(page, 'topics')

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function stage(): Promise<string> {
  const room = { history: { count: 500, ageMs: 600_000 }, presence: true }
  const hub = createHub({ topics: { 'room/*': room, load: { state: true } } }).handle('echo', input => input)
  const topics = new TopicsHttp(hub)
  const http = createHttpServer((request, response) => void topics.handle(request, response))
  const server = createServer().route('/bothways', topicsRoute(hub))
  server.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(
    () => server.close({ timeoutMs: 0 }),
    () => hub.close(),
    () => http.closeAllConnections(),
    () => http.close(),
  )
  return `127.0.0.1:${(http.address() as AddressInfo).port}`
}

/** The values that `…` stood for: a name behind it stands for the same again. */
type Names = Map<string, unknown>

function fill(text: string, names: Names): string {
  return text.replaceAll(/… \w+/g, name => String(names.get(name) ?? name))
}

/** The expected value, with the parts that differ each time taken from the value that came. */
function meet(expected: unknown, got: unknown, names: Names): unknown {
  if (typeof expected === 'string' && expected.startsWith('…')) {
    if (got === undefined) return expected
    if (expected !== '…' && !names.has(expected)) names.set(expected, got)
    return expected === '…' ? got : names.get(expected)
  }
  if (Array.isArray(expected)) return expected.map((item, at) => meet(item, (got as unknown[])?.[at], names))
  if (typeof expected === 'object' && expected !== null) {
    const entries = Object.entries(expected)
    return Object.fromEntries(
      entries.map(([key, value]) => [key, meet(value, (got as Record<string, unknown>)?.[key], names)]),
    )
  }
  return expected
}

test.each(blocks)('The example at $where is what a server answers', async ({ code }) => {
  const host = await stage()
  const names: Names = new Map()
  const lines = code.trim().split('\n')
  const came: unknown[] = []
  let wake = (): void => {}
  const next = async (): Promise<unknown> => {
    while (came.length === 0) {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
    return came.shift()
  }
  let send = (text: string): unknown => request(host, text).then(answer => came.push(answer) && wake())
  if (lines[0]?.startsWith('← {')) {
    const socket = new WebSocket(`ws://${host}/bothways`, 'bothways.v1')
    cleanups.push(() => socket.terminate())
    socket.onmessage = event => {
      came.push(JSON.parse(event.data))
      wake()
    }
    send = text => socket.send(text)
  }
  for (const line of lines) {
    const text = line.slice(2)
    if (line.startsWith('→')) send(fill(text, names))
    else {
      const [, status, json = ''] = /^(?:(\d{3}) )?(.*)$/.exec(text) ?? []
      const expected =
        status === undefined ? JSON.parse(json) : { status: Number(status), body: JSON.parse(json) }
      const got = await next()
      expect(got).toEqual(meet(expected, got, names))
    }
  }
})

async function request(host: string, text: string): Promise<unknown> {
  const [, method = '', path = '', body] = /^(\w+) (\S+)(?: (.*))?$/.exec(text) ?? []
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(`http://${host}${path}`, {
    method,
    ...(body !== undefined && { headers, body }),
  })
  return { status: response.status, body: await response.json() }
}

test('There are examples of each message of a client', () => {
  const sent = blocks.flatMap(({ code }) =>
    [...code.matchAll(/^→ \{"type":"(\w+)"/gm)].map(([, type]) => type),
  )
  expect([...new Set(sent)].sort()).toEqual([
    'dance',
    'ping',
    'publish',
    'request',
    'subscribe',
    'unsubscribe',
  ])
})

test('The table of codes has each code with its status', () => {
  const rows = rowsOf(page, '## Codes').filter(([first = '']) => first.startsWith('`'))
  const table = rows.map(([code = '', status, again = '']) => [
    code.replaceAll('`', ''),
    Number(status),
    again.startsWith('yes'),
  ])
  expect(table).toEqual(
    Object.entries(hubCodes).map(([code, { status, retryable }]) => [code, status, retryable]),
  )
})
