import { once } from 'node:events'
import { createServer as createHttpServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { type Firefox, launchFirefox } from '@bothways/test-support/firefox'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHub, TopicsHttp } from '../../packages/bothways/src/index.ts'

const hub = createHub({ topics: { 'room/*': { history: { count: 100, ageMs: 600_000 } } } })
const topics = new TopicsHttp(hub)
const streams = new Set<ServerResponse>()
/** The `Last-Event-ID` of each stream; a stream that came back says with it where it was. */
const lastEventIds: (string | undefined)[] = []
let http: Server
let url: string
let chromium: Chromium
let firefox: Firefox

beforeAll(async () => {
  http = createHttpServer((request, response) => {
    if (request.url?.startsWith('/bothways/events')) {
      lastEventIds.push(request.headers['last-event-id'] as string | undefined)
      streams.add(response)
      response.once('close', () => streams.delete(response))
      // As soon as it may; else an EventSource takes seconds.
      const { writeHead } = response
      response.writeHead = function (this: ServerResponse, ...given: unknown[]) {
        const written = Reflect.apply(writeHead, this, given)
        this.write('retry: 50\n\n')
        return written
      } as typeof writeHead
    }
    if (topics.handle(request, response)) return
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>stream</title>')
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
  ;[chromium, firefox] = [await launchChromium(), await launchFirefox()]
})
afterAll(async () => {
  await chromium.close()
  await firefox.close()
  await hub.close({ spreadMs: 0 })
  http.closeAllConnections()
  http.close()
})

/** Runs in the page: opens a stream whose messages it keeps. */
function openStream(topic: string): Promise<void> {
  const log: unknown[] = []
  const dataOf = (event: Event) => JSON.parse((event as Event & { data: string }).data)
  Object.assign(globalThis, { log })
  return new Promise(resolve => {
    const source = new EventSource(`/bothways/events?topic=${topic}`)
    source.addEventListener('publication', event => log.push(dataOf(event).data))
    source.addEventListener('gap', () => log.push('gap'))
    source.addEventListener('subscribed', event => {
      if (dataOf(event).recovered === false) log.push('not recovered')
      resolve()
    })
  })
}

/** Runs in the page: the entries of its log, once there are so many. */
async function readLog(count: number): Promise<unknown[]> {
  const { log } = globalThis as unknown as { log: unknown[] }
  while (log.length < count) await new Promise(resolve => setTimeout(resolve, 10))
  return log
}

interface Driven {
  evaluate<Argument, Result>(
    work: (argument: Argument) => Result,
    argument: Argument,
  ): Promise<Awaited<Result>>
}

async function checkResume(topic: string, page: Driven): Promise<void> {
  lastEventIds.length = 0
  await page.evaluate(openStream, topic)
  const room = hub.topic(topic)
  let count = 0
  for (let round = 0; round < 5; round++) {
    for (let at = 0; at < 3; at++) await room.publish(++count)
    await page.evaluate(readLog, count)
    for (const stream of streams) stream.destroy()
    // While it is away.
    await room.publish(++count)
  }
  expect(await page.evaluate(readLog, count)).toEqual(Array.from({ length: count }, (_, at) => at + 1))
  expect(lastEventIds.slice(0, 2)).toEqual([undefined, expect.any(String)])
  expect(lastEventIds.length).toBeGreaterThanOrEqual(6)
}

test('EventSource of Chromium comes back by its Last-Event-ID, and misses nothing', async () => {
  const page: Page = await chromium.context.newPage()
  await page.goto(url)
  await checkResume('room/chromium', {
    evaluate: (work, argument) => page.evaluate(work as never, argument as never) as never,
  })
})

test('EventSource of Firefox comes back by its Last-Event-ID, and misses nothing', async () => {
  const page = await firefox.newPage()
  await page.goto(url)
  await checkResume('room/firefox', {
    evaluate: (work, argument) => page.evaluate(work as never, argument as never) as never,
  })
})
