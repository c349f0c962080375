import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@bothways/client'
import { launchChromium } from '@bothways/test-support/chromium'
import { bundleClient } from '@bothways/test-support/client-page'
import { createHub, createServer, MemoryBroker, TopicsHttp, topicsRoute, WebSocket } from 'bothways'
import { expect, test } from 'vitest'
import { ChaosProxy } from '../../packages/cli/src/chaos/chaos-proxy.ts'
import { fatesOf } from '../../packages/cli/src/chaos/faults.ts'
import { logOf, wrongInBroker, wrongInLog, wrongInSubscriber } from '../chaos/verify.mjs'
import { type Follower, follow, topics } from './follow.mjs'

// Longer: CHAOS_CLIENTS=200 CHAOS_PAGES=5 CHAOS_SECONDS=600 npx vitest run test/client/chaos.test.ts

const read = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise)
const clientCount = read('CHAOS_CLIENTS', 12)
const pageCount = read('CHAOS_PAGES', 0)
const seconds = read('CHAOS_SECONDS', 8)
const seed = read('CHAOS_SEED', 1)
/** Between two publications of one client to one topic: forty in a second in all. */
const pauseMs = (1000 / 40) * (clientCount + pageCount) * topics.length

const declarations = {
  'log/:id': { history: { count: 1_000_000, ageMs: 3_600_000 } },
  'short/:id': { history: { count: 20, ageMs: 3_600_000 } },
}
const faults = {
  latencyMs: 20,
  jitterMs: 20,
  killEveryMs: Math.min(20_000, (seconds * 1000) / 4),
  halfOpenShare: seconds > 60 ? 0.02 : 0,
  stripsUpgrade: false,
  bytesPerSecond: 0,
}

/** A server whose topics outlive it, and that serves the same program to pages. */
async function stage(files: Readonly<Record<string, string>>) {
  const broker = new MemoryBroker()
  const closeBroker = broker.close.bind(broker)
  broker.close = async () => {}
  const start = async (port = 0) => {
    const hub = createHub({ topics: declarations, broker, maxPublishesPerSecond: 10_000, onError: () => {} })
    const overHttp = new TopicsHttp(hub)
    const http = createHttpServer((request, response) => {
      if (overHttp.handle(request, response)) return
      const file = files[request.url ?? '']
      response.setHeader('Content-Type', file === undefined ? 'text/html' : 'text/javascript')
      response.end(file ?? files.page)
    })
    const server = createServer().route('/bothways', topicsRoute(hub))
    server.attach(http)
    http.listen(port, '127.0.0.1')
    await once(http, 'listening')
    /** As a process that is killed: nobody is told. */
    const kill = async () => {
      for (const socket of server.sockets) socket.terminate()
      const closed = new Promise(resolve => http.close(resolve))
      http.closeAllConnections()
      await server.close({ timeoutMs: 0 })
      http.closeAllConnections()
      await closed
    }
    return { hub, kill, port: (http.address() as AddressInfo).port }
  }
  let serving = await start()
  return {
    port: serving.port,
    /** All that is kept, page by page. */
    async history(topic: string) {
      const its = serving.hub.topic(topic)
      let page = await its.history({ last: 1_000_000 })
      const kept = [...page]
      while (page.length > 0) {
        page = await its.history({ since: kept.at(-1)?.position as string, last: 0 })
        kept.push(...page)
      }
      return kept
    },
    async restart() {
      await serving.kill()
      serving = await start(serving.port)
    },
    async close() {
      await serving.kill()
      await closeBroker()
    },
  }
}

const page = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import { createClient } from '/client.js'
  import { follow } from '/follow.mjs'
  const [who, pauseMs] = location.hash.slice(1).split(',')
  const follower = follow(createClient('/bothways', { firstRetryMs: 200, maxRetryMs: 2_000 }), who, Number(pauseMs))
  window.ask = (name, ...given) => follower[name](...given)
</script>`

/** A follower that runs in a page. */
async function openPage(context: Awaited<ReturnType<typeof launchChromium>>['context'], url: string) {
  const tab = await context.newPage()
  await tab.goto(url)
  const ask = (name: string, ...given: unknown[]) =>
    tab.evaluate(
      ([name, given]) =>
        (globalThis as never as { ask(name: string, ...given: unknown[]): unknown }).ask(name, ...given),
      [name, given] as const,
    )
  return ask
}

type Ask = (name: keyof Follower, ...given: unknown[]) => unknown

/** The logs that a follower has seen, once the end of each log has come to it. */
async function allSeen(
  ask: Ask,
  logs: readonly (readonly [topic: string, log: readonly { position: string }[]])[],
) {
  const deadline = performance.now() + 60_000 + seconds * 200
  for (const [topic, log] of logs) {
    while (!(await ask('hasSeen', topic, log.at(-1)?.position)) && performance.now() < deadline)
      await sleep(50)
  }
  return (await ask('seen')) as ReturnType<Follower['seen']>
}

test(
  'Under cuts, dead connections and servers that are killed, each client has the log of each topic',
  async () => {
    const files = {
      page,
      '/client.js': pageCount > 0 ? await bundleClient() : '',
      '/follow.mjs': readFileSync(join(import.meta.dirname, 'follow.mjs'), 'utf8'),
    }
    const server = await stage(files)
    const target = new URL(`http://127.0.0.1:${server.port}/`)
    const cuts = { count: 0 }
    const proxy = new ChaosProxy({
      target,
      port: 0,
      host: '127.0.0.1',
      fateOf: fatesOf(faults, seed),
      onFault: (_, what) => what !== 'opened' && cuts.count++,
    })
    const port = await proxy.listen()
    const chromium = pageCount > 0 ? await launchChromium() : undefined
    const options = { WebSocket, firstRetryMs: 200, maxRetryMs: 2_000 }
    const clients = Array.from({ length: clientCount }, () =>
      createClient(`ws://127.0.0.1:${port}/bothways`, options),
    )
    const followers: Ask[] = clients.map((client, at) => {
      const follower = follow(client, `node-${at}`, pauseMs) as never as Record<
        string,
        (...given: unknown[]) => unknown
      >
      return (name, ...given) => follower[name]?.(...given)
    })
    for (let at = 0; chromium !== undefined && at < pageCount; at++) {
      followers.push(await openPage(chromium.context, `http://127.0.0.1:${port}/#page-${at},${pauseMs}`))
    }
    try {
      await Promise.all(followers.map(ask => ask('ready')))
      for (const ask of followers) await ask('begin')
      const delay = monitorEventLoopDelay()
      delay.enable()
      const until = performance.now() + seconds * 1000
      let restartCount = 0
      while (performance.now() < until) {
        await sleep(Math.min(30_000, (seconds * 1000) / 3))
        await server.restart()
        restartCount++
      }
      // Messages under way now arrive, on connections that last.
      faults.killEveryMs = 0
      proxy.cutAll()
      const results = (await Promise.all(followers.map(ask => ask('stop')))) as Awaited<
        ReturnType<Follower['stop']>
      >[]
      expect(results.flatMap(({ failures }) => failures)).toEqual([])
      const acknowledged = results.flatMap(result => result.acknowledged)
      const wrong: string[] = []
      const logs = topics.map(topic => [topic, logOf(topic, acknowledged)] as const)
      const seen = await Promise.all(followers.map(ask => allSeen(ask, logs)))
      const gapCount = seen.flatMap(it => Object.values(it).flat()).filter(entry => 'lost' in entry).length
      for (const [topic, log] of logs) {
        const kept = (await server.history(topic)).map(({ position, data }) => ({
          position,
          data: JSON.stringify(data),
        }))
        wrong.push(...wrongInLog(topic, log), ...wrongInBroker(topic, log, kept as never))
        for (const [at, has] of seen.entries()) {
          const its = [...wrongInSubscriber(String(at), topic, log, has[topic] ?? [])]
          if (its.length > 0) wrong.push(...its, `… ${await followers[at]?.('state')}`)
        }
      }
      expect(wrong, `CHAOS_SEED=${seed}`).toEqual([])
      expect(restartCount).toBeGreaterThan(1)
      const longestTurnMs = Math.round(delay.max / 1e6)
      const counts = {
        publications: acknowledged.length,
        gapCount,
        restartCount,
        faults: cuts.count,
        longestTurnMs,
      }
      if (process.env.CHAOS_CLIENTS !== undefined) console.log(counts)
      expect(counts.publications).toBeGreaterThan(seconds * 5)
    } finally {
      for (const client of clients) client.close()
      await chromium?.close()
      await proxy.close()
      await server.close()
    }
  },
  (seconds * 2 + 180) * 1000,
)
