import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ChangesAnswer, Way } from '../messages.ts'
import type { Viewer } from './viewer.ts'
import type { WireMeter } from './wire-meter.ts'

export interface CompareHttpOptions {
  readonly viewers: ReadonlyMap<string, Viewer>
  readonly meter: WireMeter
  /** How long a long poll is held without a change, in ms. */
  readonly longPollMs: number
}

interface Exchange {
  readonly viewer: Viewer
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly after: number
}

const ways: Readonly<Record<string, Way>> = {
  '/compare/poll': 'poll',
  '/compare/long-poll': 'longPoll',
  '/compare/events': 'events',
}

/** Below the idle timeouts of the usual proxies. */
const eventsHeartbeatMs = 15_000

/** A reader of events with this much unread is disconnected; it comes back with its Last-Event-ID. */
const slowReaderBytes = 64 * 1024

/** The three ways that are plain HTTP: polling, long polling, server-sent events. */
export class CompareHttp {
  readonly #options: CompareHttpOptions

  constructor(options: CompareHttpOptions) {
    this.#options = options
  }

  /** @returns false when the path is none of these */
  handle(url: URL, request: IncomingMessage, response: ServerResponse): boolean {
    const way = ways[url.pathname]
    if (way === undefined) return false
    const viewer = this.#options.viewers.get(url.searchParams.get('viewer') ?? '')
    const after = Number(url.searchParams.get('after') ?? '0')
    if (viewer === undefined || !Number.isSafeInteger(after) || after < 0) {
      answerText(
        response,
        400,
        'Expected ?viewer=ID&after=N, with the viewer id of an open /compare/control.',
      )
      return true
    }
    this.#countBytes(way, viewer, request, response)
    viewer.countRequest(way)
    const exchange = { viewer, request, response, after }
    if (way === 'poll') {
      answerChanges(exchange, way)
    } else if (!viewer.hold(way)) {
      answerText(response, 429, 'This viewer has too many requests open.')
    } else {
      response.once('close', () => viewer.release(way))
      if (way === 'longPoll') this.#holdLongPoll(exchange)
      else this.#streamEvents(exchange)
    }
    return true
  }

  #holdLongPoll(exchange: Exchange): void {
    const { viewer, response, after } = exchange
    if (viewer.feed.last > after) {
      answerChanges(exchange, 'longPoll')
      return
    }
    const answer = (): void => {
      end()
      answerChanges(exchange, 'longPoll')
    }
    const timer = setTimeout(answer, this.#options.longPollMs)
    const endListening = viewer.feed.onChange(answer)
    const end = (): void => {
      clearTimeout(timer)
      endListening()
      viewer.signal.removeEventListener('abort', answer)
    }
    viewer.signal.addEventListener('abort', answer)
    response.once('close', end)
  }

  #streamEvents({ viewer, request, response, after }: Exchange): void {
    // The browser says it by itself when it reconnects, and then it is newer than the address.
    const lastEventId = Number(request.headers['last-event-id'])
    let sent = Number.isSafeInteger(lastEventId) ? Math.max(after, lastEventId) : after
    const { meter } = this.#options
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    response.write('retry: 1000\n\n')
    const push = (): void => {
      if (response.writableLength > slowReaderBytes) {
        response.destroy()
        return
      }
      const changes = viewer.feed.after(sent)
      sent = viewer.feed.last
      response.write(changes.map(it => `id: ${it.sequence}\ndata: ${JSON.stringify(it)}\n\n`).join(''))
      viewer.countBytes('events', meter.take(request.socket))
    }
    if (viewer.feed.last > sent) push()
    const heartbeat = setInterval(() => response.write(':\n\n'), eventsHeartbeatMs)
    const endListening = viewer.feed.onChange(push)
    const leave = (): void => void response.end()
    viewer.signal.addEventListener('abort', leave)
    response.once('close', () => {
      clearInterval(heartbeat)
      endListening()
      viewer.signal.removeEventListener('abort', leave)
    })
  }

  #countBytes(way: Way, viewer: Viewer, request: IncomingMessage, response: ServerResponse): void {
    const count = (): void => viewer.countBytes(way, this.#options.meter.take(request.socket))
    response.prependOnceListener('close', count)
  }
}

function answerChanges({ viewer, response, after }: Exchange, way: Way): void {
  const changes = viewer.feed.after(after)
  if (changes.length === 0) viewer.countEmptyAnswer(way)
  const body = JSON.stringify({ changes } satisfies ChangesAnswer)
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(`${text}\n`)
}
