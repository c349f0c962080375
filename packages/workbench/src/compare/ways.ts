import { createClient } from '@bothways/client/core'
import { serverUrl } from '../connection/server-url.ts'
import { type Change, figuresPath, type Way } from '../serve-messages.ts'

export interface WayOptions {
  readonly topic: string
  /** The name by which the server counts the bytes. */
  readonly meter: string
  /** Asked before every wait of the polling. */
  readonly pollIntervalMs: () => number
  readonly signal: AbortSignal
  /** A request goes out, or a WebSocket has opened. */
  onRequest(): void
  /** One of them has ended; an answer was empty. */
  onEnd(isEmpty: boolean): void
  onChanges(changes: readonly Change[]): void
}

/** How long the server holds a poll without news, in ms. */
const longPollMs = 25_000
/** After a failed request. */
const retryMs = 1_000

/** The hub's four ways, each as a page without a library would use it, but for the WebSocket. All end when the signal says so. */
export const startWay: Readonly<Record<Way, (options: WayOptions) => void>> = {
  poll: options => void poll('poll', 0, options),
  longPoll: options => void poll('longPoll', longPollMs, options),
  events: listenToEvents,
  socket: listenToSocket,
}

/** The answer to a poll. */
interface Polled {
  readonly messages: readonly { readonly data: Change }[]
  /** Covers exactly these messages: goes into the next request. */
  readonly since: string
}

async function poll(way: 'poll' | 'longPoll', waitMs: number, options: WayOptions): Promise<void> {
  const { pollIntervalMs, signal, onRequest, onEnd, onChanges } = options
  let since = ''
  while (!signal.aborted) {
    const startedAt = performance.now()
    onRequest()
    const answer = await ask(urlOf('/poll', way, options, { since, waitMs: String(waitMs) }), signal)
    if (signal.aborted) return
    const changes = answer?.messages.map(it => it.data) ?? []
    onEnd(answer !== undefined && changes.length === 0)
    if (changes.length > 0) onChanges(changes)
    since = answer?.since ?? since
    if (answer === undefined) await pause(retryMs, signal)
    else if (way === 'poll') await pause(pollIntervalMs() - (performance.now() - startedAt), signal)
  }
}

function listenToEvents(options: WayOptions): void {
  const { signal, onRequest, onEnd, onChanges } = options
  const source = new EventSource(urlOf('/events', 'events', options))
  let isOpen = false
  source.onopen = () => {
    isOpen = true
    onRequest()
  }
  source.onerror = () => {
    if (isOpen) onEnd(false)
    isOpen = false
  }
  source.addEventListener('publication', ({ data }) => onChanges([JSON.parse(data).data]))
  signal.addEventListener('abort', () => source.close())
}

function listenToSocket(options: WayOptions): void {
  const { topic, signal, onRequest, onEnd, onChanges } = options
  const client = createClient(urlOf('', 'socket', options))
  let isOpen = false
  client.on('status', ({ status }) => {
    if (isOpen) onEnd(false)
    isOpen = status === 'open'
    if (isOpen) onRequest()
  })
  client.topic(topic).on('publication', ({ data }) => onChanges([data as Change]))
  signal.addEventListener('abort', () => client.close())
}

function urlOf(path: string, way: Way, { topic, meter }: WayOptions, more: Record<string, string> = {}): URL {
  const url = serverUrl(`${figuresPath.slice(1)}${path}`)
  url.search = new URLSearchParams({ ...(path !== '' && { topic }), ...more, meter, way }).toString()
  return url
}

/** Undefined when the request failed. */
async function ask(url: URL, signal: AbortSignal): Promise<Polled | undefined> {
  try {
    const response = await fetch(url, { signal, cache: 'no-store' })
    return response.ok ? ((await response.json()) as Polled) : undefined
  } catch {
    return undefined
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
