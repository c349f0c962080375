import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route, ServerSocket } from 'bothways'
import { type Change, ChangeFeed, feedLimits } from './change-feed.ts'
import { TrafficAccount, type ViewerTraffic, type Way } from './traffic.ts'

/** What the server tells a viewer over the control socket. */
export type ControlEvent =
  | { readonly type: 'welcome'; readonly viewer: string; readonly perSecond: number; readonly last: number }
  | { readonly type: 'traffic'; readonly traffic: ViewerTraffic }
  | { readonly type: 'rate'; readonly perSecond: number }
  /** The answer to a `clock`: with both, the page knows how far its clock and ours are apart. */
  | { readonly type: 'clock'; readonly sentAt: number; readonly date: number }
  | { readonly type: 'error'; readonly code: string; readonly text: string }

export const compareLimits = { viewers: 200, trafficIntervalMs: 500, longPollMs: 25_000 } as const

interface Viewer {
  readonly account: TrafficAccount
  readonly timer: NodeJS.Timeout
}

/** The same stream of changes through polling, long polling, server-sent events and WebSocket, with its costs. */
export class Compare {
  readonly #feed = new ChangeFeed()
  readonly #viewers = new Map<string, Viewer>()
  readonly #parked = new Set<() => void>()

  /** The socket that makes somebody a viewer: it tells the costs, and as long as it is open the feed runs. */
  get controlRoute(): Route<undefined> {
    return {
      open: socket => this.#admit(socket),
      message: (socket, message) => this.#control(socket, String(message)),
      close: socket => this.#dismiss(socket.id),
    }
  }

  /** The changes over WebSocket: `/compare/socket?viewer=…`. */
  get socketRoute(): Route<undefined> {
    const ends = new Map<ServerSocket, () => void>()
    return {
      open: socket => {
        const viewer = this.#viewers.get(socket.request.url.searchParams.get('viewer') ?? '')
        if (viewer === undefined) {
          socket.close(4404, 'No such viewer: open /compare/control first.')
          return
        }
        const endExchange = viewer.account.begin({
          way: 'socket',
          bytes: () => ({ up: socket.bytesReceived, down: socket.bytesSent }),
        })
        const stop = this.#feed.listen(change => socket.send(JSON.stringify({ changes: [change] })))
        ends.set(socket, () => {
          stop()
          endExchange()
        })
      },
      message() {},
      close: socket => {
        ends.get(socket)?.()
        ends.delete(socket)
      },
    }
  }

  /** Serves `/compare/poll`, `/compare/long-poll` and `/compare/events`; false for every other path. */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    bytes: () => { up: number; down: number },
  ): boolean {
    const way = wayByPath.get(url.pathname)
    if (way === undefined) return false
    const viewer = this.#viewers.get(url.searchParams.get('viewer') ?? '')
    if (request.method !== 'GET') {
      refuse(response, 405, 'This address only answers GET.', { Allow: 'GET' })
    } else if (viewer === undefined) {
      refuse(response, 404, 'No such viewer: open the WebSocket /compare/control first.')
    } else {
      response.once('close', viewer.account.begin({ way, bytes }))
      const after = Number(request.headers['last-event-id'] ?? url.searchParams.get('after') ?? 0) || 0
      this.#answer(way, viewer.account, response, after)
    }
    return true
  }

  /** Ends what waits, for a server that closes. */
  close(): void {
    for (const end of this.#parked) end()
    for (const id of [...this.#viewers.keys()]) this.#dismiss(id)
  }

  #answer(way: Way, account: TrafficAccount, response: ServerResponse, after: number): void {
    if (way === 'events') this.#streamEvents(response, after)
    else if (way === 'longPoll' && this.#feed.after(after).length === 0) this.#park(account, response, after)
    else this.#answerWithChanges(way, account, response, after)
  }

  #answerWithChanges(way: Way, account: TrafficAccount, response: ServerResponse, after: number): void {
    const changes = this.#feed.after(after)
    if (changes.length === 0) account.countEmpty(way)
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    response.end(JSON.stringify({ changes, last: this.#feed.lastSequence }))
  }

  /** Holds a long poll until there is something to say, or until a proxy might lose patience. */
  #park(account: TrafficAccount, response: ServerResponse, after: number): void {
    const leave = (): void => {
      clearTimeout(timer)
      stop()
      this.#parked.delete(answer)
    }
    const answer = (): void => {
      leave()
      this.#answerWithChanges('longPoll', account, response, after)
    }
    const timer = setTimeout(answer, compareLimits.longPollMs)
    const stop = this.#feed.listen(answer)
    this.#parked.add(answer)
    response.once('close', leave)
  }

  #streamEvents(response: ServerResponse, after: number): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    const push = (change: Change): void => {
      response.write(`id: ${change.sequence}\ndata: ${JSON.stringify({ changes: [change] })}\n\n`)
    }
    for (const change of this.#feed.after(after)) push(change)
    response.flushHeaders()
    const stop = this.#feed.listen(push)
    const end = (): void => void response.end()
    this.#parked.add(end)
    response.once('close', () => {
      stop()
      this.#parked.delete(end)
    })
  }

  #admit(socket: ServerSocket): void {
    if (this.#viewers.size >= compareLimits.viewers) {
      socket.close(1013, `There are ${compareLimits.viewers} viewers already.`)
      return
    }
    const account = new TrafficAccount()
    const timer = setInterval(
      () => tell(socket, { type: 'traffic', traffic: account.read() }),
      compareLimits.trafficIntervalMs,
    )
    this.#viewers.set(socket.id, { account, timer })
    this.#feed.watch()
    const { perSecond, lastSequence } = this.#feed
    tell(socket, { type: 'welcome', viewer: socket.id, perSecond, last: lastSequence })
    socket.subscribe(rateTopic)
  }

  #dismiss(id: string): void {
    const viewer = this.#viewers.get(id)
    if (viewer === undefined) return
    clearInterval(viewer.timer)
    this.#viewers.delete(id)
    this.#feed.unwatch()
  }

  #control(socket: ServerSocket, text: string): void {
    const request = parse(text)
    if (request?.type === 'clock' && typeof request.sentAt === 'number') {
      tell(socket, { type: 'clock', sentAt: request.sentAt, date: Date.now() })
    } else if (request?.type === 'rate' && isRate(request.perSecond)) {
      this.#feed.perSecond = request.perSecond
      const news: ControlEvent = { type: 'rate', perSecond: this.#feed.perSecond }
      tell(socket, news)
      socket.publish(rateTopic, JSON.stringify(news))
    } else {
      const { lowestPerSecond, highestPerSecond } = feedLimits
      const text = `Send {"type":"clock","sentAt":N} or {"type":"rate","perSecond":N}, N from ${lowestPerSecond} to ${highestPerSecond}.`
      tell(socket, { type: 'error', code: 'bad-request', text })
    }
  }
}

const rateTopic = 'compare/rate'

const wayByPath: ReadonlyMap<string, Way> = new Map([
  ['/compare/poll', 'poll'],
  ['/compare/long-poll', 'longPoll'],
  ['/compare/events', 'events'],
])

function tell(socket: ServerSocket, event: ControlEvent): void {
  socket.send(JSON.stringify(event))
}

function isRate(value: unknown): value is number {
  return (
    typeof value === 'number' && value >= feedLimits.lowestPerSecond && value <= feedLimits.highestPerSecond
  )
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) ?? undefined
  } catch {
    return undefined
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${text}\n`)
}
