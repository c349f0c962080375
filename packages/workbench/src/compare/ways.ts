import { pageSocketUrl, serverUrl } from '../connection/server-url.ts'
import type { Change, ChangesAnswer, Way } from '../serve-messages.ts'

export interface WayOptions {
  readonly viewer: string
  /** Only what comes behind this. */
  readonly after: number
  /** Asked before every wait of the polling. */
  readonly pollIntervalMs: () => number
  readonly signal: AbortSignal
  /** Called when the polling asks, and when it has the answer or none. */
  onPoll(isWaiting: boolean): void
  onChanges(changes: readonly Change[]): void
}

/** After a failed request. */
const retryMs = 1_000

/** The four ways, each as one would write it in a page. All end when the signal says so. */
export const startWay: Readonly<Record<Way, (options: WayOptions) => void>> = {
  poll: options => void poll(options),
  longPoll: options => void longPoll(options),
  events: listenToEvents,
  socket: listenToSocket,
}

async function poll({ viewer, after, pollIntervalMs, signal, onPoll, onChanges }: WayOptions): Promise<void> {
  let last = after
  while (!signal.aborted) {
    const startedAt = performance.now()
    onPoll(true)
    const changes = await ask('compare/poll', viewer, last, signal)
    if (signal.aborted) return
    onPoll(false)
    if (changes !== undefined && changes.length > 0) onChanges(changes)
    last = changes?.at(-1)?.sequence ?? last
    await pause(Math.max(0, pollIntervalMs() - (performance.now() - startedAt)), signal)
  }
}

async function longPoll({ viewer, after, signal, onChanges }: WayOptions): Promise<void> {
  let last = after
  while (!signal.aborted) {
    const changes = await ask('compare/long-poll', viewer, last, signal)
    if (signal.aborted) return
    if (changes === undefined) await pause(retryMs, signal)
    else if (changes.length > 0) onChanges(changes)
    last = changes?.at(-1)?.sequence ?? last
  }
}

function listenToEvents({ viewer, after, signal, onChanges }: WayOptions): void {
  const source = new EventSource(serverUrl(`compare/events?viewer=${viewer}&after=${after}`))
  source.onmessage = ({ data }) => onChanges([JSON.parse(data)])
  signal.addEventListener('abort', () => source.close())
}

function listenToSocket({ viewer, after, signal, onChanges }: WayOptions): void {
  let last = after
  const connect = (): void => {
    const socket = new WebSocket(pageSocketUrl(`compare/socket?viewer=${viewer}&after=${last}`))
    const leave = (): void => socket.close(1000)
    socket.onmessage = ({ data }) => {
      const change: Change = JSON.parse(data)
      last = change.sequence
      onChanges([change])
    }
    socket.onclose = () => {
      signal.removeEventListener('abort', leave)
      void pause(retryMs, signal).then(() => {
        if (!signal.aborted) connect()
      })
    }
    signal.addEventListener('abort', leave)
  }
  connect()
}

/** Undefined when the request failed. */
async function ask(
  path: string,
  viewer: string,
  after: number,
  signal: AbortSignal,
): Promise<readonly Change[] | undefined> {
  try {
    const response = await fetch(serverUrl(`${path}?viewer=${viewer}&after=${after}`), {
      signal,
      cache: 'no-store',
    })
    if (!response.ok) return undefined
    const { changes }: ChangesAnswer = await response.json()
    return changes
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
