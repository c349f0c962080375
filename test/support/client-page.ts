import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createHub, createServer, type MemoryBroker, TopicsHttp, topicsRoute } from 'bothways'
import { rolldown } from 'rolldown'

/** The page's record of the publications, gaps and answers that it got, and the state of its connection. */
export interface Heard {
  readonly log: readonly number[]
  readonly gapCount: number
  readonly status: string
  readonly transport: string | undefined
  readonly reason: { readonly code: string; readonly by: string; readonly retry: number | 'no' } | undefined
  readonly answered: number
  readonly topic: string
}

export interface Page {
  goto(url: string): Promise<unknown>
  evaluate<Result, Argument = undefined>(
    callback: (argument: Argument) => Result,
    argument?: Argument,
  ): Promise<Result>
}

/** The client as a page gets it. */
export async function bundleClient(): Promise<string> {
  const build = await rolldown({
    input: join(import.meta.dirname, '../../packages/client/src/index.ts'),
    platform: 'browser',
    logLevel: 'silent',
  })
  const { output } = await build.generate({ format: 'es' })
  await build.close()
  return output[0].code
}

const html = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import { createClient } from '/client.js'
  const share = new URLSearchParams(location.search).get('share') ?? undefined
  const client = createClient('/bothways', { firstRetryMs: 100, maxRetryMs: 300, share })
  const room = client.topic('room/' + location.hash.slice(1))
  const heard = { log: [], gapCount: 0, answered: 0 }
  room.on('publication', ({ data }) => heard.log.push(data))
  room.on('gap', () => heard.gapCount++)
  window.publish = data => room.publish(data).then(() => heard.answered++)
  window.heard = () => ({ ...heard, ...client.connection, topic: room.status })
</script>`

export interface ServedPage {
  readonly port: number
  readonly sockets: ReadonlySet<{ readonly readyState: number }>
  kill(): Promise<void>
}

/** A server of a page with the client, whose rooms outlive it in its broker. */
export async function servePage(
  code: string,
  broker: MemoryBroker,
  port = 0,
  contentSecurityPolicy?: (port: number) => string,
): Promise<ServedPage> {
  const hub = createHub({ topics: { 'room/:id': { history: { count: 5_000, ageMs: 600_000 } } }, broker })
  const overHttp = new TopicsHttp(hub)
  const http: HttpServer = createHttpServer((request, response) => {
    if (overHttp.handle(request, response)) return
    const isScript = request.url === '/client.js'
    const policy = contentSecurityPolicy?.((http.address() as AddressInfo).port)
    if (policy !== undefined) response.setHeader('Content-Security-Policy', policy)
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html').end(isScript ? code : html)
  })
  const server = createServer().route('/bothways', topicsRoute(hub))
  server.attach(http)
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return {
    sockets: server.sockets,
    port: (http.address() as AddressInfo).port,
    /** As a process that is killed: nobody is told. */
    kill: async () => {
      for (const socket of server.sockets) socket.terminate()
      http.closeAllConnections()
      const closed = new Promise(resolve => http.close(resolve))
      await server.close({ timeoutMs: 0 })
      http.closeAllConnections()
      await closed
    },
  }
}

/** Asks the page until it is so. */
export async function until(page: Page, isSo: (heard: Heard) => boolean): Promise<Heard> {
  for (;;) {
    const heard = await page.evaluate(() => (globalThis as never as { heard(): Heard }).heard())
    if (isSo(heard)) return heard
    await new Promise(resolve => setTimeout(resolve, 30))
  }
}

/** The page publishes. */
export const say = (page: Page, data: number): Promise<void> =>
  page.evaluate(
    (given: number) => void (globalThis as never as { publish(data: number): void }).publish(given),
    data,
  )
