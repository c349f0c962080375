import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { type Broker, createHub, type Hub, type Route, TopicsHttp, topicsRoute } from 'bothways'
import type { HostSample } from '../messages.ts'
import { HostSampler, type SampledServer } from '../monitor/host-sampler.ts'

/** The path of the topics, over WebSocket and over HTTP. */
export const topicsPath = '/bothways'

/** The client as one module, for pages without a bundler. */
const clientPath = `${topicsPath}/client.js`

/** How often the host's figures are published, in ms. */
const loadMs = 1000

/** The topics that `serve` offers for everybody to try. */
export class ServeTopics {
  readonly hub: Hub
  readonly #http: TopicsHttp
  readonly #sampler: HostSampler
  readonly #timer: NodeJS.Timeout
  #latest: HostSample

  constructor(origins: readonly string[], server: SampledServer, broker?: Broker) {
    this.hub = createHub({
      ...(broker !== undefined && { broker }),
      topics: {
        'room/*': { history: { count: 500, ageMs: 10 * 60_000 }, presence: true },
        load: { state: true, authorize: (_, action) => action !== 'publish' },
      },
    })
    this.hub.handle('echo', input => input)
    this.#http = new TopicsHttp(this.hub, { path: topicsPath, origins })
    this.#sampler = new HostSampler(server)
    this.#latest = this.#sampler.take()
    const load = this.hub.topic('load')
    const publish = (): void => {
      this.#latest = this.#sampler.take()
      load.set(this.#latest).catch(error => console.error(error))
    }
    publish()
    this.#timer = setInterval(publish, loadMs).unref()
  }

  /** The host's figures that were published last. */
  get latest(): HostSample {
    return this.#latest
  }

  get route(): Route<undefined> {
    return topicsRoute(this.hub)
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method === 'GET' && request.url?.replace(/\?.*/, '') === clientPath) {
      sendClient(response).catch((error: unknown) => {
        console.error(error)
        response.destroy()
      })
      return true
    }
    return this.#http.handle(request, response)
  }

  /** Says goodbye to every client, each with a time of its own to come back at. */
  async close(spreadMs: number): Promise<void> {
    clearInterval(this.#timer)
    this.#sampler.stop()
    await this.hub.close({ spreadMs, closeMs: Math.min(spreadMs, this.hub.clients.count) })
  }
}

async function sendClient(response: ServerResponse): Promise<void> {
  const body = await readFile(createRequire(import.meta.url).resolve('@bothways/client/client.js'))
  response.writeHead(200, {
    'Content-Type': 'text/javascript; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-cache',
  })
  response.end(body)
}
