import type { ServerSocket } from 'bothways'
import type { Way, WayTraffic } from '../messages.ts'
import { ChangeFeed } from './change-feed.ts'
import type { WireBytes } from './wire-meter.ts'

export const compareLimits = {
  viewers: 50,
  /** Requests and connections of one viewer that may be open at the same time. */
  openPerViewer: 8,
  minPerSecond: 0.1,
  maxPerSecond: 50,
} as const

const defaultPerSecond = 1

type Tally = { -readonly [Key in keyof WayTraffic]: WayTraffic[Key] }

/** One who compares: a feed of changes of its own, and what the four ways have cost to deliver it. */
export class Viewer {
  readonly id: string
  readonly feed: ChangeFeed = new ChangeFeed()
  /** Aborted when the viewer has left: whatever is held open for it ends. */
  readonly #gone = new AbortController()
  readonly #sockets = new Map<ServerSocket, WireBytes>()
  #tallies = emptyTallies()
  #timer: NodeJS.Timeout | undefined
  #perSecond: number = defaultPerSecond
  #open = noneOpen()
  #resetAt = 0

  constructor(id: string) {
    this.id = id
    this.#schedule()
  }

  get signal(): AbortSignal {
    return this.#gone.signal
  }

  get perSecond(): number {
    return this.#perSecond
  }

  /** Changes since the last reset. */
  get changes(): number {
    return this.feed.last - this.#resetAt
  }

  setRate(perSecond: number): void {
    this.#perSecond = Math.min(compareLimits.maxPerSecond, Math.max(compareLimits.minPerSecond, perSecond))
    clearTimeout(this.#timer)
    this.#schedule()
  }

  /** Takes one of the places for what stays open; false when there is none. {@link release} gives it back. */
  hold(way: Way): boolean {
    if (this.openCount >= compareLimits.openPerViewer) return false
    this.#open[way]++
    return true
  }

  release(way: Way): void {
    this.#open[way]--
  }

  get openCount(): number {
    return Object.values(this.#open).reduce((sum, count) => sum + count, 0)
  }

  countRequest(way: Way): void {
    this.#tallies[way].requests++
  }

  countEmptyAnswer(way: Way): void {
    this.#tallies[way].emptyAnswers++
  }

  countBytes(way: Way, { up, down }: WireBytes): void {
    this.#tallies[way].bytesUp += up
    this.#tallies[way].bytesDown += down
  }

  /** From now on its bytes count for the WebSocket way, the handshake included. */
  addSocket(socket: ServerSocket): void {
    this.#sockets.set(socket, { up: 0, down: 0 })
    this.countRequest('socket')
  }

  removeSocket(socket: ServerSocket): void {
    this.#countSocketBytes()
    this.#sockets.delete(socket)
  }

  traffic(): Readonly<Record<Way, WayTraffic>> {
    this.#countSocketBytes()
    return this.#tallies
  }

  /** What is open goes on, and counts as the request that it is. */
  reset(): void {
    this.#countSocketBytes()
    this.#tallies = emptyTallies()
    for (const way of Object.keys(this.#open) as Way[]) this.#tallies[way].requests = this.#open[way]
    this.#resetAt = this.feed.last
  }

  leave(): void {
    clearTimeout(this.#timer)
    this.#gone.abort()
  }

  #countSocketBytes(): void {
    for (const [socket, before] of this.#sockets) {
      const now = { up: socket.bytesReceived, down: socket.bytesSent }
      this.countBytes('socket', { up: now.up - before.up, down: now.down - before.down })
      this.#sockets.set(socket, now)
    }
  }

  /** Gaps are irregular, as real changes are: a regular feed could fall into step with the polling. */
  #schedule(): void {
    const gapMs = (1_000 / this.#perSecond) * (0.5 + Math.random())
    this.#timer = setTimeout(() => {
      this.feed.append(performance.timeOrigin + performance.now(), Math.random())
      this.#schedule()
    }, gapMs)
  }
}

function noneOpen(): Record<Way, number> {
  return { poll: 0, longPoll: 0, events: 0, socket: 0 }
}

function emptyTallies(): Record<Way, Tally> {
  const tally = (): Tally => ({ requests: 0, emptyAnswers: 0, bytesUp: 0, bytesDown: 0 })
  return { poll: tally(), longPoll: tally(), events: tally(), socket: tally() }
}
